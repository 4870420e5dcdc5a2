/** What a person is told of the next visit: how long there is for it or when it was agreed on, and whether to come with an empty stomach. */
import type { MessageIntent } from '../kit/pathway.ts';
import { startOf } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import { isFastingItem, itemsDue } from './items.ts';
import { type FollowUpMessage, messageToPatient } from './messages.ts';
import { type FollowUpState, protocolOf, type VisitPlan, visitsOf } from './state.ts';

const MINUTE_MS = 60_000;
const NOON_MS = DAY_MS / 2;

/** The last minute of the day that was agreed on, else of the last day that there is for the visit. */
export const lastMinuteFor = ({ agreedOn, dueOn }: VisitPlan): number => startOf(agreedOn ?? dueOn) + DAY_MS - MINUTE_MS;

export function visitParameters(state: FollowUpState, plan: VisitPlan): MessageIntent['parameters'] {
  return { visit: plan.n, dueAt: lastMinuteFor(plan), ...(asksForEmptyStomach(state, plan) ? { fasting: true } : {}) };
}

const asksForEmptyStomach = (state: FollowUpState, { enrolmentIds, dueOn }: VisitPlan): boolean =>
  state.enrolments
    .filter(({ id }) => enrolmentIds.includes(id))
    .flatMap((enrolment) => itemsDue(protocolOf(state, enrolment), enrolment.phase, visitsOf(state, enrolment.id), dueOn))
    .some(isFastingItem);

/** Reminds of the date that was agreed on for a visit at the centre. Before a visit at home somebody calls. */
export function remindOfAgreedVisit(state: FollowUpState, step: string): FollowUpMessage[] {
  const { plan } = state;
  if (!plan?.agreedOn || plan.mode === 'home') return [];
  const message = messageToPatient(state, `${step}:reminder`, 'follow-up-reminder', visitParameters(state, plan));
  return [{ ...message, remindsOf: startOf(plan.agreedOn) + NOON_MS }];
}
