/** Enrolments in follow-up as the API reads them. */
import { sql } from 'kysely';
import { followUp } from '../../domain/follow-up/decider.ts';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import { upToDate } from '../../domain/kit/pathway.ts';
import type { Database } from '../kit/database.ts';
import type { EnrolmentTable } from './tables.ts';

export interface EnrolmentRecord {
  id: string;
  pathwayId: string;
  version: number;
  state: FollowUpState;
  clockOffsetMs: number;
}

function records(db: Database) {
  return db
    .selectFrom('enrolment')
    .innerJoin('pathway', 'pathway.id', 'enrolment.pathway_id')
    .select(['enrolment.id', 'pathway.id as pathwayId', 'pathway.version', 'pathway.state', 'pathway.clock_offset_ms as clockOffsetMs']);
}

type Selected = Awaited<ReturnType<ReturnType<typeof records>['execute']>>[number];
const asRecord = (row: Selected): EnrolmentRecord => ({
  ...row,
  state: upToDate(followUp, row.state as FollowUpState),
  clockOffsetMs: Number(row.clockOffsetMs),
});

export async function findEnrolment(db: Database, id: string): Promise<EnrolmentRecord | undefined> {
  const row = await records(db).where('enrolment.id', '=', id).executeTakeFirst();
  return row && asRecord(row);
}

export interface EnrolmentFilter {
  /** the centre that runs it now; undefined: any */
  institutionId?: string | undefined;
  patientId?: string | undefined;
  status?: EnrolmentTable['status'] | undefined;
  protocol?: string | undefined;
  /** due on or before */
  dueBy?: string | undefined;
}

/** Newest first; ids grow with time. One more than `limit` when there are more. */
export async function listEnrolments(
  db: Database,
  { institutionId, patientId, status, protocol, dueBy }: EnrolmentFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<EnrolmentRecord[]> {
  let query = records(db)
    .orderBy('enrolment.id', 'desc')
    .limit(limit + 1);
  if (institutionId) query = query.where('enrolment.institution_id', '=', institutionId);
  if (patientId) query = query.where(sql<boolean>`enrolment.patient_id in (select id from records_of_resident(${patientId}))`);
  if (status) query = query.where('enrolment.status', '=', status);
  if (protocol) query = query.where('enrolment.protocol_id', '=', protocol);
  if (dueBy) query = query.where('enrolment.next_due_on', '<=', dueBy);
  if (before) query = query.where('enrolment.id', '<', before);
  return (await query.execute()).map(asRecord);
}

/** What enrolling a person has to know; null where there is no such thing. */
export interface EnrolmentGround {
  patient: {
    birthDate: string;
    sex: 'male' | 'female' | 'other' | 'unknown';
    homeInstitutionId: string;
    deceased: boolean;
    mergedIntoId: string | null;
  } | null;
  /** the open follow-up of the person, with the version it stands at */
  open: { pathwayId: string; version: number } | null;
  configuration: { followUp?: unknown };
  configurationVersion: number;
}

export async function enrolmentGround(db: Database, patientId: string): Promise<EnrolmentGround> {
  const { rows } = await sql<EnrolmentGround>`
    select
      (select json_build_object('birthDate', birth_date, 'sex', sex, 'homeInstitutionId', home_institution_id,
        'deceased', deceased_at is not null, 'mergedIntoId', merged_into_id) from patient where id = ${patientId}) as patient,
      (select json_build_object('pathwayId', id, 'version', version) from pathway
        where kind = 'follow-up' and status = 'open' and patient_id = ${patientId} order by id desc limit 1) as open,
      newest.configuration, newest.version as "configurationVersion"
    from (select version, configuration from alliance_configuration order by version desc limit 1) as newest`.execute(db);
  const row = rows[0];
  if (!row) throw new Error('No alliance configuration has been recorded.');
  return row;
}

export interface VisitRecord {
  id: string;
  visitedAt: Date;
  recordedAt: Date;
  recordedBy: { personId: string; institutionId: string; role: string };
  mode: 'clinic' | 'home' | 'phone';
  form: unknown;
  enteredLate: boolean;
  class: number | null;
  classOverride: number | null;
  overrideReason: string | null;
  evaluation: unknown;
  opensOn: string | null;
  dueOn: string | null;
  measured: boolean | null;
  indicators: unknown;
  referralId: string | null;
}

/** Newest visit first. One more than `limit` when there are more. */
export async function listVisits(
  db: Database,
  enrolmentId: string,
  { limit, before }: { limit: number; before?: [visitedAt: string, id: string] | undefined },
): Promise<VisitRecord[]> {
  let query = db
    .selectFrom('follow_up_visit')
    .select([
      'id',
      'visited_at as visitedAt',
      'recorded_at as recordedAt',
      'recorded_by as recordedBy',
      'mode',
      'form',
      'entered_late as enteredLate',
      'class',
      'class_override as classOverride',
      'override_reason as overrideReason',
      'evaluation',
      'opens_on as opensOn',
      'due_on as dueOn',
      'measured',
      'indicators',
      'referral_id as referralId',
    ])
    .where('enrolment_id', 'in', (eb) =>
      eb
        .selectFrom('enrolment')
        .select('enrolment.id')
        .where((of) => of.or([of('enrolment.id', '=', enrolmentId), of('merged_into_id', '=', enrolmentId)])),
    )
    .orderBy('visited_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (before) query = query.where(sql<boolean>`(visited_at, id) < (${before[0]}::timestamptz, ${before[1]}::uuid)`);
  return (await query.execute()) as VisitRecord[];
}
