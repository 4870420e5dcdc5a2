/** Referrals as the API reads them. */
import { sql } from 'kysely';
import type { AllianceConfiguration, Direction } from '../../domain/alliance/configuration.ts';
import { withNewFields } from '../../domain/kit/pathway.ts';
import { referral } from '../../domain/referral/decider.ts';
import type { ReferralPolicy, ReferralState } from '../../domain/referral/state.ts';
import { parseConfiguration } from '../directory/configuration-document.ts';
import type { Database } from '../kit/database.ts';
import { isOverdue } from '../kit/pathways.ts';
import type { Tables } from '../tables.ts';
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
  summary: string | null;
  consent: unknown;
  managementPlan: unknown;
  informationQuestion: string | null;
  openTasks: OpenTask[];
}

function selectRecords(db: Database) {
  return db
    .selectFrom('referral')
    .innerJoin('pathway', 'pathway.id', 'referral.id')
    .select([
      'referral.id',
      'pathway.version',
      'pathway.state',
      'pathway.clock_offset_ms as clockOffsetMs',
      'referral.status_reason as statusReason',
      'referral.reason',
      'referral.summary',
      'referral.consent',
      'referral.management_plan as managementPlan',
      'referral.information_question as informationQuestion',
      sql<OpenTask[]>`(select coalesce(json_agg(json_build_object('id', task.id, 'name', task.name, 'ownerId', task.owner_id)), '[]')
        from task where task.pathway_id = referral.id and task.status = 'open')`.as('openTasks'),
    ]);
}

type Selected = Awaited<ReturnType<ReturnType<typeof selectRecords>['execute']>>[number];

const asRecord = (row: Selected): ReferralRecord => ({
  ...row,
  state: withNewFields(referral, row.state as ReferralState),
  clockOffsetMs: Number(row.clockOffsetMs),
});

export async function findReferral(db: Database, id: string): Promise<ReferralRecord | undefined> {
  const row = await selectRecords(db).where('referral.id', '=', id).executeTakeFirst();
  return row && asRecord(row);
}

export interface ReferralFilter {
  /** Only referrals that this institution is or was a party of. Drafts are shown only to the institution that wrote them. */
  visibleTo?: string | undefined;
  /** Every referral that was sent, and the drafts of this institution. */
  sentOr?: string | undefined;
  status?: string | undefined;
  direction?: ReferralTable['direction'] | undefined;
  urgency?: ReferralTable['urgency'] | undefined;
  institutionId?: string | undefined;
  patientId?: string | undefined;
  overdue?: boolean | undefined;
}

const party = (institutionId: string) => sql<boolean>`(referral.initiator_institution_id = ${institutionId} or exists (
  select from referral_leg where referral_leg.referral_id = referral.id and referral_leg.institution_id = ${institutionId}))`;

/**
 * The referrals of a party, newest first: what it sent and what came to it, each from an index in this order. A referral that came back to whoever sent it
 * is told once: `isToldOnce`.
 */
const ofParty = (institutionId: string, before: string | undefined) => sql<{ id: string; sent: boolean }>`(
  select id, true as sent from referral where initiator_institution_id = ${institutionId} and ${before === undefined ? sql`true` : sql`id < ${before}`}
  union all
  select referral_id, false from referral_leg where institution_id = ${institutionId} and ${before === undefined ? sql`true` : sql`referral_id < ${before}`}
)`;
const isToldOnce = (institutionId: string) => sql<boolean>`(party.sent or referral.initiator_institution_id <> ${institutionId})`;

/** A referral that had ended before a merger keeps the record that it was about, so all records of the resident are asked for. */
const isOfResident = (patientId: string) => sql<boolean>`referral.patient_id in (select id from records_of_resident(${patientId}))`;

/** Newest first; ids grow with time. */
export async function listReferrals(
  db: Database,
  filter: ReferralFilter,
  { limit, before }: { limit: number; before?: string | undefined },
): Promise<ReferralRecord[]> {
  const { visibleTo, sentOr, status, direction, urgency, institutionId, patientId, overdue } = filter;
  // A resident has few referrals, a party many: those of a party are read in their order, and no further than the page.
  const ordered = patientId ? undefined : (visibleTo ?? institutionId);
  let query = selectRecords(db)
    .orderBy('referral.id', 'desc')
    .limit(limit + 1);
  if (ordered)
    query = query.innerJoin(ofParty(ordered, before).as('party'), (join) =>
      join.onRef('party.id', '=', 'referral.id').on(isToldOnce(ordered)),
    );
  if (visibleTo && visibleTo !== ordered) query = query.where(party(visibleTo));
  if (sentOr)
    query = query.where((eb) => eb.or([eb('referral.status', '<>', 'draft'), eb('referral.initiator_institution_id', '=', sentOr)]));
  if (institutionId && institutionId !== ordered) query = query.where(party(institutionId));
  if (status)
    query =
      status.includes('/') || !status.startsWith('in-progress')
        ? query.where('referral.status', '=', status)
        : query.where('referral.status', 'like', 'in-progress/%');
  if (direction) query = query.where('referral.direction', '=', direction);
  if (urgency) query = query.where('referral.urgency', '=', urgency);
  if (patientId) query = query.where(isOfResident(patientId));
  if (overdue !== undefined) query = query.where(isOverdue, '=', overdue);
  if (before) query = query.where('referral.id', '<', before);
  return (await query.execute()).map(asRecord);
}

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
