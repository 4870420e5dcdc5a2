/** Enrolments in follow-up, as the commit writes them and as they are read. */
import { sql } from 'kysely';
import type { AllianceConfiguration } from '../../domain/alliance/configuration.ts';
import { isControlled } from '../../domain/follow-up/classify.ts';
import { followUp } from '../../domain/follow-up/decider.ts';
import { type Enrolment, type FollowUpState, visitsOf } from '../../domain/follow-up/state.ts';
import { withNewFields } from '../../domain/kit/pathway.ts';
import { parseConfiguration } from '../directory/configuration-document.ts';
import type { MeantByQuery } from '../directory/named-patients.ts';
import type { PatientTable } from '../directory/tables.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf } from '../kit/documents.ts';
import type { Trx } from '../kit/transaction.ts';
import type { EnrolmentTable } from './tables.ts';

export interface EnrolmentRecord {
  id: string;
  pathwayId: string;
  version: number;
  state: FollowUpState;
  clockOffsetMs: number;
  /** The items of the management plan that holds, as the hospital has written them; null without a plan. */
  planItems: readonly string[] | null;
}

/** The follow-up itself knows codes alone; the words stand in the referral. */
const planItems = sql<string[] | null>`(select management_plan -> 'items' from referral
  where referral.id = (pathway.state #>> '{managementPlan,referralId}')::uuid)`.as('planItems');

function selectRecords(db: Database) {
  return db
    .selectFrom('enrolment')
    .innerJoin('pathway', 'pathway.id', 'enrolment.pathway_id')
    .select([
      'enrolment.id',
      'pathway.id as pathwayId',
      'pathway.version',
      'pathway.state',
      'pathway.clock_offset_ms as clockOffsetMs',
      planItems,
    ]);
}

type Selected = Awaited<ReturnType<ReturnType<typeof selectRecords>['execute']>>[number];
const toRecord = async (db: Database, row: Selected): Promise<EnrolmentRecord> => ({
  ...row,
  state: withNewFields(followUp, (await longFormOf(db, row.state)) as FollowUpState),
  clockOffsetMs: Number(row.clockOffsetMs),
});

export async function findEnrolment(db: Database, id: string): Promise<EnrolmentRecord | undefined> {
  const row = await selectRecords(db).where('enrolment.id', '=', id).executeTakeFirst();
  return row && toRecord(db, row);
}

/**
 * The open follow-up of a resident, under the id of its first enrolment that has not ended; undefined for somebody in none. While two records are
 * being merged there may be two: then the one that began later.
 */
export async function findFollowUpOfResident(db: Database, patientId: string): Promise<EnrolmentRecord | undefined> {
  const row = await selectRecords(db)
    .where(sql<boolean>`enrolment.patient_id in (select id from records_of_resident(${patientId}))`)
    .where('enrolment.status', '<>', 'ended')
    .where('pathway.status', '=', 'open')
    .orderBy('enrolment.pathway_id', 'desc')
    .orderBy('enrolment.id')
    .limit(1)
    .executeTakeFirst();
  return row && toRecord(db, row);
}

/** The patients of these who are in a follow-up that has not ended. */
export async function findPatientsInFollowUp(db: Database, patientIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (patientIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('enrolment')
    .select('patient_id as patientId')
    .distinct()
    .where('patient_id', 'in', patientIds)
    .where('status', '<>', 'ended')
    .execute();
  return new Set(rows.map(({ patientId }) => patientId));
}

/** The patient of a follow-up as a letter names them, and how far the pathway's own clock was pushed forward. */
export async function findLetterPatient(
  db: Database,
  pathwayId: string,
): Promise<{ name: string; sex: PatientTable['sex']; clockOffsetMs: number } | undefined> {
  const row = await db
    .selectFrom('pathway')
    .innerJoin('patient', 'patient.id', 'pathway.patient_id')
    .select(['patient.name', 'patient.sex', 'pathway.clock_offset_ms as clockOffsetMs'])
    .where('pathway.id', '=', pathwayId)
    .where('pathway.kind', '=', 'follow-up')
    .executeTakeFirst();
  return row && { ...row, clockOffsetMs: Number(row.clockOffsetMs) };
}

export interface EnrolmentFilter {
  /** Only enrolments that this centre runs now; undefined for those of all. */
  institutionId?: string | undefined;
  patientId?: string | undefined;
  status?: EnrolmentTable['status'] | undefined;
  protocol?: string | undefined;
  /** Only enrolments whose next visit is due on this local date or before. */
  dueBy?: string | undefined;
  /** Only enrolments whose next visit is due before this local date. */
  dueBefore?: string | undefined;
  tier?: string | undefined;
  /** The day on which the next visit was due has passed, on the follow-up's own clock. */
  overdue?: boolean | undefined;
  /** Both of the last visit that was measured: an enrolment without one is neither. */
  offTarget?: boolean | undefined;
  controlled?: boolean | undefined;
  meant?: MeantByQuery | undefined;
}

/** Where an enrolment stands among those sorted by their due dates; those without one come last. */
export interface DuePlace {
  dueOn: string | null;
  id: string;
}

/** The enrolments of a page: newest first, since ids grow with time, or what is due first. */
export type EnrolmentPage = { limit: number } & (
  | { sort?: 'id'; before?: string | undefined }
  | { sort: 'dueOn'; after?: DuePlace | undefined }
);

/** A record of a list, with the day on which its next visit is due. */
export type ListedEnrolment = EnrolmentRecord & { nextDueOn: string | null };

const dueOrLast = sql<string>`coalesce(enrolment.next_due_on, 'infinity'::date)`;
const isOverdueEnrolment = sql<boolean>`coalesce(enrolment.status = 'active' and enrolment.next_due_on
  < ((now() + pathway.clock_offset_ms * interval '1 millisecond') at time zone 'Asia/Shanghai')::date, false)`;

/** One more than `limit` when there are more. */
export async function listEnrolments(
  db: Database,
  { institutionId, patientId, status, protocol, dueBy, dueBefore, tier, overdue, offTarget, controlled, meant }: EnrolmentFilter,
  page: EnrolmentPage,
): Promise<ListedEnrolment[]> {
  let query = selectRecords(db)
    .select('enrolment.next_due_on as nextDueOn')
    .limit(page.limit + 1);
  if (page.sort === 'dueOn') {
    query = query.orderBy(dueOrLast).orderBy('enrolment.id');
    if (page.after)
      query = query.where(sql<boolean>`(${dueOrLast}, enrolment.id) > (${page.after.dueOn ?? 'infinity'}::date, ${page.after.id}::uuid)`);
  } else {
    query = query.orderBy('enrolment.id', 'desc');
    if (page.before) query = query.where('enrolment.id', '<', page.before);
  }
  if (institutionId) query = query.where('enrolment.institution_id', '=', institutionId);
  if (patientId) query = query.where(sql<boolean>`enrolment.patient_id in (select id from records_of_resident(${patientId}))`);
  if (status) query = query.where('enrolment.status', '=', status);
  if (protocol) query = query.where('enrolment.protocol_id', '=', protocol);
  if (dueBy) query = query.where('enrolment.next_due_on', '<=', dueBy);
  if (dueBefore) query = query.where('enrolment.next_due_on', '<', dueBefore);
  if (tier) query = query.where('enrolment.tier', '=', tier);
  if (overdue !== undefined) query = query.where(isOverdueEnrolment, '=', overdue);
  if (offTarget !== undefined) query = query.where('enrolment.controlled', '=', !offTarget);
  if (controlled !== undefined) query = query.where('enrolment.controlled', '=', controlled);
  if (meant) {
    const { patientIds, pathwayIds } = meant;
    query = query.where(
      sql<boolean>`(enrolment.patient_id = any(${[...patientIds]}::text[]) or enrolment.pathway_id = any(${[...pathwayIds]}::uuid[]))`,
    );
  }
  const rows = await query.execute();
  return Promise.all(rows.map(async (row) => ({ ...(await toRecord(db, row)), nextDueOn: row.nextDueOn })));
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
  /** The open follow-up of the resident, with its present version. */
  open: { pathwayId: string; version: number } | null;
  configuration: AllianceConfiguration;
  configurationVersion: number;
}

export async function loadEnrolmentInput(db: Database, patientId: string): Promise<EnrolmentGround> {
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
  return { ...row, configuration: parseConfiguration(row.configuration) };
}

/** Writes the row of an enrolment as the follow-up's state has it now. */
export async function saveEnrolment(trx: Trx, pathwayId: string, state: FollowUpState, enrolment: Enrolment): Promise<void> {
  const [protocolId = '', version = ''] = enrolment.protocol.split('/');
  const shown = {
    pathway_id: pathwayId,
    patient_id: state.patientId,
    institution_id: state.centreId,
    protocol_id: protocolId,
    protocol_version: Number(version),
    package: enrolment.package,
    status: enrolment.status,
    pause_reason: enrolment.pause?.reason ?? null,
    end_reason: enrolment.endReason,
    ended_at: enrolment.endedAt === null ? null : new Date(enrolment.endedAt),
    next_opens_on: enrolment.next?.opensOn ?? null,
    next_due_on: enrolment.next?.dueOn ?? null,
    missed: enrolment.missed,
    last_class: enrolment.last?.classOverride ?? enrolment.last?.class ?? null,
    controlled: wasControlled(state, enrolment),
    tier: state.risk?.set ?? state.risk?.scored ?? null,
  };
  await trx
    .insertInto('enrolment')
    .values({ id: enrolment.id, started_on: enrolment.startedOn, ...shown })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(shown))
    .execute();
}

/** Says whether the person was controlled at the last visit that was measured; null when none was. */
function wasControlled(state: FollowUpState, enrolment: Enrolment): boolean | null {
  const protocol = state.protocols[enrolment.protocol];
  if (!protocol) return null;
  const byInstant = visitsOf(state, enrolment.id).sort((a, b) => b.visitedAt - a.visitedAt);
  return byInstant.map((visit) => isControlled(protocol, state.person, visit)).find((controlled) => controlled !== null) ?? null;
}

/** Two records have turned out to be one person, so the visits of the one enrolment count in the other from now on. */
export async function mergeEnrolment(trx: Trx, enrolmentId: string, intoEnrolmentId: string): Promise<void> {
  await trx.updateTable('enrolment').set({ merged_into_id: intoEnrolmentId }).where('id', '=', enrolmentId).execute();
}

/** The two are two persons after all: the visits of these enrolments count for themselves. */
export async function partEnrolments(trx: Trx, enrolmentIds: readonly string[]): Promise<void> {
  const ids = sql<string>`any(${[...enrolmentIds]}::uuid[])`;
  await trx.updateTable('enrolment').set({ merged_into_id: null }).where('id', '=', ids).where('merged_into_id', 'is not', null).execute();
}

/** Says whether the resident has an open follow-up beside this one. */
export async function hasOtherFollowUp(trx: Trx, pathwayId: string, recordIds: readonly string[]): Promise<boolean> {
  const other = await trx
    .selectFrom('pathway')
    .select('id')
    .where('kind', '=', 'follow-up')
    .where('patient_id', 'in', recordIds)
    .where('status', '=', 'open')
    .where('id', '<>', pathwayId)
    .limit(1)
    .executeTakeFirst();
  return other !== undefined;
}
