/** Referrals as the API reads them. */
import { type RawBuilder, sql } from 'kysely';
import type { AllianceConfiguration, Direction } from '../../domain/alliance/configuration.ts';
import type { ReferralSummary } from '../../domain/follow-up/referral-summary.ts';
import { withNewFields } from '../../domain/kit/pathway.ts';
import { referral } from '../../domain/referral/decider.ts';
import type { ReferralPolicy, ReferralState } from '../../domain/referral/state.ts';
import { startOfMonth } from '../../domain/time/shanghai.ts';
import { parseConfiguration } from '../directory/configuration-document.ts';
import type { MeantByQuery, NamedPatient } from '../directory/named-patients.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf } from '../kit/documents.ts';
import { isOverdue } from '../kit/pathways.ts';
import type { Tables } from '../tables.ts';
import { type NamesById, namesInStates } from './names.ts';
import type { ReferralTable } from './tables.ts';

export interface OpenTask {
  id: string;
  name: string;
  ownerId: string | null;
}

export interface ReferralRecord {
  id: string;
  version: number;
  state: ReferralState;
  clockOffsetMs: number;
  statusReason: string | null;
  reason: string;
  /** In words. */
  summary: string | null;
  /** The rest of the summary of a referral that a visit has started; null for one that somebody wrote. */
  summaryData: Omit<ReferralSummary, 'text'> | null;
  consent: unknown;
  managementPlan: unknown;
  informationQuestion: string | null;
  openTasks: OpenTask[];
  patient: NamedPatient | null;
  /** Of the institutions, departments and persons of its parties. */
  names: NamesById;
}

/** The columns of a record from the tables referral and pathway, all but its tasks. */
const recordColumns = sql`referral.id, pathway.version, pathway.state, pathway.clock_offset_ms::float8 as "clockOffsetMs", referral.status_reason as "statusReason",
  referral.reason, referral.summary, referral.summary_data as "summaryData", referral.consent, referral.management_plan as "managementPlan", referral.information_question as "informationQuestion"`;

const tasksAsJson = sql`coalesce(json_agg(json_build_object('id', task.id, 'name', task.name, 'ownerId', task.owner_id)), '[]')`;

/** Whom a referral is about. */
const patientAsJson = sql`(select jsonb_build_object('id', patient.id, 'name', patient.name, 'birthDate', patient.birth_date)
  from patient where patient.id = referral.patient_id)`;

const withStateOfToday = async (db: Database, row: ReferralRecord): Promise<ReferralRecord> => ({
  ...row,
  state: withNewFields(referral, await longFormOf(db, row.state)),
});

export async function findReferral(db: Database, id: string): Promise<ReferralRecord | undefined> {
  const { rows } = await sql<ReferralRecord>`
    select ${recordColumns}, (select ${tasksAsJson} from task where task.pathway_id = referral.id and task.status = 'open') as "openTasks",
      ${patientAsJson} as patient, ${namesInStates(sql`select pathway.state`)} as names
    from referral join pathway on pathway.id = referral.id where referral.id = ${id}`.execute(db);
  return rows[0] && withStateOfToday(db, rows[0]);
}

export interface ReferralFilter {
  /** Only referrals that this institution is or was a party of. Drafts are shown only to the institution that wrote them. */
  visibleTo?: string | undefined;
  /** Every referral that was sent, and the drafts of this institution. */
  sentOr?: string | undefined;
  /** Any of these; `in-progress` stands for all its business states. */
  status?: readonly string[] | undefined;
  /** The department that the referral is at. */
  departmentId?: string | undefined;
  /** The month of its creation in Shanghai, YYYY-MM. */
  month?: string | undefined;
  meant?: MeantByQuery | undefined;
  direction?: ReferralTable['direction'] | undefined;
  urgency?: ReferralTable['urgency'] | undefined;
  institutionId?: string | undefined;
  patientId?: string | undefined;
  overdue?: boolean | undefined;
}

const isParty = (institutionId: string) => sql<boolean>`(referral.initiator_institution_id = ${institutionId} or exists (
  select from referral_leg where referral_leg.referral_id = referral.id and referral_leg.institution_id = ${institutionId}))`;

/** A referral that had ended before a merger keeps the record that it was about, so all records of the resident are asked for. */
const isOfResident = (patientId: string) => sql<boolean>`referral.patient_id in (select id from records_of_resident(${patientId}))`;

/** Newest first; ids grow with time. One more than `limit` when there are more. */
export async function listReferrals(
  db: Database,
  filter: ReferralFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<ReferralRecord[]> {
  return loadReferrals(db, selectPage(filter, { limit: limit + 1, before }));
}

/** How many there are. */
export async function countReferrals(db: Database, filter: ReferralFilter): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`select count(*)::int as count from referral where ${all(conditionsOf(filter, undefined))}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The referrals of these ids that there are, newest first. */
export const findReferrals = (db: Database, ids: readonly string[]): Promise<ReferralRecord[]> =>
  loadReferrals(db, sql`select id from unnest(${[...ids]}::uuid[]) as id`);

async function loadReferrals(db: Database, page: RawBuilder<unknown>): Promise<ReferralRecord[]> {
  // Neighbours in time stand close together in the indexes, so each table is asked once for the whole page.
  const inPage = sql`any(array(select id from page))`;
  const { rows } = await sql<ReferralRecord>`
    with page as materialized (${page}),
      referral as materialized (select * from referral where id = ${inPage}),
      pathway as materialized (select id, version, state, clock_offset_ms from pathway where id = ${inPage}),
      open_task as materialized (select pathway_id, ${tasksAsJson} as tasks from task where pathway_id = ${inPage} and status = 'open' group by pathway_id)
    select ${recordColumns}, coalesce(open_task.tasks, '[]') as "openTasks", ${patientAsJson} as patient, named.names
    from referral join pathway on pathway.id = referral.id left join open_task on open_task.pathway_id = referral.id
      cross join (select ${namesInStates(sql`select state from pathway`)} as names) as named
    order by referral.id desc`.execute(db);
  return Promise.all(rows.map((row) => withStateOfToday(db, row)));
}

/** The ids of a page. A resident has few referrals, a department has an index of its own, a party many: what a party sent and what came to it stand in two indexes in this order. */
function selectPage(filter: ReferralFilter, { limit, before }: { limit: number; before: string | undefined }): RawBuilder<unknown> {
  const party = filter.patientId || filter.departmentId || filter.meant ? undefined : (filter.visibleTo ?? filter.institutionId);
  const conditions = conditionsOf(filter, party);
  const pathway = filter.overdue === undefined ? sql`` : sql`join pathway on pathway.id = referral.id`;
  const select = (from: RawBuilder<unknown>, id: RawBuilder<unknown>, more: RawBuilder<unknown>[]) => sql`
    (select distinct ${id} as id from ${from} where ${all([...more, ...(before ? [sql`${id} < ${before}`] : [])])} order by id desc limit ${limit})`;
  const among = (more: RawBuilder<unknown>[]) => select(sql`referral ${pathway}`, sql`referral.id`, [...more, ...conditions]);
  if (party === undefined) return among([]);
  const leg =
    conditions.length === 0 ? sql`referral_leg` : sql`referral_leg join referral on referral.id = referral_leg.referral_id ${pathway}`;
  return sql`
    ${among([sql`referral.initiator_institution_id = ${party}`])}
    union ${select(leg, sql`referral_leg.referral_id`, [sql`referral_leg.institution_id = ${party}`, ...conditions])}
    order by id desc limit ${limit}`;
}

const all = (conditions: RawBuilder<unknown>[]) => (conditions.length === 0 ? sql`true` : sql.join(conditions, sql` and `));

/** What a referral of the page fulfils, beside being one of `party`. */
function conditionsOf(
  { visibleTo, sentOr, status, departmentId, month, meant, direction, urgency, institutionId, patientId, overdue }: ReferralFilter,
  party: string | undefined,
): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  for (const institution of [visibleTo, institutionId]) if (institution && institution !== party) conditions.push(isParty(institution));
  if (sentOr) conditions.push(sql`(referral.status <> 'draft' or referral.initiator_institution_id = ${sentOr})`);
  if (status) conditions.push(isOfStatus(status));
  if (departmentId) conditions.push(sql`referral.department_id = ${departmentId}`);
  if (month)
    conditions.push(
      sql`referral.id >= ${firstIdOf(startOfMonth(month))}::uuid and referral.id < ${firstIdOf(startOfMonth(month, 1))}::uuid`,
    );
  if (meant)
    conditions.push(
      sql`(referral.patient_id = any(${[...meant.patientIds]}::text[]) or referral.id = any(${[...meant.pathwayIds]}::uuid[]))`,
    );
  if (direction) conditions.push(sql`referral.direction = ${direction}`);
  if (urgency) conditions.push(sql`referral.urgency = ${urgency}`);
  if (patientId) conditions.push(isOfResident(patientId));
  if (overdue !== undefined) conditions.push(sql`${isOverdue} = ${overdue}`);
  return conditions;
}

/** Each status by itself is looked up in the index of statuses. */
function isOfStatus(statuses: readonly string[]): RawBuilder<unknown> {
  const others = statuses.filter((status) => status !== 'in-progress');
  const isOther = sql`referral.status = any(${others}::text[])`;
  if (others.length === statuses.length) return isOther;
  return others.length === 0 ? sql`referral.status like 'in-progress/%'` : sql`(referral.status like 'in-progress/%' or ${isOther})`;
}

/** The smallest id that a referral of this instant can have: an id of version 7 begins with its milliseconds. */
const firstIdOf = (at: Date): string => {
  const digits = at.getTime().toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-0000-0000-000000000000`;
};

/** What a new referral has to know of the alliance; null where there is no such thing. */
export interface ReferralGround {
  /** The version of the patient's record, which changes with every fact that changes the record. */
  patientVersion: number | null;
  patientHomeInstitutionId: string | null;
  patientHasDied: boolean;
  /** The record that survives, where the one asked for has been merged into another. */
  patientMergedIntoId: string | null;
  toInstitutionKind: Tables['institution']['kind'] | null;
  toDepartmentCode: string | null;
  initiatorKind: Tables['institution']['kind'] | null;
  initiatorDepartmentId: string | null;
  configurationVersion: number;
  configuration: AllianceConfiguration;
  /** Departments of the institutions that may be asked next, with the same code as the department asked first. */
  rerouteDepartments: { institutionId: string; departmentId: string }[];
}

/** The agreement as a new referral keeps it. */
export function referralPolicy(
  { configuration, configurationVersion, rerouteDepartments }: ReferralGround,
  direction: Direction,
): ReferralPolicy {
  const { rerouteInstitutionIds, ...rules } = configuration.referral;
  const reroute = rerouteInstitutionIds[direction].map((institutionId) => ({
    institutionId,
    departmentId: rerouteDepartments.find((department) => department.institutionId === institutionId)?.departmentId ?? null,
  }));
  return { ...rules, version: configurationVersion, reroute };
}

export interface GroundQuestion {
  patientId: string;
  toInstitutionId: string;
  toDepartmentId: string | undefined;
  personId: string;
  institutionId: string;
  direction: 'up' | 'down';
}

/** One statement: a new referral costs the API few round trips. */
export async function loadReferralInput(db: Database, question: GroundQuestion): Promise<ReferralGround> {
  const { patientId, toInstitutionId, toDepartmentId = null, personId, institutionId, direction } = question;
  const { rows } = await sql<ReferralGround>`
    with newest as (select version, configuration from alliance_configuration order by version desc limit 1),
      asked as (select code from department where id = ${toDepartmentId} and institution_id = ${toInstitutionId})
    select
      (select version from patient where id = ${patientId}) as "patientVersion",
      (select home_institution_id from patient where id = ${patientId}) as "patientHomeInstitutionId",
      exists (select from patient where id = ${patientId} and deceased_at is not null) as "patientHasDied",
      (select merged_into_id from patient where id = ${patientId}) as "patientMergedIntoId",
      (select kind from institution where id = ${toInstitutionId}) as "toInstitutionKind",
      (select code from asked) as "toDepartmentCode",
      (select kind from institution where id = ${institutionId}) as "initiatorKind",
      (select department_id from post where person_id = ${personId} and institution_id = ${institutionId} and department_id is not null limit 1)
        as "initiatorDepartmentId",
      newest.version as "configurationVersion",
      newest.configuration,
      (select coalesce(json_agg(json_build_object('institutionId', department.institution_id, 'departmentId', department.id)), '[]')
        from department join asked on asked.code = department.code
        where department.institution_id in (
          select jsonb_array_elements_text(newest.configuration -> 'referral' -> 'rerouteInstitutionIds' -> ${direction}::text))) as "rerouteDepartments"
    from newest`.execute(db);
  const row = rows[0];
  if (!row) throw new Error('No alliance configuration has been recorded.');
  return { ...row, configuration: parseConfiguration(row.configuration) };
}
