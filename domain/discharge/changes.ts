/** The forms that decisions of an episode have, and the changes that several events make. */
import type { Reason, Refusal, Verdict } from '../kit/pathway.ts';
import type { LocalDate } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import type { EndReason } from './codes.ts';
import type { DischargeEvent, DischargeLine } from './events.ts';
import { computeLimit } from './limits.ts';
import { openCallBacks } from './links.ts';
import type { DischargeMessage } from './messages.ts';
import type { OrderOutcome } from './order.ts';
import { withOutcome } from './order-life.ts';
import { dischargedOnOf, reasonOf } from './owed-duties.ts';
import { numberOf } from './rules.ts';
import { type DischargeState, isClosed } from './state.ts';
import { type ClockTaskName, type NotedTaskName, notedTaskNames } from './task-names.ts';

export type DischargeVerdict = Verdict<DischargeState>;

export interface DischargeEntry {
  event: DischargeLine | `rung-${number}`;
  from: string | null;
  to: string | null;
  because: Reason[];
}

export const refuse = (code: Refusal['code'], further: Omit<Refusal, 'code'> = {}): DischargeVerdict => ({
  ok: false,
  refusal: { code, ...further },
});

/** A decision that makes of one state another, with the lines of the timeline in order. */
export function acceptWith(
  before: DischargeState,
  after: DischargeState,
  { at }: Pick<DischargeEvent, 'at'>,
  entries: DischargeEntry[],
  messages: DischargeMessage[] = [],
): DischargeVerdict {
  const changed = Object.entries(after).filter(([field, value]) => before[field as keyof DischargeState] !== value);
  return { ok: true, decision: { at, set: Object.fromEntries(changed), entries, messages } };
}

/** The line of an event that leaves the status as it is, or makes it another. */
export const entryOf = (
  before: DischargeState,
  after: DischargeState,
  event: DischargeEntry['event'],
  because: readonly Reason[] | Reason['evidence'],
): DischargeEntry => ({
  event,
  from: before.status,
  to: after.status,
  because: Array.isArray(because) ? [...because] : [reasonOf(event, because as Reason['evidence'])],
});

export const overAtOf = ({ rules }: Pick<DischargeState, 'rules'>, endedAt: number): number =>
  endedAt + numberOf(rules, 'settle-days') * DAY_MS;

/** Ends the episode. What was owed is withdrawn, or lost with the patient. */
export const endEpisode = (state: DischargeState, endReason: EndReason, at: number): DischargeState => ({
  ...state,
  ...lastingAfter(state, endReason),
  status: 'ended',
  endReason,
  endedAt: state.endedAt ?? at,
  duties: state.duties.map((duty) =>
    isClosed(duty) ? duty : { ...duty, state: endReason === 'lost' ? 'lost' : endReason === 'expired' ? 'missed' : 'withdrawn' },
  ),
  ladder: { rung: null, dueOn: null, lostOn: null },
  links: [],
});

/** What an order comes to when the episode ends before it. */
const outcomeOf: Readonly<Record<EndReason, OrderOutcome>> = {
  completed: 'withdrawn',
  expired: 'expired',
  lost: 'lost',
  withdrawn: 'withdrawn',
  readmitted: 'readmitted',
  transferred: 'withdrawn',
  cancelled: 'withdrawn',
  died: 'died',
};

/** Results that have not come, and what a gp has to speak about, outlive an episode of somebody who is at home. */
const outliving: readonly EndReason[] = ['completed', 'expired', 'lost', 'withdrawn'];

const lastingTasks: readonly ClockTaskName[] = ['conversation', 'triage', 'post-discharge-visit', ...notedTaskNames];

/** Also what outlives an episode ends. */
export const endLasting = (state: DischargeState): DischargeState => ({ ...state, ...lastingAfter(state, 'died') });

function lastingAfter(
  { orders, conversations, clocks, callBacks }: DischargeState,
  endReason: EndReason,
): Pick<DischargeState, 'orders' | 'conversations' | 'clocks' | 'callBacks'> {
  const lasts = outliving.includes(endReason);
  const ended = orders.map((order) => {
    const isKept = order.status === 'closed' || (lasts && (order.given.kind === 'pending-result' || order.status === 'in-conversation'));
    return isKept ? order : withOutcome(order, outcomeOf[endReason]);
  });
  if (!lasts)
    return {
      orders: ended,
      conversations: conversations.filter(({ decision }) => decision !== null),
      clocks: [],
      callBacks: callBacks.filter(({ doneAt }) => doneAt !== null),
    };
  return { orders: ended, conversations, callBacks, clocks: clocks.filter(({ task }) => lastingTasks.includes(task)) };
}

/** A result that is waited for, something to be spoken about, a call that was asked for, or a task that nobody has done keeps an ended episode from being over. */
export const hasLasting = (state: DischargeState): boolean =>
  state.orders.some(({ status }) => status !== 'closed') ||
  state.conversations.some(({ decision }) => decision === null) ||
  openCallBacks(state).length > 0 ||
  state.clocks.some(({ task }) => task === 'post-discharge-visit' || isNotedTask(task));

export const isNotedTask = (task: string): task is NotedTaskName => notedTaskNames.some((name) => name === task);

/** The last day of an episode: what is open then has expired. */
export function limitOf(state: DischargeState): LocalDate | undefined {
  const dischargedOn = dischargedOnOf(state);
  return dischargedOn === undefined ? undefined : computeLimit(state.rules, dischargedOn, state.orders);
}
