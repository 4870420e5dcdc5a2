/** The day within its window on which the person comes to the next visit, as it was agreed on with them. */
import type { LocalDate } from '../time/local-date.ts';
import { localDateOf } from '../time/local-date.ts';
import { acceptWith, agreementReason, type FollowUpVerdict } from './changes.ts';
import type { FollowUpEntry, FollowUpEventNamed } from './events.ts';
import { remindOfAgreedVisit } from './invitations.ts';
import type { FollowUpState } from './state.ts';

/** Returns the state in which the next visit has the date that was agreed on; undefined when the date lies outside of its window. */
export function withAgreedDate(state: FollowUpState, agreedOn: LocalDate): FollowUpState | undefined {
  const { plan } = state;
  return plan && plan.opensOn <= agreedOn && agreedOn <= plan.dueOn ? { ...state, plan: { ...plan, agreedOn } } : undefined;
}

/** The visit is made on another day. A day that is over, or outside of the window, is none, and neither is one for a visit that was made meanwhile. */
export function agreeVisitDate(state: FollowUpState, event: FollowUpEventNamed<'agree-visit-date'>): FollowUpVerdict {
  const { visit, agreedOn } = event.input;
  const after = state.plan?.n === visit && agreedOn >= localDateOf(event.at) ? withAgreedDate(state, agreedOn) : undefined;
  if (!after) return { ok: false, refusal: { code: 'not-reschedulable' } };
  const evidence = { visit, agreedOn, before: state.plan?.agreedOn ?? null };
  const entry: FollowUpEntry = { event: event.name, from: null, to: null, because: [agreementReason(state, 'agreed date', evidence)] };
  return acceptWith(state, after, event, [entry], remindOfAgreedVisit(after, event.id));
}
