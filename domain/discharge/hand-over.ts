/**
 * To whom an episode hands its patient on. With the plan that is active a down referral asks the centre for its first follow-up; thirty days after the
 * discharge, or when everything is done before, the centre enrols the patient in the follow-up that the plan names. Each happens once.
 */
import { addWorkingDays } from '../time/calendar.ts';
import { addDays, type LocalDate, localDateOf, startOf } from '../time/local-date.ts';
import { acceptWith, type DischargeEntry, type DischargeVerdict, entryOf } from './changes.ts';
import { citeNumber } from './cite.ts';
import type { DischargeEventNamed } from './events.ts';
import type { HandedOver } from './handed-over.ts';
import { handOverDate } from './limits.ts';
import { buildClock } from './orders.ts';
import { dischargedOnOf, reasonOf } from './owed-duties.ts';
import { numberOf } from './rules.ts';
import type { DischargeState, Owner } from './state.ts';

const ENROL_TASK = 'enrol-resident';
const gp: Owner = { side: 'centre', role: 'gp' };

/** The date on which the patient goes on to the follow-up of the plan; a date that is over acts at once. Undefined when nothing is to be handed over. */
export function followUpDateOf(state: DischargeState): LocalDate | undefined {
  const dischargedOn = dischargedOnOf(state);
  if (state.status !== 'discharged' || !isFollowUpOwed(state) || dischargedOn === undefined) return undefined;
  return handOverDate(state.rules, dischargedOn);
}

const isFollowUpOwed = ({ plan, handedOver }: DischargeState): boolean => plan?.handover?.to === 'follow-up' && handedOver === null;

/** What a step has come to, with the lines that say so. */
interface HandOverStep {
  state: DischargeState;
  entries: DischargeEntry[];
}

/** The enrolment begins on the day on which the patient is handed over. */
export function handOverToFollowUp(state: DischargeState, at: number): HandOverStep {
  if (!isFollowUpOwed(state)) return { state, entries: [] };
  return handOver(state, 'follow-up', at, [citeNumber(state.rules, 'hand-over-day', { startedOn: localDateOf(at) })]);
}

/** The hospital asks the centre for a first follow-up as soon as its plan is active. */
export function handOverToCentre(state: DischargeState, at: number): HandOverStep {
  const isOwed = state.status === 'discharged' && state.plan?.handover?.to === 'down-referral' && state.handedOver === null;
  if (!isOwed) return { state, entries: [] };
  return handOver(state, 'down-referral', at, [reasonOf('handed-over', { nextVisitOn: nextVisitOf(state) })]);
}

/** The day by which the centre is to see the patient. */
export const nextVisitOf = ({ duties }: DischargeState): LocalDate | null => duties.find(({ duty }) => duty === 'visit')?.dueOn ?? null;

function handOver(state: DischargeState, to: HandedOver['to'], at: number, because: DischargeEntry['because']): HandOverStep {
  const handedOver: HandedOver = { to, at, discharge: state.discharges, answer: 'asked', enrolmentId: null };
  const after = { ...state, handedOver };
  const reasons = because.map((reason) => ({ ...reason, evidence: { ...reason.evidence, to } }));
  return { state: after, entries: [entryOf(state, after, 'handed-over', reasons)] };
}

/** A down referral of a discharge that is taken back ends by the admission that stands again; a follow-up that has begun goes on. */
export const withoutDownReferral = (state: DischargeState): DischargeState =>
  state.handedOver?.to === 'down-referral' ? { ...state, handedOver: null } : state;

/** Somebody who is enrolled already needs no other enrolment; where the follow-up refuses, the doctor of the centre sees to it. */
export function hearAnswer(state: DischargeState, event: DischargeEventNamed<'hand-over-refused'>): DischargeVerdict {
  const { enrolmentId, code } = event.input;
  const { handedOver } = state;
  if (handedOver?.to !== 'follow-up' || handedOver.answer !== 'asked')
    return acceptWith(state, state, event, [entryOf(state, state, event.name, [reasonOf('noted', { factId: event.id })])]);
  const evidence = { code, enrolmentId };
  if (enrolmentId !== null) {
    const known: DischargeState = { ...state, handedOver: { ...handedOver, answer: 'enrolled-already', enrolmentId } };
    return acceptWith(state, known, event, [entryOf(state, known, event.name, evidence)]);
  }
  const refused: DischargeState = { ...state, handedOver: { ...handedOver, answer: 'refused' } };
  const after = state.endReason === 'died' ? refused : withEnrolTask(refused, event.at);
  const because = citeNumber(state.rules, 'hand-over-task-working-days', evidence);
  return acceptWith(state, after, event, [entryOf(state, after, event.name, [because])]);
}

function withEnrolTask(state: DischargeState, at: number): DischargeState {
  const dueOn = addWorkingDays(state.calendar, localDateOf(at), numberOf(state.rules, 'hand-over-task-working-days'));
  const clock = buildClock(`${ENROL_TASK}-${state.discharges}`, ENROL_TASK, gp, at, startOf(addDays(dueOn, 1)) - at);
  return { ...state, clocks: [...state.clocks, clock] };
}
