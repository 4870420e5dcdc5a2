/** What a visit or a call has to know of a resident beside the follow-up itself, in one statement and bounded however long the history is. */
import { sql } from 'kysely';
import { type Measured, type ReadingContext, type ReadingKind, readingKinds } from '../../domain/readings/reading.ts';
import type { Database } from '../kit/database.ts';

export interface SheetRows {
  readings: {
    kind: ReadingKind;
    systolic: number | null;
    diastolic: number | null;
    value: number | null;
    measuredAt: string;
    from: ReadingContext;
    given: Measured | null;
  }[];
  referrals: { id: string; status: string; urgency: string; toInstitutionId: string; dueAt: string | null }[];
  tasks: {
    id: string;
    kind: string;
    pathwayId: string;
    role: string;
    urgency: string;
    emergency: boolean;
    dueAt: string | null;
    about: Record<string, unknown> | null;
    ownerId: string | null;
  }[];
  isDead: boolean;
}

/** As many open referrals and tasks as a screen can show; nobody has more. */
const MOST_ROWS = 50;

/**
 * The latest reading of each kind, the open referrals that the institution may see, and its open tasks about the resident. `patientId` is any record of
 * the resident.
 */
export async function loadSheetRows(db: Database, patientId: string, institutionId: string): Promise<SheetRows> {
  const { rows } = await sql<SheetRows>`
    with record as materialized (select id from records_of_resident(${patientId}))
    select
      (select coalesce(json_agg(latest), '[]') from unnest(${[...readingKinds]}::text[]) as of (kind) cross join lateral (
        select reading.kind, systolic::float8, diastolic::float8, value::float8, measured_at as "measuredAt", context as "from", given
        from record join reading on patient_id = record.id
        where reading.kind = of.kind and status = 'recorded' order by measured_at desc, reading.id desc limit 1
      ) as latest) as readings,
      (select coalesce(json_agg(open order by open.id desc), '[]') from (
        select referral.id, status, urgency, institution_id as "toInstitutionId", due_at as "dueAt" from referral
        where patient_id in (select id from record) and closed_at is null
          and (status <> 'draft' or initiator_institution_id = ${institutionId})
          and (${institutionId} in (initiator_institution_id, institution_id))
        order by referral.id desc limit ${MOST_ROWS}
      ) as open) as referrals,
      (select coalesce(json_agg(open order by open.emergency desc, open."dueAt", open.id), '[]') from (
        select task.id, name as kind, pathway_id as "pathwayId", role, urgency, emergency, due_at as "dueAt", about, owner_id as "ownerId"
        from task where patient_id in (select id from record) and status = 'open' and institution_id = ${institutionId} and held_since is null
        order by emergency desc, due_at, task.id limit ${MOST_ROWS}
      ) as open) as tasks,
      (select deceased_at is not null from patient join surviving_record(${patientId}) as survivor on survivor.id = patient.id) as "isDead"`.execute(
    db,
  );
  return rows[0] as SheetRows;
}
