/** Somebody has come home from hospital: what was paused for the admission goes on, soon. An admission that never was has paused nothing. */
import { addDays, type LocalDate, localDateOf } from '../time/local-date.ts';
import { askAgainSoon, type NextVisitRequest, recalculateNext, toKeepableRequest, withEnrolment } from './changes.ts';
import { dueDate } from './next-visit.ts';
import { withPlan } from './plan.ts';
import type { Enrolment, FollowUpState } from './state.ts';

/** Whoever has been in hospital is seen by the centre within these days of the discharge. [A] Choice of the alliance, to be signed off. */
const SEEN_AFTER_DISCHARGE = {
  withinDays: 30,
  rule: 'follow-up-rules',
  clause: 'after a discharge at the latest',
  source: 'agreement of the alliance',
};

/** The date of the protocol holds if it is still to come, but not beyond the days after the discharge. */
export const resumeAfterDischarge = (state: FollowUpState, dischargedAt: number, at: number): FollowUpState =>
  resumePausedForAdmission(state, (enrolment) => {
    const today = localDateOf(at);
    const latest = dueDate(state.calendar, today, addDays(localDateOf(dischargedAt), SEEN_AFTER_DISCHARGE.withinDays));
    if (latest < today) return askAgainSoon(state, at, 'after hospital');
    const protocol = byProtocol(state, enrolment);
    const isToCome = protocol.next !== null && protocol.next.dueOn >= today;
    return isToCome && protocol.next && protocol.next.dueOn <= latest ? protocol : requestBy(latest, today, dischargedAt);
  });

/** As if nobody had been admitted: the date of the protocol, where it can still be kept. */
export const resumeAsBefore = (state: FollowUpState, at: number): FollowUpState =>
  resumePausedForAdmission(state, (enrolment) => toKeepableRequest(state, byProtocol(state, enrolment), { next: null }, at));

function resumePausedForAdmission(state: FollowUpState, request: (enrolment: Enrolment) => NextVisitRequest): FollowUpState {
  const paused = state.enrolments.filter(({ status, pause }) => status === 'paused' && pause?.reason === 'admission');
  if (paused.length === 0) return state;
  return withPlan(
    paused.reduce((now, one) => withEnrolment(now, one.id, { status: 'active', pause: null, missed: 0, ...request(one) }), state),
  );
}

const byProtocol = (state: FollowUpState, enrolment: Enrolment): NextVisitRequest =>
  recalculateNext(state, { ...enrolment, anchor: 'protocol' });

function requestBy(dueOn: LocalDate, today: LocalDate, dischargedAt: number): NextVisitRequest {
  const { withinDays, rule, clause, source } = SEEN_AFTER_DISCHARGE;
  const evidence = { dischargedOn: localDateOf(dischargedAt), withinDays, dueOn };
  return { anchor: 'agreement', next: { opensOn: today, dueOn }, because: [{ rule, clause, source, evidence }] };
}
