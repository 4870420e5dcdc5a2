/** This file decides what comes due on an episode: a date, the rung of a clock, and the end of the time in which it may be brought back. */
import type { Obligation } from '../kit/pathway.ts';
import { fireRungs, nextRung } from '../time/sla-clock.ts';
import { acceptWith, type DischargeVerdict, entryOf, hasLasting, overAtOf } from './changes.ts';
import { actOnDate, nextDateAt, nextDateOf } from './day.ts';
import { actedOn } from './duties.ts';
import type { DischargeDueEvent } from './events.ts';
import { messageOfRung, messageToPatient } from './messages.ts';
import { withOrdersRedated, withReviewClocks } from './orders.ts';
import { planClockId, reasonOf, withDatesAnew } from './owed-duties.ts';
import { type DischargeState, findDuty, isClosed, withDuty } from './state.ts';
import { reasonsOfSearch, stepOfWait, withSearch } from './transfer.ts';

export function decideDue(state: DischargeState, event: DischargeDueEvent): DischargeVerdict {
  switch (event.name) {
    case 'day':
      return actOnDate(state, event);
    case 'rung':
      return callRung(state, event);
    case 'transfer-overdue':
      return searchPatient(state, event);
    case 'over':
      return acceptWith(state, { ...state, over: true }, event, []);
  }
}

function callRung(state: DischargeState, event: DischargeDueEvent): DischargeVerdict {
  const due = state.clocks.find(({ clock }) => event.id === rungId(clock.id, nextRung(clock)?.percent));
  const rung = due && nextRung(due.clock);
  if (!rung) throw new Error(`Nothing of the id ${event.id} is due.`);
  const fired = { ...due, clock: fireRungs(due.clock, [rung.percent], event.at) };
  const called: DischargeState = { ...state, clocks: state.clocks.map((one) => (one === due ? fired : one)) };
  const after = rung.percent >= 100 ? withOverdue(called, due.clock.id) : called;
  const evidence = { clock: due.clock.name, percent: rung.percent, budgetSeconds: due.clock.budgetMs / 1_000 };
  const entry = entryOf(state, after, `rung-${rung.percent}`, [reasonOf(`discharge/${due.clock.name} at ${rung.percent} %`, evidence)]);
  return acceptWith(state, after, event, [entry], [messageOfRung(state, due, rung.percent)]);
}

/** Nobody has arrived where the patient was sent to: the desk looks for them, and what is owed after a discharge begins. */
function searchPatient(state: DischargeState, event: DischargeDueEvent): DischargeVerdict {
  const { transfer } = state;
  if (transfer === null) throw new Error(`Nothing of the id ${event.id} is due.`);
  const searched = { ...withSearch(state, transfer, event.at), actedOn: actedOn(event.at) };
  const after = withReviewClocks(withOrdersRedated(withDatesAnew(searched, event.at), event.at), event.at);
  const entry = entryOf(state, after, 'transfer-overdue', reasonsOfSearch(state, transfer));
  const visit = findDuty(after, 'visit');
  const reminder = visit?.state === 'open' ? [messageToPatient(after, `patient:${event.id}`, 'discharge-visit-open', visit)] : [];
  return acceptWith(state, after, event, [entry], reminder);
}

function withOverdue(state: DischargeState, clockId: string): DischargeState {
  const plan = findDuty(state, 'plan');
  return clockId === planClockId(state.discharges) && plan && !isClosed(plan) ? withDuty(state, 'plan', { state: 'overdue' }) : state;
}

const rungId = (clockId: string, percent: number | undefined): string => `${clockId}:${percent ?? ''}`;

export function obligationsOf(state: DischargeState): Obligation<DischargeDueEvent['name']>[] {
  if (state.over || state.status === null) return [];
  const due: Obligation<DischargeDueEvent['name']>[] = state.clocks.flatMap(({ clock }) => {
    const rung = nextRung(clock);
    return rung ? [{ id: rungId(clock.id, rung.percent), name: 'rung', at: rung.at }] : [];
  });
  const date = nextDateOf(state);
  if (date !== undefined) due.push({ id: `day-${state.days + 1}:${date}`, name: 'day', at: nextDateAt(date) });
  if (state.status === 'discharged' && state.transfer !== null && !state.transfer.isOver)
    due.push({ id: stepOfWait(state.transfer), name: 'transfer-overdue', at: state.transfer.until });
  if (state.endedAt !== null && !hasLasting(state))
    due.push({ id: `over-${state.endedAt}`, name: 'over', at: overAtOf(state, state.endedAt) });
  return due;
}
