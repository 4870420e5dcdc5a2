/**
 * Raises crisis readings in the transaction that stores their values: a value joins the crisis reading of its person that is open, or opens one, whose
 * pathway the relay begins. Neither exists without the reading.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { CrisisValue, KeptPlan, RaiseCrisisReading } from '../../domain/crisis-reading/events.ts';
import type { CrisisToConfirm } from '../../domain/readings/crisis.ts';
import { isCrisisRule, type ReadingProtocol } from '../../domain/readings/reading-protocol.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { publishFactsToEachPathway, storeCreatingCommands } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';

/** A crisis value with the reading that has it and whom it is about: the record that is kept up. */
export interface ValueToConfirm {
  readingId: string;
  patientId: string;
  measuredAt: Date;
  crisis: CrisisToConfirm;
}

/** The crisis reading that a value is confirmed in. */
export interface RaisedValue {
  readingId: string;
  crisisReadingId: string;
}

interface Placed {
  n: number;
  crisisReadingId: string;
  isNew: boolean;
  patientId: string;
  homeInstitutionId: string;
}

/**
 * One statement, and one more at the end of the transaction. Whoever calls this holds the lock of each person. A value that has been raised before, and one
 * of somebody who has died, raises nothing.
 */
export async function raiseCrisisReadings(
  trx: Trx,
  values: readonly ValueToConfirm[],
  { receivedAt, protocol, by }: { receivedAt: Date; protocol: ReadingProtocol; by: RecordedBy },
): Promise<RaisedValue[]> {
  if (values.length === 0) return [];
  const details = values.map(toCrisisValue);
  const placed = await placeValues(trx, values, { details, receivedAt, protocol });
  const raised = placed.map((place) => ({ ...place, value: details[place.n] as CrisisValue }));
  const plan = keptPlanOf(protocol);
  const opened = Map.groupBy(
    raised.filter(({ isNew }) => isNew),
    ({ crisisReadingId }) => crisisReadingId,
  );
  await Promise.all([
    storeCreatingCommands(
      trx,
      [...opened].map(([pathwayId, ofOne]) => {
        const { patientId, homeInstitutionId: centreId } = ofOne[0] as Placed;
        const input: RaiseCrisisReading = {
          patientId,
          centreId,
          raisedAt: receivedAt.getTime(),
          values: ofOne.map(({ value }) => value),
          plan,
        };
        return { kind: 'crisis-reading', pathwayId, name: 'raise', actor: by.actor, input, requestId: by.requestId };
      }),
    ),
    publishCrisisValues(
      trx,
      raised.filter(({ isNew }) => !isNew),
      receivedAt,
    ),
  ]);
  return raised.map(({ crisisReadingId, value: { readingId } }) => ({ readingId, crisisReadingId }));
}

/** Tells each pathway of further values. */
export const publishCrisisValues = (
  trx: Trx,
  joining: readonly { crisisReadingId: string; homeInstitutionId: string; value: CrisisValue }[],
  occurredAt: Date,
): Promise<void> =>
  joining.length === 0
    ? Promise.resolve()
    : publishFactsToEachPathway(
        trx,
        joining.map(({ crisisReadingId: pathwayId, homeInstitutionId: institutionId, value }) => ({
          type: 'crisis-value',
          pathwayId,
          messageId: `crisis-value:${pathwayId}:${value.readingId}:${nameOf(value)}`,
          institutionId,
          occurredAt,
          input: { value },
        })),
      );

/** Tells a reading's values apart where one message has brought several, without the value: an id is read in logs. */
const nameOf = ({ value }: CrisisValue): string => createHash('sha256').update(String(value)).digest('hex').slice(0, 12);

const toCrisisValue = ({ readingId, measuredAt, crisis }: ValueToConfirm): CrisisValue => {
  const { rule, kind, value, unit, threshold, severity, effectiveAt, quarantine } = crisis;
  return { readingId, rule, kind, value, unit, threshold, severity, effectiveAt, quarantine, measuredAt: measuredAt.toISOString() };
};

export function keptPlanOf({ id, version, confirmation: { dueWithinSeconds, calls, repeatSeconds } }: ReadingProtocol): KeptPlan {
  return { protocol: `${id}/${version}`, dueWithinSeconds, calls, repeatSeconds };
}

async function placeValues(
  trx: Trx,
  values: readonly ValueToConfirm[],
  { details, receivedAt, protocol: { episodes } }: { details: readonly CrisisValue[]; receivedAt: Date; protocol: ReadingProtocol },
): Promise<Placed[]> {
  const given = values.map(({ readingId, patientId, crisis }, n) => ({
    n,
    id: uuid(),
    reading_id: readingId,
    person_id: patientId,
    rule: crisis.rule,
    value: String(crisis.value),
    detail: details[n],
  }));
  // One id for each person, in case a crisis reading has to be opened. Ids grow with time.
  const candidates = [...new Set(values.map(({ patientId }) => patientId))].map((person_id) => ({ person_id, id: uuid() }));
  const crisisRules = episodes.filter(isCrisisRule).map(({ id }) => id);
  const { rows } = await sql<Placed>`
    with recursive given as materialized (
      select distinct on (given.reading_id, given.value) given.* from jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
        as given(n int, id uuid, reading_id uuid, person_id text, rule text, value text, detail jsonb)
      where not exists (select from crisis_value as known where known.reading_id = given.reading_id and known.value = given.value)
    ), record as (
      select distinct person_id, person_id as id from given
      union all
      select person_id, patient.id from record join patient on patient.merged_into_id = record.id
    ), person as materialized (
      select person_id, home_institution_id, array_agg(record.id) as record_ids
      from record join patient on patient.id = person_id and patient.deceased_at is null
      group by person_id, home_institution_id
    ), open as materialized ( -- one that is being confirmed at this moment is waited for, and is then open no more
      select person_id, crisis.id from person join crisis_reading as crisis on crisis.patient_id = any(record_ids) and crisis.status = 'open'
      for no key update of crisis
    ), opened as (
      insert into crisis_reading (id, patient_id, status, opened_at)
      select candidate.id, person_id, 'open', ${receivedAt}
      from jsonb_to_recordset(${JSON.stringify(candidates)}::jsonb) as candidate(person_id text, id uuid) join person using (person_id)
      where person_id not in (select person_id from open)
      returning id, patient_id
    ), place as (
      select person_id, min(id::text)::uuid as id, false as is_new from open group by person_id
      union all
      select patient_id, id, true from opened
    ), stored as (
      insert into crisis_value (id, crisis_reading_id, reading_id, rule, value, detail)
      select given.id, place.id, reading_id, rule, value, detail from given join place using (person_id)
      returning reading_id
    ), linked as (
      update reading_episode as episode set crisis_reading_id = place.id
      from place join person using (person_id)
      where episode.patient_id = any(record_ids) and closed_at is null and rule = any(${crisisRules}::text[])
        and episode.crisis_reading_id is distinct from place.id
    )
    select n, place.id as "crisisReadingId", is_new as "isNew", person_id as "patientId", home_institution_id as "homeInstitutionId"
    from given join place using (person_id) join person using (person_id) order by n`.execute(trx);
  return rows;
}
