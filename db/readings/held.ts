/**
 * Readings of somebody nobody knows. All that name the same unknown wait behind one fact, which goes to identity review like any other, and are
 * judged once a person has said whom they mean.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { findCrisisToConfirm } from '../../domain/readings/crisis.ts';
import { type Quarantine, quarantineOf } from '../../domain/readings/quarantine.ts';
import { comparatorsOf, type Measured, type ReadingContext, type ReadingKind } from '../../domain/readings/reading.ts';
import type { ValueToConfirm } from '../crisis-reading/raise.ts';
import { auditFact, type RecordedBy } from '../directory/fact-audit.ts';
import { type GivenPatient, givenColumns } from '../directory/given-patient.ts';
import { openReview } from '../directory/held-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { raiseEpisodes } from './episodes.ts';
import { readingProtocol } from './protocol.ts';
import { numbersOf } from './readings.ts';

interface Unknown {
  row: { held_by: string | null };
  patient: GivenPatient;
}

/** Gives each row the fact it waits behind: the one that stands open, or a new one with its review at the sender's institution. */
export async function holdForReview(
  trx: Trx,
  unknown: readonly Unknown[],
  { receivedAt, by }: { receivedAt: Date; by: RecordedBy },
): Promise<void> {
  const waiting = Map.groupBy(unknown, ({ patient }) => JSON.stringify(patient));
  // In one order for all, as whoever holds readings of the same unknown waits here.
  for (const key of [...waiting.keys()].sort()) {
    const factId = await factFor(trx, JSON.parse(key) as GivenPatient, receivedAt, by);
    for (const { row } of waiting.get(key) ?? []) row.held_by = factId;
  }
}

async function factFor(trx: Trx, patient: GivenPatient, receivedAt: Date, by: RecordedBy): Promise<string> {
  const id = uuid();
  const given = givenColumns(patient);
  const { rows } = await sql<{ id: string }>`
    with held as (
      insert into fact (id, source, message_id, type, occurred_at, sender_id, sender_institution_id, given_patient_id, local_id_system,
        local_id_value, details, body_hash, status)
      values (${id}::uuid, 'carepath', ${id}, 'readings-held', ${receivedAt}, ${by.actor.personId}, ${by.actor.institutionId}, ${given.given_patient_id},
        ${given.local_id_system}, ${given.local_id_value}, '{}', ${createHash('sha256').update(JSON.stringify(patient)).digest()}, 'held')
      on conflict (given_patient_id, local_id_system, local_id_value) where type = 'readings-held' and status = 'held'
        do update set status = 'held'
      returning id
    )
    select id from held`.execute(trx);
  const factId = rows[0]?.id as string;
  if (factId === id) {
    await openReview(trx, { factId, reason: 'unknown-patient', institutionId: by.actor.institutionId });
    await auditFact(trx, by, { action: 'fact.readings-held', factId, occurredAt: receivedAt, patientId: null, code: 'unknown-patient' });
  }
  return factId;
}

interface Held {
  id: string;
  kind: ReadingKind;
  context: ReadingContext;
  measuredAt: Date;
  receivedAt: Date;
  systolic: string | null;
  diastolic: string | null;
  value: string | null;
  /** As it was sent, where that was in another unit or beyond the range of the meter. */
  given: Measured | null;
}

/** It is known whom they mean: judged as on the day they came, less those that the person has already. */
export async function recordHeldReadings(
  trx: Trx,
  factId: string,
  patientId: string,
  { now, by }: { now: Date; by: RecordedBy },
): Promise<void> {
  const { rows: held } = await sql<Held>`
    select reading.id, kind, context, measured_at as "measuredAt", received_at as "receivedAt", systolic, diastolic, value, given
    from reading join reading_batch on reading_batch.id = batch_id where held_by = ${factId} and status = 'held'`.execute(trx);
  const person = await trx
    .selectFrom('patient')
    .select(['birth_date as birthDate', 'deceased_at as deceasedAt'])
    .where('id', '=', patientId)
    .executeTakeFirstOrThrow();
  const judged = held.map(({ receivedAt, ...row }) => ({
    id: row.id,
    reason:
      quarantineOf(
        {
          ...numbersOf(row),
          kind: row.kind,
          context: row.context,
          measuredAt: row.measuredAt.getTime(),
          receivedAt: receivedAt.getTime(),
          comparators: comparatorsOf(row.given),
        },
        { ...person, deceasedAt: person.deceasedAt?.getTime() ?? null },
        readingProtocol,
      ) ?? null,
  }));
  const { rows } = await sql<{ id: string; status: string }>`
    with judged as (
      select judged.id, judged.reason, exists (
          select from reading as other
          where other.patient_id = ${patientId} and other.measured_at = held.measured_at and other.kind = held.kind
            and (other.systolic, other.diastolic, other.value) is not distinct from (held.systolic, held.diastolic, held.value)
        ) or row_number() over (partition by measured_at, kind, systolic, diastolic, value order by held.id) > 1 as has_it
      from jsonb_to_recordset(${JSON.stringify(judged)}) as judged(id uuid, reason jsonb) join reading as held using (id)
    )
    update reading set
      status = case when has_it then 'dismissed' when judged.reason is null then 'recorded' else 'quarantined' end,
      patient_id = case when has_it then null else ${patientId} end,
      reason = case when has_it then '{"code": "same-reading"}' else judged.reason end
    from judged where judged.id = reading.id
    returning reading.id, reading.status`.execute(trx);
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  const readings = held.flatMap((row) =>
    statuses.get(row.id) === 'recorded' ? [{ id: row.id, patientId, kind: row.kind, measuredAt: row.measuredAt, ...numbersOf(row) }] : [],
  );
  const reasons = new Map(judged.map(({ id, reason }) => [id, reason]));
  const crises = held
    .filter(({ id }) => statuses.get(id) !== 'dismissed')
    .flatMap((row) => toValueToConfirm(row, { patientId, quarantine: reasons.get(row.id) ?? null }) ?? []);
  await raiseEpisodes(trx, { readings, crises, receivedAt: now }, readingProtocol, by);
}

/** The crisis that the reading was as it came: it has waited for the review since, and nobody has looked at it. */
function toValueToConfirm(
  { id: readingId, kind, context, measuredAt, receivedAt, given, ...numbers }: Held,
  { patientId, quarantine }: { patientId: string; quarantine: Quarantine | null },
): ValueToConfirm | undefined {
  const judged = {
    ...numbersOf(numbers),
    kind,
    context,
    quarantine,
    measuredAt: measuredAt.getTime(),
    receivedAt: receivedAt.getTime(),
    comparators: comparatorsOf(given),
  };
  const crisis = findCrisisToConfirm(judged, readingProtocol);
  return crisis && { readingId, patientId, measuredAt, crisis };
}

/** Called when the review finds that the readings belong to no patient of the alliance. */
export async function dismissHeldReadings(trx: Trx, factId: string): Promise<void> {
  await sql`update reading set status = 'dismissed', reason = '{"code": "dismissed"}' where held_by = ${factId} and status = 'held'`.execute(
    trx,
  );
}
