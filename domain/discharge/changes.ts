/** The forms that decisions of an episode have, and the changes that several events make. */
import type { Reason, Refusal, Verdict } from '../kit/pathway.ts';
import { addDays, type LocalDate } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import type { EndReason } from './codes.ts';
import type { DischargeEvent, DischargeLine } from './events.ts';
import type { DischargeMessage } from './messages.ts';
import { dischargedOnOf, reasonOf } from './owed-duties.ts';
import { numberOf } from './rules.ts';
import { type DischargeState, isClosed } from './state.ts';

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
  status: 'ended',
  endReason,
  endedAt: state.endedAt ?? at,
  duties: state.duties.map((duty) =>
    isClosed(duty) ? duty : { ...duty, state: endReason === 'lost' ? 'lost' : endReason === 'expired' ? 'missed' : 'withdrawn' },
  ),
  clocks: [],
  ladder: { rung: null, dueOn: null, lostOn: null },
});

/** Everything that was owed is done or has had its end. */
export const isCompleted = ({ status, duties }: DischargeState): boolean =>
  status === 'discharged' && duties.length > 0 && duties.every(isClosed);

/** Ends the episode when nothing is left to do, and says so in a line of its own. */
export function endWhenCompleted(state: DischargeState, at: number): { after: DischargeState; entries: DischargeEntry[] } {
  if (!isCompleted(state)) return { after: state, entries: [] };
  const after = endEpisode(state, 'completed', at);
  return { after, entries: [entryOf(state, after, 'ended', { endReason: 'completed' })] };
}

/** The last day of an episode: what is open then has expired. */
export function limitOf(state: DischargeState): LocalDate | undefined {
  const dischargedOn = dischargedOnOf(state);
  return dischargedOn === undefined ? undefined : addDays(dischargedOn, numberOf(state.rules, 'limit-days'));
}
