/** What reaches a patient after the discharge: a try to call or to find them, and somebody who has seen them, on whichever pathway it was recorded. */
import { addDays, type LocalDate, laterOf, localDateOf } from '../time/local-date.ts';
import type { ContactOutcome, DutyName } from './codes.ts';
import type { RecordContact } from './events.ts';
import { climb, dueOfRung, isCounted, type PatientNumbers, rungOfChannel } from './ladder.ts';
import { openConversation } from './orders.ts';
import {
  type ContactAttempt,
  type ContactLadder,
  type DischargeState,
  findDuty,
  isClosed,
  isResting,
  type Question,
  type Rung,
  withDuty,
} from './state.ts';
import { withoutTriageVisits } from './triage-actions.ts';

/** The step that it belongs to, and when that is decided. */
interface Step {
  id: string;
  at: number;
}

export type Attempt = Pick<RecordContact, 'channel' | 'outcome' | 'contact' | 'familyContacts' | 'hasNumber'>;

/** Notes a try. Whoever was reached is, late or not; otherwise the next way is open once this one has been tried. */
export function noteAttempt(
  state: DischargeState,
  { channel, outcome, contact, familyContacts, hasNumber = true }: Attempt,
  { id, at, doneAt }: Step & { doneAt: number },
): { state: DischargeState; attempt: ContactAttempt } {
  const tried = { at: doneAt, rung: rungOfChannel[channel], channel, outcome, contact: contact ?? null, discharge: state.discharges };
  const earlier = state.attempts.filter(({ discharge }) => discharge === state.discharges);
  const attempt = { ...tried, counted: isCounted(state.rules, earlier, tried) };
  const noted: DischargeState = { ...state, attempts: [...state.attempts, attempt] };
  const contacted = isReached(outcome)
    ? closeContact(noted, doneAt)
    : outcome === 'moved' || outcome === 'dead'
      ? restFor(noted, outcome)
      : tryNext(noted, at, { familyContacts, hasNumber });
  return {
    state: outcome === 'refused' ? openConversation(contacted, { id, order: null, reason: 'refused', at }) : contacted,
    attempt,
  };
}

const isReached = (outcome: ContactOutcome): boolean => outcome === 'reached' || outcome === 'refused';

/** Whoever was seen is reached by that too, and the visit that is owed has been made where its window was open. */
export function seePatient(state: DischargeState, seenAt: number): DischargeState {
  const visit = findDuty(state, 'visit');
  const isInWindow = visit !== undefined && visit.opensOn !== null && localDateOf(seenAt) >= visit.opensOn;
  const seen = closeContact(state, seenAt);
  return withoutTriageVisits(isInWindow ? closeDuty(seen, 'visit', seenAt) : seen);
}

/** Nobody looks for the patient until the question is answered. */
export const restFor = (state: DischargeState, question: Question): DischargeState => ({
  ...state,
  ladder: { ...state.ladder, questions: [...new Set([...(state.ladder.questions ?? []), question])] },
});

/** What was asked is answered: the way that was to be tried is due as if it had been opened now, and never earlier than it was. */
export function goOnLooking(state: DischargeState, question: Question, at: number): DischargeState {
  const { ladder } = state;
  const questions = (ladder.questions ?? []).filter((one) => one !== question);
  if (!isResting(ladder)) return state;
  if (questions.length > 0) return { ...state, ladder: { ...ladder, questions } };
  const today = localDateOf(at);
  const anew = ladder.rung === null || ladder.dueOn === null ? {} : dueAnew(state, ladder.rung, ladder.dueOn, at);
  const lostOn = ladder.lostOn === null ? null : laterOf(ladder.lostOn, addDays(today, 1));
  return withDuty({ ...state, ladder: { ...ladder, ...anew, questions, lostOn } }, 'contact', { called: 0 });
}

function dueAnew(state: DischargeState, rung: Rung, before: LocalDate, at: number): Partial<ContactLadder> {
  const anew = rung === 1 ? { dueOn: localDateOf(at), isHospitals: false } : dueOfRung(state, rung, at, at);
  return anew.dueOn > before ? anew : {};
}

/** The closing contact, once its window is open, else the first one. */
export function closeContact(state: DischargeState, doneAt: number): DischargeState {
  const closing = findDuty(state, 'closing-contact');
  const isClosing = closing && !isClosed(closing) && closing.state !== 'waiting';
  const after = closeDuty(state, 'contact', doneAt);
  return isClosing ? closeDuty(after, 'closing-contact', doneAt) : after;
}

export function closeDuty(state: DischargeState, name: DutyName, doneAt: number): DischargeState {
  const duty = findDuty(state, name);
  if (!duty || isClosed(duty)) return state;
  const late = duty.dueAt === null ? duty.dueOn !== null && localDateOf(doneAt) > duty.dueOn : doneAt > duty.dueAt;
  const closed = withDuty(state, name, { state: 'done', doneAt, late });
  return name === 'contact' ? { ...closed, ladder: { rung: null, dueOn: null, lostOn: null } } : closed;
}

function tryNext(state: DischargeState, at: number, numbers: PatientNumbers): DischargeState {
  if (isResting(state.ladder)) return state;
  const contact = findDuty(state, 'contact');
  if (!contact || isClosed(contact)) return tryClosing(state, at, numbers);
  const climbed = climb(state, at, numbers);
  // Whoever is asked next is called about their own step.
  return climbed.ladder === state.ladder ? climbed : withDuty(climbed, 'contact', { called: 0 });
}

/** The closing contact knows the first two ways only; after these it has not been possible. */
function tryClosing(state: DischargeState, at: number, numbers: PatientNumbers): DischargeState {
  const closing = findDuty(state, 'closing-contact');
  if (!closing || isClosed(closing) || closing.opensOn === null) return state;
  const { opensOn } = closing;
  const since = state.attempts.filter((one) => localDateOf(one.at) >= opensOn);
  const tried = climb({ ...state, attempts: since, ladder: { rung: 1, dueOn: null, lostOn: null } }, at, numbers);
  return (tried.ladder.rung ?? 1) > 2 ? withDuty(state, 'closing-contact', { state: 'not-reached' }) : state;
}
