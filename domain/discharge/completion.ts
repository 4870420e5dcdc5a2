/** The end of an episode of which nothing is left to do. */
import { type DischargeEntry, endEpisode, entryOf } from './changes.ts';
import { handOverToFollowUp } from './hand-over.ts';
import { type DischargeState, isClosed } from './state.ts';

/** Everything that was owed is done or has had its end. */
const isCompleted = ({ status, duties, orders, discharges }: DischargeState): boolean =>
  status === 'discharged' && discharges > 0 && duties.every(isClosed) && orders.every((order) => order.status === 'closed');

/** Ends the episode when nothing is left to do, which also hands the patient on, and says so in lines of their own. */
export function endWhenCompleted(state: DischargeState, at: number): { after: DischargeState; entries: DischargeEntry[] } {
  if (!isCompleted(state)) return { after: state, entries: [] };
  const handed = handOverToFollowUp(state, at);
  const after = endEpisode(handed.state, 'completed', at);
  return { after, entries: [...handed.entries, entryOf(state, after, 'ended', { endReason: 'completed' })] };
}
