/** What follows from how somebody judged what a patient told: a visit within a working day, or a referral that is urgent. Each once. */
import { addDays, startOf } from '../time/local-date.ts';
import type { AnswerTriage } from './events.ts';
import { buildClock } from './orders.ts';
import type { DischargeState, Owner } from './state.ts';
import { triageVisitDueOn } from './triage.ts';

const gp: Owner = { side: 'centre', role: 'gp' };
const TRIAGE_VISIT = 'post-discharge-visit';

export function withTriageAction(state: DischargeState, { triageId, action }: AnswerTriage, at: number): DischargeState {
  switch (action) {
    case 'advise':
    // The referral is started beside the decision: activities/discharge/triage-referral.ts.
    case 'refer':
    case 'emergency':
      return state;
    case 'visit': {
      const dueOn = triageVisitDueOn(state.rules, state.calendar, at);
      const clock = buildClock(`visit-of-${triageId}`, TRIAGE_VISIT, gp, at, startOf(addDays(dueOn, 1)) - at);
      return { ...state, clocks: [...state.clocks, clock] };
    }
  }
}

export const needsReferral = ({ action }: Pick<AnswerTriage, 'action'>): boolean => action === 'refer' || action === 'emergency';

/** Whoever has been seen needs no other visit for what they told. */
export const withoutTriageVisits = (state: DischargeState): DischargeState =>
  state.clocks.some(({ task }) => task === TRIAGE_VISIT)
    ? { ...state, clocks: state.clocks.filter(({ task }) => task !== TRIAGE_VISIT) }
    : state;
