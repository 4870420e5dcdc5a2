/** What a message says of a referral, in the words of the HTTP API, with the place of every word. Nothing is looked up here. */

import { type Hl7Error, malformedError, type Place, wrongValueError } from '../kit/hl7-error.ts';
import {
  countRepetitions,
  findSegment,
  type Message,
  placeOf,
  type Segment,
  segmentsOf,
  textAt,
  type ValueAt,
  valueAt,
} from '../kit/message.ts';
import { patientIdentifiers } from '../kit/patient-identifiers.ts';
import type { Identifier, ReadMessage } from '../kit/read-message.ts';
import { readPerson } from '../kit/read-person.ts';
import { parseDayOrTimestamp } from '../kit/timestamps.ts';
import { readAppointmentTimes } from './appointment-times.ts';
import { backgroundLines, codedTexts, joinTexts, notesOf, resultText } from './clinical-texts.ts';
import { type Meaning, observations, readTransaction } from './transactions.ts';

export interface ReadReferral extends ReadMessage {
  meaning: Meaning;
  /** The code of a department; null when the message asks for no particular one. */
  departmentCode: string | null;
}

const PRIORITIES: Record<string, string> = { S: 'urgent', A: 'same-day', R: 'routine' };

/** Throws Hl7Error. */
export function readReferral(message: Message): ReadReferral {
  const { meaning, type } = readTransaction(message);
  const orders = segmentsOf(message, type === 'SIU' ? 'SCH' : 'ORC');
  const pid = findSegment(message, 'PID');
  if (!pid) throw missingSegment('PID');
  if (orders.length !== 1) throw orders.length === 0 ? missingSegment(type === 'SIU' ? 'SCH' : 'ORC') : second(orders[1] as Segment);
  const numbered = orders[0] as Segment;
  const [placer, filler] = type === 'SIU' ? [26, 27] : [2, 3];
  const msh = findSegment(message, 'MSH');
  const base = {
    meaning,
    patient: patientIdentifiers(message, pid),
    person: readPerson(message),
    placerNumber: identifierAt(message, numbered, placer as number),
    fillerNumber: identifierAt(message, numbered, filler as number),
    receivingFacility: valueAt(message, msh, { field: 6 }),
    departmentCode: null,
  };
  refuseUnfinishedResults(message, meaning);
  const { body, places } = meaning === 'create' ? requested(message) : acted(message, meaning);
  return { ...base, departmentCode: meaning === 'create' ? departmentOf(message) : null, body, places: { ...placesOfAll, ...places } };
}

/** OBX-11 (table 0085) of a result that holds: final, corrected, verified, or final without being sent again. */
const HOLDING_RESULTS = ['', 'F', 'C', 'U', 'V'];
/** Of a note while the patient is still seen, also a preliminary result. */
const INTERIM_RESULTS = [...HOLDING_RESULTS, 'P', 'R', 'S'];
/** OBR-25 (table 0123) of a report that is there: final, corrected. The others say that there is none yet, or that the order was cancelled. */
const HOLDING_REPORTS = ['', 'F', 'C'];
const INTERIM_REPORTS = [...HOLDING_REPORTS, 'P', 'R', 'A', 'M', 'N'];

/** Throws Hl7Error (AE) for a result that is deleted, wrong (of another patient, say), missing or not finished: its text says nothing of this patient. */
function refuseUnfinishedResults(message: Message, meaning: Meaning): void {
  const isInterim = meaning === 'send-interim-note';
  refuseOtherStatuses(message, { segment: 'OBX', field: 11 }, isInterim ? INTERIM_RESULTS : HOLDING_RESULTS);
  if (isInterim || meaning === 'send-outcome')
    refuseOtherStatuses(message, { segment: 'OBR', field: 25 }, isInterim ? INTERIM_REPORTS : HOLDING_REPORTS);
}

function refuseOtherStatuses(message: Message, { segment, field }: { segment: string; field: number }, holding: readonly string[]): void {
  const wrong = placesWithRepetitions(message, segment, { field }).find(({ value }) => !holding.includes(value));
  if (wrong)
    throw wrongValueError('103', wrong.place, {
      zh: '该结果不是有效的最终结果',
      en: 'the status says that the result does not hold',
    });
}

const missingSegment = (name: string): Hl7Error =>
  malformedError('100', { segment: name, sequence: 1 }, { zh: `缺少 ${name} 段`, en: `the ${name} segment is missing` });

const second = (segment: Segment): Hl7Error =>
  malformedError(
    '100',
    { segment: segment.name, sequence: segment.sequence },
    { zh: '一条消息只处理一个转诊', en: 'a message is about one referral' },
  );

const place = (segment: string, field: number, sequence = 1): Place => ({ segment, sequence, field });

/** Where the API's other complaints belong. */
const placesOfAll: Record<string, Place> = {
  patientId: place('PID', 3),
  toInstitutionId: place('MSH', 6),
  direction: place('MSH', 6),
  toDepartmentId: place('OBR', 4),
  urgency: place('TQ1', 9),
  reason: place('ORC', 16),
  startsAt: place('TQ1', 7),
  endsAt: place('TQ1', 8),
  note: place('OBX', 5),
  outcome: place('OBX', 5),
};

/** An EI or a CX: the id, and the authority as a universal id, else as a namespace. */
function identifierAt(message: Message, segment: Segment, field: number): Identifier | null {
  const at = (component: number) => valueAt(message, segment, { field, component });
  const value = at(1);
  return value === '' ? null : { authority: at(3) || at(2), value, place: placeOf(segment, { field }) };
}

interface Read {
  body: Record<string, unknown>;
  places: Record<string, Place>;
}

// --- a request ------------------------------------------------------------------------

/** OBR-4 of a coding system that everybody shares names the kind of document, not a department. */
function departmentOf(message: Message): string | null {
  const obr = findSegment(message, 'OBR');
  const system = valueAt(message, obr, { field: 4, component: 3 });
  const code = valueAt(message, obr, { field: 4 });
  return code === '' || system === 'LN' || system === 'SCT' ? null : code;
}

function requested(message: Message): Read {
  const obr = findSegment(message, 'OBR');
  if (!obr) throw missingSegment('OBR');
  const orc = findSegment(message, 'ORC');
  const pv1 = findSegment(message, 'PV1');
  const priority = priorityOf(message);
  const emergency = valueAt(message, pv1, { field: 2 }) === 'E';
  const reason = joinTexts([...codedTexts(message, obr, 31), ...codedTexts(message, orc, 16)], '；');
  const summary = joinTexts([notesOf(message), ...backgroundLines(message), ...resultsOf(message)], '\n');
  const plan = observationsOf(message, observations.managementPlan);
  const consent = consentOf(message);
  return {
    body: {
      urgency: priority?.urgency ?? 'routine',
      emergency,
      ...(reason === '' ? {} : { reason }),
      ...(summary === '' ? {} : { summary }),
      ...(plan === null ? {} : { managementPlan: plan.text }),
      ...(consent === null ? {} : { consent: consent.value }),
    },
    places: {
      ...(priority ? { urgency: priority.place } : {}),
      reason: place('OBR', 31),
      summary: place('NTE', 3),
      managementPlan: place('OBX', 5, plan?.sequence),
      consent: place('OBX', 5, consent?.sequence),
      'consent.recordedAt': place('OBX', 14, consent?.sequence),
    },
  };
}

/**
 * The priority, wherever the standard lets it stand: TQ1-9, or in older versions ORC-7.6, OBR-27.6 or OBR-5. Throws Hl7Error (AE) where two places are at
 * odds, because nobody can tell which is meant.
 */
function priorityOf(message: Message): { urgency: string; place: Place } | undefined {
  const found = [
    ...placesWithRepetitions(message, 'TQ1', { field: 9 }),
    // Only in words: nobody here knows which is meant, so the API refuses it at its place.
    ...placesWithRepetitions(message, 'TQ1', { field: 9, component: 2 }).filter(({ place: { sequence } }) => !hasCode(message, sequence)),
    ...placesWithRepetitions(message, 'ORC', { field: 7, component: 6 }),
    ...placesWithRepetitions(message, 'OBR', { field: 27, component: 6 }),
    ...placesWithRepetitions(message, 'OBR', { field: 5 }),
  ].map(({ value, place }) => ({ urgency: PRIORITIES[value] ?? value, place }));
  const [first] = found;
  const other = found.find(({ urgency }) => urgency !== first?.urgency);
  if (other)
    throw wrongValueError('102', other.place, { zh: '优先级在两处不一致', en: 'the priority differs from the one that stands before it' });
  return first;
}

const hasCode = (message: Message, sequence: number): boolean =>
  segmentsOf(message, 'TQ1').some((tq1) => tq1.sequence === sequence && valueAt(message, tq1, { field: 9 }) !== '');

function placesWithRepetitions(message: Message, name: string, at: ValueAt): { value: string; place: Place }[] {
  return segmentsOf(message, name).flatMap((segment) =>
    Array.from({ length: countRepetitions(message, segment, at.field) }, (_, index) => {
      const repeated = { ...at, repetition: index + 1 };
      return { value: valueAt(message, segment, repeated), place: placeOf(segment, repeated) };
    }).filter(({ value }) => value !== ''),
  );
}

function consentOf(message: Message): { value: { given: boolean; recordedAt: string }; sequence: number } | null {
  const consents = segmentsOf(message, 'OBX').filter((each) => valueAt(message, each, { field: 3 }) === observations.consent);
  const [obx] = consents;
  if (!obx) return null;
  const said = consents.flatMap((each) =>
    Array.from({ length: countRepetitions(message, each, 5) }, (_, index) => ({ each, repetition: index + 1 })).map(({ repetition }) => ({
      value: valueAt(message, each, { field: 5, repetition }),
      place: placeOf(each, { field: 5, repetition }),
    })),
  );
  const other = said.find(({ value }) => value !== said[0]?.value);
  if (other) throw wrongValueError('102', other.place, { zh: '与前一处同意不一致', en: 'differs from the consent that stands before it' });
  const written = valueAt(message, obx, { field: 14 });
  return {
    value: { given: valueAt(message, obx, { field: 5 }) === 'Y', recordedAt: parseDayOrTimestamp(written) ?? written },
    sequence: obx.sequence,
  };
}

// --- what the parties do --------------------------------------------------------------

function acted(message: Message, meaning: Meaning): Read {
  const orc = findSegment(message, 'ORC');
  switch (meaning) {
    case 'send-decline':
    case 'request-cancellation':
    case 'withdraw':
      return given('reason', joinTexts([...codedTexts(message, orc, 16), notesOf(message)], '；'), place('ORC', 16));
    case 'cancel-appointment': {
      const reasons = codedTexts(message, findSegment(message, 'SCH'), 7);
      return given('reason', joinTexts([...reasons, notesOf(message)], '；'), place('SCH', 7));
    }
    case 'send-outcome':
      return given('outcome', ...reported(message));
    case 'send-interim-note':
      return given('note', ...reported(message));
    case 'schedule-visit':
    case 'reschedule-visit':
      return appointmentOf(message);
    default:
      return { body: {}, places: {} };
  }
}

const given = (member: string, text: string, at: Place): Read => ({
  body: text === '' ? {} : { [member]: text },
  places: { [member]: at },
});

/** All that is reported, in the order of the message: texts as they are, values with their names. */
function reported(message: Message): [text: string, at: Place] {
  const results = segmentsOf(message, 'OBX').map((obx) => ({ obx, text: resultText(message, obx, PROSE) ?? '' }));
  const text = joinTexts([...results.map((result) => result.text), notesOf(message), ...backgroundLines(message)], '\n');
  return [text, place('OBX', 5, results.find((result) => result.text !== '')?.obx.sequence)];
}

/** Values that go with a request, such as the last blood pressure, beside those that have members of their own. */
const resultsOf = (message: Message): string[] =>
  segmentsOf(message, 'OBX')
    .filter((obx) => !OWN_MEMBERS.includes(valueAt(message, obx, { field: 3 })))
    .flatMap((obx) => resultText(message, obx, PROSE) ?? []);

const PROSE: readonly string[] = [observations.note];
const OWN_MEMBERS: readonly string[] = [observations.consent, observations.managementPlan];

function appointmentOf(message: Message): Read {
  const found = Object.entries(readAppointmentTimes(message)).flatMap(([name, time]) => (time ? [[name, time] as const] : []));
  return {
    body: Object.fromEntries(found.map(([name, { value }]) => [name, value])),
    places: Object.fromEntries(found.map(([name, time]) => [name, time.place])),
  };
}

function observationsOf(message: Message, code: string): { text: string; sequence: number } | null {
  const found = segmentsOf(message, 'OBX').filter((obx) => valueAt(message, obx, { field: 3 }) === code);
  if (found.length === 0) return null;
  return { text: found.map((obx) => textAt(message, obx, 5)).join('\n'), sequence: found[0]?.sequence as number };
}
