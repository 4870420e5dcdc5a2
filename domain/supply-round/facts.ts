/** What the round hears of what was done on it, and what it owes from then on. */
import { stopTimer, stopTimersNamed, type Timer, timerId } from '../sterile-supply/timers.ts';
import type { SupplyRoundFactEvent } from './events.ts';
import { startConfirmSignature, startHandOver, startReconcile, startRoundLate, startStopLate, startUnserved } from './round-timers.ts';
import type { SupplyRoundState } from './state.ts';

/** The fields of the state that change by a fact. */
export function changesByFact(state: SupplyRoundState, event: SupplyRoundFactEvent): Partial<SupplyRoundState> {
  const at = event.input.occurredAt;
  switch (event.name) {
    case 'round-allocated':
    case 'round-broke-down':
    case 'round-transferred':
    case 'stop-left':
      return {};
    case 'round-loaded':
      return { status: 'loaded', timers: stopTimer(state.timers, 'release-lead') };
    case 'round-departed':
      return { status: 'departed', timers: timersOfDeparture(state, at) };
    case 'stop-arrived':
      return withoutStop(state, event.input.stopId);
    case 'stop-moved':
      return withoutStop(state, event.input.stopId);
    case 'stop-failed': {
      const { stopId, institutionId, unserved } = event.input;
      return failStops(state, at, [{ stopId, institutionId, unserved }]);
    }
    case 'round-aborted':
      return failStops(state, at, event.input.stops);
    case 'stop-added': {
      const { stopId, institutionId, arriveAt, returnDueAt } = event.input;
      const stop = { stopId, institutionId, arriveAt };
      const added = { ...state, returnDueAt, stops: [...state.stops, stop] };
      if (state.status !== 'departed') return { returnDueAt, stops: added.stops };
      const timers = startStopLate(added, at, stop);
      return { returnDueAt, stops: added.stops, timers: startRoundLate({ ...added, timers }, at) };
    }
    case 'round-returned': {
      const timers = stopTimersNamed(stopTimer(state.timers, 'round-late'), 'stop-late');
      return { status: 'returned', timers: startReconcile({ ...state, timers: startHandOver({ ...state, timers }, at) }, at) };
    }
    case 'round-handed-over':
      return { status: 'handed-over', handedOver: true, timers: stopTimer(state.timers, 'hand-over') };
    case 'signature-unverified':
      return { timers: startConfirmSignature(state, at, event.input) };
    case 'centre-served':
      return { timers: stopTimer(state.timers, 'unserved', event.input.institutionId) };
  }
}

function timersOfDeparture(state: SupplyRoundState, at: number): Timer[] {
  const timers = stopTimer(state.timers, 'release-lead');
  const withStops = state.stops.reduce((running, stop) => startStopLate({ ...state, timers: running }, at, stop), timers);
  return startRoundLate({ ...state, timers: withStops }, at);
}

const withoutStop = (state: SupplyRoundState, stopId: string): Pick<SupplyRoundState, 'stops' | 'timers'> => ({
  stops: state.stops.filter((stop) => stop.stopId !== stopId),
  timers: stopTimer(state.timers, 'stop-late', stopId),
});

function failStops(
  state: SupplyRoundState,
  at: number,
  failed: readonly { stopId: string; institutionId: string; unserved: boolean }[],
): Partial<SupplyRoundState> {
  let { stops, timers } = state;
  for (const { stopId, institutionId, unserved } of failed) {
    ({ stops, timers } = withoutStop({ ...state, stops, timers }, stopId));
    if (unserved) timers = startUnserved({ ...state, timers }, at, institutionId);
  }
  return { stops, timers };
}

export const isConfirmSignatureRunning = ({ timers }: SupplyRoundState, stopId: string): boolean =>
  timers.some(({ id }) => id === timerId('confirm-signature', stopId));
