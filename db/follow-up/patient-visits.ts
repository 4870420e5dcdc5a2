/** Visits of a person over all of their enrolments. A person has one visit at an instant, whoever fills in the form. */
import { sql } from 'kysely';
import { defaultFollowUpConfiguration } from '../../domain/alliance/configuration.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Database } from '../kit/database.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';
import type { Trx } from '../kit/transaction.ts';

/** What tells one visit of a person from another. */
export interface VisitMade {
  patientId: string;
  visitedAt: Date;
  mode: 'clinic' | 'home' | 'phone';
  /** The caller knows of another visit of that day in the same mode. */
  allowSecondSameDay: boolean;
  /** A form of one enrolment joins a visit that has no part for it yet; undefined for a visit over all enrolments. */
  joinsFor?: string | undefined;
}

/** Two forms of one mode that are so near to each other on one day are taken for the same visit, by the newest agreement of the alliance. */
const sameVisitWithin = sql`coalesce((
  select (configuration #>> '{followUp,sameVisitWithinSeconds}')::int from alliance_configuration order by version desc limit 1
), ${defaultFollowUpConfiguration.sameVisitWithinSeconds}::int) * interval '1 second'`;

/** Selects the visit that was made already and stands for this one, if there is any: that of the same instant before one that is near to it. */
const selectSameVisit = ({ patientId, visitedAt, mode, allowSecondSameDay }: VisitMade) => {
  const localDate = (instant: ReturnType<typeof sql>) => sql`${toShanghaiClock(instant)}::date`;
  return sql`
    select id from patient_visit
    where patient_id in (select id from records_of_resident(${patientId})) and entered_in_error is null
      and visited_at between ${visitedAt}::timestamptz - ${sameVisitWithin}
        and ${visitedAt}::timestamptz + ${sameVisitWithin}
      and (visited_at = ${visitedAt}::timestamptz or not ${allowSecondSameDay}::boolean and mode = ${mode}
        and ${localDate(sql`visited_at`)} = ${localDate(sql`${visitedAt}::timestamptz`)})
    order by visited_at = ${visitedAt}::timestamptz desc, visited_at desc limit 1`;
};

/** Returns the id of the visit that is there already; undefined when this one is a visit of its own, or a further part of that one. */
export async function findVisitMade(db: Database, visit: VisitMade): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    with same as (${selectSameVisit(visit)})
    select id from same
    where ${visit.joinsFor ?? null}::uuid is null
      or exists (select from follow_up_visit where (visit_id = same.id or follow_up_visit.id = same.id) and enrolment_id = ${visit.joinsFor ?? null}::uuid)`.execute(
    db,
  );
  return rows[0]?.id;
}

/** The same, for a visit that is about to be written: until the transaction ends nobody else writes one of the person. */
export async function findVisitMadeLocked(trx: Trx, visit: VisitMade): Promise<string | undefined> {
  const lock = sql`select from patient join surviving_record(${visit.patientId}) as survivor on survivor.id = patient.id for no key update of patient`;
  const [, found] = await Promise.all([lock.execute(trx), findVisitMade(trx, visit)]);
  return found;
}

export interface NewPatientVisit extends VisitMade {
  id: string;
  institutionId: string;
  recordedBy: Actor;
  /** The form of somebody in no follow-up; null when each part has it. */
  form: unknown;
}

/** Writes the visit, unless a part joins one that is there. Resolves with the id of the visit. */
export async function saveVisitOfPerson(trx: Trx, visit: NewPatientVisit): Promise<string> {
  const { id, patientId, institutionId, visitedAt, mode, recordedBy, form, joinsFor } = visit;
  const { rows } = await sql<{ id: string }>`
    with same as (${selectSameVisit(visit)}), joined as (select id from same where ${joinsFor !== undefined}::boolean), written as (
      insert into patient_visit (id, patient_id, institution_id, visited_at, mode, recorded_by, form)
      select ${id}::uuid, ${patientId}, ${institutionId}, ${visitedAt}::timestamptz, ${mode}, ${JSON.stringify(recordedBy)}::jsonb,
        ${form === null ? null : JSON.stringify(form)}::jsonb
      where not exists (select from joined)
      returning id
    )
    select id from joined union all select id from written`.execute(trx);
  return (rows[0] as { id: string }).id;
}
