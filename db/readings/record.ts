/**
 * Readings: stored by the batch, in one transaction and a handful of statements, however many there are. A reading is a fact: it is never refused
 * for what it says. What cannot be true is quarantined, whom nobody knows is held for an identity review, what has come before is left out.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { findCrisisToConfirm } from '../../domain/readings/crisis.ts';
import { type Quarantine, quarantineOf } from '../../domain/readings/quarantine.ts';
import {
  comparatorsOf,
  hasComparator,
  type Measured,
  type ReadingContext,
  type ReadingKind,
  type StandardValues,
  standardUnits,
  toStandardUnits,
} from '../../domain/readings/reading.ts';
import type { ValueToConfirm } from '../crisis-reading/raise.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { type GivenPatient, givenColumns, spellingsOf, spellingsOfValue } from '../directory/given-patient.ts';
import { holdRecordsTogether } from '../directory/resident-records.ts';
import { appendAuditSelected } from '../kit/audit.ts';
import type { Trx } from '../kit/transaction.ts';
import { raiseEpisodes } from './episodes.ts';
import { holdForReview } from './held.ts';
import { readingProtocol } from './protocol.ts';

export interface NewReading {
  source: string;
  messageId: string;
  patient: GivenPatient;
  measured: Measured;
  measuredAt: Date;
  context: ReadingContext;
}

/** Why a reading counts for nothing: it is there already. */
export type DuplicateCode = 'same-message' | 'message-differs' | 'same-reading';

export type ReadingResult =
  | { result: 'recorded'; readingId: string }
  | { result: 'quarantined'; readingId: string; reason: Quarantine }
  | { result: 'held'; readingId: string; reason: { code: 'unknown-patient' } }
  /** `readingId` is the id of the reading that counts. */
  | { result: 'duplicate'; readingId: string; reason: { code: DuplicateCode } };

/** The person whom a reading names: the record that is kept up. */
export interface Named {
  /** The record that is kept up. */
  patientId: string;
  /** The record that the message names. */
  recordId: string;
  birthDate: string;
  deceasedAt: Date | null;
  homeInstitutionId: string;
}

export interface ReadingBatch {
  readings: readonly NewReading[];
  receivedAt: Date;
  by: RecordedBy;
  /** Looks at whom the readings name, in their order, before anything is written; throws where the sender may not. */
  check?: ((named: readonly (Named | undefined)[]) => void) | undefined;
}

interface Row extends StandardValues {
  n: number;
  id: string;
  source: string;
  message_id: string;
  status: 'recorded' | 'quarantined' | 'held';
  reason: Quarantine | null;
  patient_id: string | null;
  named_patient_id: string | null;
  held_by: string | null;
  kind: ReadingKind;
  measured_at: Date;
  context: ReadingContext;
  given: Measured | null;
}

/** Results in the order of the readings. */
export async function recordReadings(trx: Trx, { readings, receivedAt, by, check }: ReadingBatch): Promise<ReadingResult[]> {
  const [, named] = await Promise.all([holdRecordsTogether(trx, { merging: false }), identifyAll(trx, readings)]);
  check?.(named);
  const ids = createIds(readings.length);
  const rows = readings.map((reading, n) => rowOf(reading, ids[n] as string, n, named[n], receivedAt));
  const unknown = rows.flatMap((row) => (row.status === 'held' ? [{ row, patient: (readings[row.n] as NewReading).patient }] : []));
  await holdForReview(trx, unknown, { receivedAt, by });
  const stored = await insertReadings(trx, rows, { receivedAt, by });
  const left = rows.filter(({ id }) => !stored.has(id));
  const earlier = left.length > 0 ? await findEarlier(trx, left) : new Map<number, Earlier>();
  const fresh = rows.flatMap(({ id, status, patient_id: patientId, kind, measured_at: measuredAt, systolic, diastolic, value }) =>
    status === 'recorded' && patientId !== null && stored.has(id) ? [{ id, patientId, kind, measuredAt, systolic, diastolic, value }] : [],
  );
  const crises = rows.flatMap(
    (row) => toValueToConfirm(row, { isStored: stored.has(row.id), earlier: earlier.get(row.n), receivedAt }) ?? [],
  );
  await raiseEpisodes(trx, { readings: fresh, crises, receivedAt }, readingProtocol, by);
  return rows.map((row) => resultOf(row, earlier.get(row.n)));
}

/**
 * The crisis that a new reading is, also one that is quarantined. A message that comes again with another value counts for nothing as a reading; should
 * that value be a crisis, somebody has to find out what is true.
 */
function toValueToConfirm(
  { id, patient_id: patientId, measured_at: measuredAt, reason: quarantine, ...measured }: Row,
  { isStored, earlier, receivedAt }: { isStored: boolean; earlier: Earlier | undefined; receivedAt: Date },
): ValueToConfirm | undefined {
  const readingId = isStored ? id : earlier?.code === 'message-differs' ? earlier.id : undefined;
  if (patientId === null || readingId === undefined) return undefined;
  const judged = {
    ...measured,
    quarantine,
    measuredAt: measuredAt.getTime(),
    receivedAt: receivedAt.getTime(),
    comparators: comparatorsOf(measured.given),
  };
  const crisis = findCrisisToConfirm(judged, readingProtocol);
  return crisis && { readingId, patientId, measuredAt, crisis };
}

/** Whom each reading names; undefined for nobody we know. */
async function identifyAll(trx: Trx, readings: readonly NewReading[]): Promise<(Named | undefined)[]> {
  const places = new Map<string, number>();
  const placeOf = readings.map(({ patient }) => {
    const key = JSON.stringify(patient);
    const place = places.get(key) ?? places.size;
    places.set(key, place);
    return place;
  });
  const names = [...places].map(([key, place]) => {
    const given = givenColumns(JSON.parse(key) as GivenPatient);
    const { local_id_system: system, local_id_value: value } = given;
    const isLocal = system !== null && value !== null;
    return { place, ...given, systems: isLocal ? spellingsOf(system) : [], spellings: isLocal ? spellingsOfValue(value) : [] };
  });
  const { rows } = await sql<Named & { place: number }>`
    with given as (
      select place, coalesce(given_patient_id, local.record_id) as record_id
      from jsonb_to_recordset(${JSON.stringify(names)}) as given(place int, given_patient_id text, local_id_system text, local_id_value text, systems text[], spellings text[])
        left join lateral (
          -- Several that are not one resident are nobody.
          select (array_agg(patient_id order by system = local_id_system desc, value = local_id_value desc))[1] as record_id
          from patient_local_id cross join lateral surviving_record(patient_id) as survivor
          where system = any(systems) and value = any(spellings) having count(distinct survivor.id) = 1
        ) as local on true
    )
    select place, patient.id as "patientId", record_id as "recordId", birth_date as "birthDate", deceased_at as "deceasedAt", home_institution_id as "homeInstitutionId"
    from given cross join lateral surviving_record(record_id) as survivor join patient on patient.id = survivor.id`.execute(trx);
  const byPlace = new Map(rows.map(({ place, ...person }) => [place, person]));
  return placeOf.map((place) => byPlace.get(place));
}

/** Ids in the order of the readings. One draw for all of them: a draw from the system costs more than the rest of an id. */
function createIds(count: number): string[] {
  const random = randomBytes(16 * count);
  const msecs = Date.now();
  return Array.from({ length: count }, (_, seq) => uuid({ msecs, seq, random: random.subarray(16 * seq, 16 * (seq + 1)) }));
}

function rowOf(
  { source, messageId, measured, measuredAt, context }: NewReading,
  id: string,
  n: number,
  person: Named | undefined,
  receivedAt: Date,
): Row {
  const values = toStandardUnits(measured);
  const judged = {
    ...values,
    kind: measured.kind,
    context,
    measuredAt: measuredAt.getTime(),
    receivedAt: receivedAt.getTime(),
    comparators: comparatorsOf(measured),
  };
  const quarantine = person && quarantineOf(judged, { ...person, deceasedAt: person.deceasedAt?.getTime() ?? null }, readingProtocol);
  return {
    n,
    id,
    source,
    message_id: messageId,
    status: person ? (quarantine ? 'quarantined' : 'recorded') : 'held',
    reason: quarantine ?? null,
    patient_id: person?.patientId ?? null,
    named_patient_id: person && person.recordId !== person.patientId ? person.recordId : null,
    held_by: null,
    kind: measured.kind,
    measured_at: measuredAt,
    context,
    ...values,
    given: measured.unit === standardUnits[measured.kind] && !hasComparator(measured) ? null : measured,
  };
}

/** The ids of those that had not come before. */
async function insertReadings(
  trx: Trx,
  rows: readonly Row[],
  { receivedAt, by: { actor, requestId } }: Pick<ReadingBatch, 'receivedAt' | 'by'>,
): Promise<Set<string>> {
  const batchId = uuid();
  const ordered = orderForAll(rows);
  const audited = appendAuditSelected({
    happenedAt: receivedAt,
    actor,
    institutionId: actor.institutionId,
    action: 'reading.record',
    targetType: 'reading-batch',
    targetId: batchId,
    patientId: null,
    outcome: 'done',
    code: null,
    requestId,
  });
  const { rows: answers } = await sql<{ stored: string[] | null }>`
    with batch as (
      insert into reading_batch (id, sender_id, sender_institution_id, request_id, received_at)
      values (${batchId}, ${actor.personId}, ${actor.institutionId}, ${requestId}, ${receivedAt})
    ), audited as (${audited}), stored as (
      insert into reading (id, batch_id, source, message_id, status, reason, patient_id, named_patient_id, held_by, kind, measured_at, context, systolic, diastolic, value, given)
      select id, ${batchId}::uuid, source, message_id, status, reason, patient_id, named_patient_id, held_by, kind, measured_at, context, systolic, diastolic, value, given
      from json_to_recordset(${JSON.stringify(ordered)}::json) as item(id uuid, source text, message_id text, status text, reason jsonb, patient_id text,
        named_patient_id text, held_by uuid, kind text, measured_at timestamptz, context text, systolic numeric, diastolic numeric, value numeric, given jsonb)
      on conflict do nothing returning id
    )
    select case when count(*) < ${rows.length}::int then coalesce(array_agg(id), '{}') end as stored from stored`.execute(trx);
  const [answer] = answers;
  // As a rule all are stored, and then their ids are not sent back.
  return new Set(answer?.stored ?? (answer ? rows.map(({ id }) => id) : []));
}

/**
 * In one order for all: two batches with the same readings, whatever messages bring them, wait for each other instead of deadlocking. Of one message
 * that stands twice in a batch the first counts.
 */
function orderForAll(rows: readonly Row[]): Row[] {
  const ordered = rows.toSorted(
    (a, b) =>
      compare(a.patient_id ?? '', b.patient_id ?? '') ||
      a.measured_at.getTime() - b.measured_at.getTime() ||
      compare(a.kind, b.kind) ||
      compare(a.systolic ?? a.value ?? 0, b.systolic ?? b.value ?? 0) ||
      compare(a.source, b.source) ||
      compare(a.message_id, b.message_id),
  );
  const firstOfMessage = new Map(rows.toReversed().map((row) => [`${row.source}\0${row.message_id}`, row]));
  if (firstOfMessage.size === rows.length) return ordered;
  const counts = new Set(firstOfMessage.values());
  return [...ordered.filter((row) => counts.has(row)), ...ordered.filter((row) => !counts.has(row))];
}

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

interface Earlier {
  n: number;
  id: string;
  code: DuplicateCode;
}

/** The readings that came before these, by their message or by what they say. */
async function findEarlier(trx: Trx, rows: readonly Row[]): Promise<Map<number, Earlier>> {
  const found = await sql<Earlier>`
    select n, coalesce(message.id, same.id) as id,
      case when message.id is null then 'same-reading'
        when (message.kind, message.measured_at, message.systolic, message.diastolic, message.value)
            is not distinct from (item.kind, item.measured_at, item.systolic, item.diastolic, item.value)
          and (message.patient_id is null or item.patient_id is null or message.patient_id = item.patient_id) then 'same-message'
        else 'message-differs' end as code
    from jsonb_to_recordset(${JSON.stringify(rows)}) as item(n int, source text, message_id text, patient_id text, kind text, measured_at timestamptz,
        systolic numeric, diastolic numeric, value numeric)
      left join reading as message on message.source = item.source and message.message_id = item.message_id
      left join reading as same on message.id is null and same.patient_id = item.patient_id and same.measured_at = item.measured_at
        and same.kind = item.kind and (same.systolic, same.diastolic, same.value) is not distinct from (item.systolic, item.diastolic, item.value)`.execute(
    trx,
  );
  return new Map(found.rows.map((each) => [each.n, each]));
}

function resultOf({ id, status, reason }: Row, earlier: Earlier | undefined): ReadingResult {
  if (earlier) return { result: 'duplicate', readingId: earlier.id, reason: { code: earlier.code } };
  switch (status) {
    case 'recorded':
      return { result: 'recorded', readingId: id };
    case 'held':
      return { result: 'held', readingId: id, reason: { code: 'unknown-patient' } };
    case 'quarantined':
      return { result: 'quarantined', readingId: id, reason: reason as Quarantine };
  }
}
