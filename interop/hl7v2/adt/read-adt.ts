/** What a message of a hospital's register (ADT) says of a person: who they are, that they were admitted or died, that two records are one, or that such a message was wrong. */
import { visitEvents } from '../../../domain/discharge/standing.ts';
import { malformedError, type Place, wrongValueError } from '../kit/hl7-error.ts';
import { findSegment, type Message, placeOf, type Segment, segmentsOf, valueAt } from '../kit/message.ts';
import { patientIdentifiers } from '../kit/patient-identifiers.ts';
import type { Identifier, ReadMessage } from '../kit/read-message.ts';
import { readPerson } from '../kit/read-person.ts';
import { parseDayOrTimestamp } from '../kit/timestamps.ts';
import { readDemographics } from './read-demographics.ts';
import { type ReadVisit, readVisit } from './read-visit.ts';

/** What each event means here. HL7 has dozens more, which say nothing that a pathway of the alliance depends on. */
const meanings = {
  A01: 'visit',
  A02: 'visit',
  A03: 'visit',
  A08: 'visit',
  A11: 'visit',
  A12: 'visit',
  A13: 'visit',
  A31: 'corrected',
  A40: 'merged',
  A37: 'unlinked',
} as const;
export type AdtMeaning = (typeof meanings)[keyof typeof meanings];

export interface ReadAdt extends ReadMessage {
  meaning: AdtMeaning;
  /** RFC 3339; null where the message has no time that could be read. */
  occurredAt: string | null;
  /** PID-30 and PID-29, or a discharge to the dead: null where the message says nothing of it, else since when, as far as that is known. */
  death: { at: string | null; place: Place } | null;
  /** What is said of a stay; null where the message names none. */
  visit: ReadVisit | null;
  /** MRG-1 of a merger, or the further PID of two that are no longer one. */
  others: Identifier[][];
}

/** Throws Hl7Error. */
export function readAdt(message: Message): ReadAdt {
  const msh = findSegment(message, 'MSH');
  const evn = findSegment(message, 'EVN');
  const event = valueAt(message, msh, { field: 9, component: 2 }) || valueAt(message, evn, { field: 1 });
  const supported = Object.entries(meanings).find(([name]) => name === event)?.[1];
  if (!supported)
    throw malformedError(
      '201',
      { segment: 'MSH', sequence: 1, field: 9, component: 2 },
      { zh: '不支持此事件', en: 'this event is not supported' },
    );
  const [pid] = segmentsOf(message, 'PID');
  if (!pid) throw missing('PID');
  // A register that corrects a person and names no stay at all says what A31 says.
  const meaning = event === 'A08' && !findSegment(message, 'PV1') ? 'corrected' : supported;
  const visitEvent = meaning === 'visit' ? visitEvents.find((name) => name === event) : undefined;
  const { body, places } = meaning === 'corrected' || event === 'A08' ? readDemographics(message, pid) : { body: {}, places: {} };
  return {
    meaning,
    patient: patientIdentifiers(message, pid),
    person: readPerson(message, pid),
    placerNumber: null,
    fillerNumber: null,
    receivingFacility: valueAt(message, msh, { field: 6 }),
    occurredAt: occurredAt(message, evn, msh),
    death: deathOf(message, pid, event),
    visit: visitEvent ? readVisit(message, visitEvent) : null,
    others: othersOf(message, meaning),
    body,
    places: { patientId: placeOf(pid, { field: 3 }), ...places },
  };
}

const missing = (segment: string, sequence = 1) =>
  malformedError('100', { segment, sequence }, { zh: `缺少 ${segment} 段`, en: `the ${segment} segment is missing` });

/** EVN-6 says when it happened; the older EVN-2 and MSH-7 when it was written down. Throws Hl7Error (AE) for one that is no time. */
function occurredAt(message: Message, evn: Segment | undefined, msh: Segment | undefined): string | null {
  for (const [segment, field] of [
    [evn, 6],
    [evn, 2],
    [msh, 7],
  ] as const) {
    const written = valueAt(message, segment, { field });
    if (!segment || written === '') continue;
    const read = parseDayOrTimestamp(written);
    if (read === undefined)
      throw wrongValueError('102', placeOf(segment, { field }), { zh: '不是有效的日期时间', en: 'is no date and time' });
    return read;
  }
  return null;
}

/** Discharge dispositions of HL7 table 0112 that mean a death. */
const DISCHARGED_DEAD = ['20', '40', '41', '42'];

/** Throws Hl7Error (AE) for a time of death that is none. */
function deathOf(message: Message, pid: Segment, event: string): ReadAdt['death'] {
  const pv1 = findSegment(message, 'PV1');
  const written = valueAt(message, pid, { field: 29 });
  const indicator = valueAt(message, pid, { field: 30 }).toUpperCase();
  // Who cancels a discharge repeats how it was, and says no death by it.
  const isDischargedDead = ['A03', 'A08'].includes(event) && DISCHARGED_DEAD.includes(valueAt(message, pv1, { field: 36 }));
  if (indicator !== 'Y' && !isDischargedDead && (written === '' || indicator === 'N')) return null;
  const at = written === '' ? null : parseDayOrTimestamp(written);
  const place = written === '' && isDischargedDead && pv1 ? placeOf(pv1, { field: 36 }) : placeOf(pid, { field: written === '' ? 30 : 29 });
  if (at === undefined) throw wrongValueError('102', place, { zh: '不是有效的死亡时间', en: 'is no time of death' });
  return { at, place };
}

/** Throws Hl7Error (AR) where the message does not say which other record it is about. */
function othersOf(message: Message, meaning: AdtMeaning): Identifier[][] {
  if (meaning === 'merged') {
    const merged = segmentsOf(message, 'MRG');
    const persons = segmentsOf(message, 'PID');
    if (merged.length === 0)
      throw wrongValueError(
        '101',
        { segment: 'MRG', sequence: 1, field: 1 },
        { zh: '缺少被合并的患者标识', en: 'the record that is merged is missing' },
      );
    // Several mergers in one message would each have a PID of its own, and one acknowledgement could not say which of them was done.
    if (persons.length > 1)
      throw malformedError(
        '100',
        { segment: 'PID', sequence: 2 },
        { zh: '一条消息只合并到一位患者', en: 'a message merges into one patient' },
      );
    return merged.map((mrg) => patientIdentifiers(message, mrg, 1));
  }
  if (meaning === 'unlinked') {
    const other = segmentsOf(message, 'PID')[1];
    if (!other) throw missing('PID', 2);
    return [patientIdentifiers(message, other)];
  }
  return [];
}
