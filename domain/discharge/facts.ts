/** This file decides facts, which have happened outside of the episode and are never refused: the standing of the visit, and what is told of the patient. */
import type { TimedFact } from '../kit/facts.ts';
import type { Reason } from '../kit/pathway.ts';
import { localDateOf } from '../time/local-date.ts';
import { acceptWith, type DischargeEntry, type DischargeVerdict, endEpisode, endLasting, entryOf, hasLasting } from './changes.ts';
import { endWhenCompleted } from './completion.ts';
import { actedOn } from './duties.ts';
import type { DischargeEventNamed, DischargeFactEvent } from './events.ts';
import { handOverToCentre, hearAnswer, withoutDownReferral } from './hand-over.ts';
import { closeStay, withInStayDuties, withResultClock, withToldResults } from './in-stay.ts';
import { readmissionOf, withLaterStay, withoutLaterStay } from './later-stay.ts';
import { type DischargeMessage, messagesOfNewWork, messageToOwner, messageToPatient } from './messages.ts';
import { toDraftOrder, withActiveOrders, withOrdersRedated, withReviewClocks, withRisk } from './orders.ts';
import { followOrders } from './orders-by-message.ts';
import { dischargedOnOf, reasonOf, withDatesAnew, withDuties } from './owed-duties.ts';
import { goOnLooking, noteAttempt, restFor, seePatient } from './reach.ts';
import type { VisitStanding } from './standing.ts';
import { type DischargeState, isAwaited } from './state.ts';
import { hearResult, withUntoldResults } from './stay-results.ts';
import { withTransfer } from './transfer.ts';

export function decideFact(state: DischargeState, event: DischargeFactEvent): DischargeVerdict {
  switch (event.name) {
    case 'visit-standing':
      return followStanding(state, event);
    case 'later-stay':
      return followLaterStay(state, event);
    case 'result-reported': {
      const after = withResultClock(hearResult(state, event.input, event), event.input.number);
      const { number, orderId, abnormal, critical } = event.input;
      const entry = entryOf(state, after, event.name, { number, orderId, abnormal, critical });
      return acceptWith(state, after, event, [entry], messagesOfNewWork(state, after, event.id));
    }
    case 'resident-seen':
      return hearOfVisit(state, event);
    case 'resident-called':
      return hearOfCall(state, event);
    case 'orders-reported':
      return followOrders(state, event);
    case 'hand-over-refused':
      return hearAnswer(state, event);
    case 'patient-died':
      return die(state, event);
    case 'death-reported':
      return concludeFact(state, restFor(state, 'dead'), event, {});
    case 'death-refuted':
      return concludeFact(state, goOnLooking(state, 'dead', event.at), event, {});
    case 'move-answered': {
      const { confirmed } = event.input;
      return concludeFact(state, goOnLooking(state, 'moved', event.at), event, { confirmed });
    }
    case 'death-retracted':
      return comeBack(state, event);
    case 'patient-moved': {
      const { homeInstitutionId } = event.input;
      if (homeInstitutionId === state.centreId) return note(state, event);
      const after = { ...state, centreId: homeInstitutionId };
      const evidence = { fromInstitutionId: state.centreId, toInstitutionId: homeInstitutionId };
      return acceptWith(state, after, event, [entryOf(state, after, event.name, evidence)], tellCentre(after, event.id));
    }
    case 'patients-merged':
      return replacePatient(state, event, event.input.survivorPatientId);
    case 'merger-retracted':
      return replacePatient(state, event, event.input.patientId);
    case 'calendar-published': {
      const known = { ...state, calendar: event.input.calendar };
      const after = state.status === 'discharged' ? withOrdersRedated(withDatesAnew(known, event.at), event.at) : known;
      const years = event.input.calendar.years.map(({ year, version }) => `${year}/${version}`).join(' ');
      return acceptWith(state, after, event, [entryOf(state, after, event.name, { years })]);
    }
  }
}

const note = (state: DischargeState, event: DischargeFactEvent): DischargeVerdict =>
  acceptWith(state, state, event, [entryOf(state, state, event.name, [reasonOf('noted', { factId: event.id })])]);

/** What was recorded elsewhere counts from the discharge on and while nothing rests. */
const countsHere = ({ status, standing }: DischargeState, { occurredAt }: TimedFact): boolean =>
  status === 'discharged' && standing?.dischargedAt !== null && standing?.dischargedAt !== undefined && occurredAt >= standing.dischargedAt;

/** Whoever was seen for another reason is alive and was seen; an order to be seen by somebody in particular stays open. */
function hearOfVisit(state: DischargeState, event: DischargeEventNamed<'resident-seen'>): DischargeVerdict {
  const { occurredAt, mode } = event.input;
  if (!countsHere(state, event.input)) return note(state, event);
  return concludeFact(state, seePatient(state, occurredAt), event, { mode, visitedOn: localDateOf(occurredAt) });
}

function hearOfCall(state: DischargeState, event: DischargeEventNamed<'resident-called'>): DischargeVerdict {
  const { occurredAt, channel, outcome } = event.input;
  if (!countsHere(state, event.input)) return note(state, event);
  const { state: noted, attempt } = noteAttempt(state, event.input, { id: event.id, at: event.at, doneAt: occurredAt });
  return concludeFact(state, noted, event, { channel, outcome, counted: attempt.counted });
}

function concludeFact(
  state: DischargeState,
  after: DischargeState,
  event: DischargeFactEvent,
  evidence: Reason['evidence'],
): DischargeVerdict {
  const ended = endWhenCompleted(after, event.at);
  const entries = [entryOf(state, after, event.name, evidence), ...ended.entries];
  return acceptWith(state, ended.after, event, entries, messagesOfNewWork(state, after, event.id));
}

function replacePatient(
  state: DischargeState,
  event: DischargeEventNamed<'patients-merged' | 'merger-retracted'>,
  patientId: string,
): DischargeVerdict {
  const after = { ...state, patientId };
  return acceptWith(state, after, event, [entryOf(state, after, event.name, { fromPatientId: state.patientId, patientId })]);
}

/** Only the centre of an episode that goes on has something to do. */
export const tellCentre = (state: DischargeState, step: string): DischargeMessage[] =>
  state.status === 'ended' || state.status === null
    ? []
    : [messageToOwner(state, `centre:${step}`, 'discharge-notice', { side: 'centre', role: 'nurse' })];

/** Nothing is owed to somebody who has died, and nobody hears of them. A death that is told of an episode that is over with changes nothing. */
function die(state: DischargeState, event: DischargeEventNamed<'patient-died'>): DischargeVerdict {
  const isOpen = state.status !== 'ended';
  if (!isOpen && !hasLasting(state)) return note(state, event);
  const { status, endReason, resting, number, standing, departmentId, duties, clocks, ladder, orders, conversations } = state;
  const beforeDeath = { status, endReason, resting, number, standing, departmentId, duties, clocks, ladder, orders, conversations };
  const after = { ...(isOpen ? { ...endEpisode(state, 'died', event.at), resting: null } : endLasting(state)), beforeDeath };
  return acceptWith(state, after, event, [entryOf(state, after, event.name, { factId: event.id })]);
}

/** Everything goes on where it stood, by what has been told of the stay meanwhile: what is past acts at once. */
function comeBack(state: DischargeState, event: DischargeEventNamed<'death-retracted'>): DischargeVerdict {
  const { beforeDeath, number, standing, departmentId, laterStay } = state;
  if (!beforeDeath || standing === null) return note(state, event);
  const endedAt = beforeDeath.status === 'ended' ? state.endedAt : null;
  const back = withoutLaterStay({ ...state, ...beforeDeath, endedAt, over: false, beforeDeath: null });
  const isTold = number > beforeDeath.number;
  const known: DischargeState = { ...back, number, standing, departmentId, laterStay };
  const [told, entries, messages]: Applied = isTold ? applyStanding(back, known, { ...event, number, standing }) : [back, [], []];
  const after = withLaterStay(told, event.at);
  return acceptWith(state, after, event, [entryOf(state, after, event.name, { factId: event.id }), ...entries], messages);
}

function followStanding(state: DischargeState, event: DischargeEventNamed<'visit-standing'>): DischargeVerdict {
  const { number, standing, departmentId } = event.input;
  if (number <= state.number) return note(state, event);
  // It is kept for the case that the person lives after all.
  if (state.endReason === 'died' || state.beforeDeath) {
    const kept = { ...state, number, standing, departmentId };
    return acceptWith(state, kept, event, [entryOf(state, kept, event.name, [reasonOf('noted', { factId: event.id })])]);
  }
  const before = withoutLaterStay(state);
  const known: DischargeState = { ...before, number, standing, departmentId };
  const [after, entries, messages] = applyStanding(before, known, { ...event, number, standing });
  const ended = endWhenCompleted(after, event.at);
  const resting = withLaterStay(ended.after, event.at);
  const rests = resting === ended.after ? [] : [entryOf(ended.after, resting, 'later-stay', laterStayEvidence(resting))];
  return acceptWith(state, resting, event, [...entries, ...ended.entries, ...rests], messages);
}

/** In hospital again, discharged from there, or not admitted after all: what was owed rests, ends, or goes on with its dates. */
function followLaterStay(state: DischargeState, event: DischargeEventNamed<'later-stay'>): DischargeVerdict {
  const known = { ...withoutLaterStay(state), laterStay: event.input.stay };
  const after = withLaterStay(known, event.at);
  return acceptWith(state, after, event, [entryOf(state, after, event.name, laterStayEvidence(after))]);
}

function laterStayEvidence(state: DischargeState): Reason['evidence'] {
  const { laterStay } = state;
  if (laterStay === null) return { episodeId: null };
  const { episodeId, hospitalId, admittedAt, status } = laterStay;
  const daysAfter = readmissionOf(state)?.daysAfter ?? null;
  return { episodeId, hospitalId, admittedOn: localDateOf(admittedAt), standing: status, daysAfter };
}

type Applied = [after: DischargeState, entries: DischargeEntry[], messages: DischargeMessage[]];

interface ToldStanding {
  /** Of the fact. */
  id: string;
  at: number;
  number: number;
  standing: VisitStanding;
}

function applyStanding(before: DischargeState, known: DischargeState, event: ToldStanding): Applied {
  const { number, standing } = event;
  const evidence = evidenceOf(number, standing);
  if (standing.disposition === 'died') {
    const after = endEpisode(known, 'died', event.at);
    return [after, [entryOf(before, after, 'ended', { ...evidence, endReason: 'died' })], []];
  }
  switch (standing.status) {
    case 'cancelled': {
      const after = endEpisode(known, 'cancelled', event.at);
      return [after, [entryOf(before, after, 'stay-cancelled', evidence)], correctWhatWasTold(before, event.id)];
    }
    case 'admitted': {
      if (before.status === 'admitted') return [known, [entryOf(before, known, 'stay-corrected', evidence)], []];
      const after = withInStayDuties(withoutDownReferral(takeDischargeBack(known)), event.at);
      return [after, [entryOf(before, after, 'discharge-cancelled', evidence)], correctWhatWasTold(before, event.id)];
    }
    case 'discharged': {
      if (before.status !== 'discharged') {
        const { state: after, entries } = handOverToCentre(discharge(known, event.at), event.at);
        return [after, [entryOf(before, after, 'patient-discharged', evidence), ...entries], tellCentre(after, event.id)];
      }
      const after = correctDischarge(before, known, event.at);
      return [after, [entryOf(before, after, 'stay-corrected', evidence)], tellNewDates(before, after, event.id)];
    }
  }
}

/** What is owed begins with the discharge, all of it anew. */
export const discharge = (state: DischargeState, at: number): DischargeState =>
  withOrdersOfDischarge(
    withDuties(
      withRisk(
        withTransfer({
          ...state,
          status: 'discharged',
          endReason: null,
          endedAt: null,
          discharges: state.discharges + 1,
          actedOn: actedOn(at),
        }),
      ),
      at,
    ),
    at,
  );

const withOrdersOfDischarge = (state: DischargeState, at: number): DischargeState =>
  withReviewClocks(withToldResults(closeStay(withUntoldResults(withActiveOrders(state, at), at), at)), at);

/** In hospital again: nothing is owed, what was recorded stays, and the plan is a draft again. */
const takeDischargeBack = (state: DischargeState): DischargeState => ({
  ...state,
  status: 'admitted',
  endReason: null,
  endedAt: null,
  duties: [],
  orders: state.orders.map(toDraftOrder),
  conversations: state.conversations.filter(({ decision }) => decision !== null),
  clocks: [],
  ladder: { rung: null, dueOn: null, lostOn: null },
  links: [],
  transfer: null,
});

const correctDischarge = (before: DischargeState, known: DischargeState, at: number): DischargeState => {
  const judged = withRisk(withTransfer(known));
  const isSame =
    dischargedOnOf(before) === dischargedOnOf(known) && before.risk.level === judged.risk.level && isAwaited(before) === isAwaited(judged);
  return isSame ? judged : withReviewClocks(withOrdersRedated(withDatesAnew(judged, at), at), at);
};

/** Whoever was asked to come is told that it does not hold. */
const correctWhatWasTold = (before: DischargeState, step: string): DischargeMessage[] =>
  wasPatientTold(before) ? [messageToPatient(before, `corrected:${step}`, 'discharge-cancelled')] : [];

function tellNewDates(before: DischargeState, after: DischargeState, step: string): DischargeMessage[] {
  const [visit, changed] = [before, after].map(({ duties }) => duties.find(({ duty }) => duty === 'visit'));
  return wasPatientTold(before) && changed && visit?.dueOn !== changed.dueOn
    ? [messageToPatient(after, `corrected:${step}`, 'dates-changed', changed)]
    : [];
}

/** The patient has been told the date of the visit once its window is open. */
const wasPatientTold = ({ status, duties }: DischargeState): boolean =>
  status === 'discharged' && duties.some(({ duty, state }) => duty === 'visit' && state !== 'waiting');

export const evidenceOf = (number: number, { status, admittedAt, dischargedAt, disposition }: VisitStanding) => ({
  number,
  standing: status,
  admittedOn: admittedAt === null ? null : localDateOf(admittedAt),
  dischargedOn: dischargedAt === null ? null : localDateOf(dischargedAt),
  disposition,
});
