/** Institutions and departments as the system administrator writes them. */
import { sql } from 'kysely';
import type { Institution } from '../directory/directory.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export interface NewDepartment {
  id: string;
  institutionId: string;
  code: string;
  nameZh: string;
  nameEn: string;
  isReferralDesk: boolean;
}

const institutionColumns = ({ nameZh, nameEn, tier, kind, addressZh, addressEn, telephone }: Omit<Institution, 'id'>) => ({
  name_zh: nameZh,
  name_en: nameEn,
  tier,
  kind,
  address_zh: addressZh,
  address_en: addressEn,
  telephone,
});

const departmentColumns = ({ institutionId, code, nameZh, nameEn, isReferralDesk }: Omit<NewDepartment, 'id'>) => ({
  institution_id: institutionId,
  code,
  name_zh: nameZh,
  name_en: nameEn,
  is_referral_desk: isReferralDesk,
});

/** The department with which an institution begins: it takes the referrals that name none. One of sterile supply gets no referrals. */
function firstDepartmentOf({ id, kind }: Pick<Institution, 'id' | 'kind'>): NewDepartment | undefined {
  const desk = (code: string, nameZh: string, nameEn: string): NewDepartment => ({
    id: `${id}-${code}`,
    institutionId: id,
    code,
    nameZh,
    nameEn,
    isReferralDesk: true,
  });
  switch (kind) {
    case 'hospital':
      return desk('referral-desk', '转诊办公室', 'Referral desk');
    case 'community-health-centre':
      return desk('general-practice', '全科', 'General practice');
    case 'sterile-supply-department':
      return undefined;
  }
}

/** @returns false when there is one with this id already */
export async function createInstitution(trx: Trx, institution: Institution): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('institution')
    .values({ id: institution.id, ...institutionColumns(institution) })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  if (!numInsertedOrUpdatedRows) return false;
  const department = firstDepartmentOf(institution);
  if (department) await createDepartment(trx, department);
  return true;
}

/** @returns false when its id, its code at this institution or the place of the referral desk there is taken */
export async function createDepartment(trx: Trx, department: NewDepartment): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await trx
    .insertInto('department')
    .values({ id: department.id, ...departmentColumns(department) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Boolean(numInsertedOrUpdatedRows);
}

export async function changeInstitution(trx: Trx, institution: Institution): Promise<void> {
  await trx.updateTable('institution').set(institutionColumns(institution)).where('id', '=', institution.id).execute();
}

export async function changeDepartment(trx: Trx, department: NewDepartment): Promise<void> {
  await trx.updateTable('department').set(departmentColumns(department)).where('id', '=', department.id).execute();
}

/** The referrals that name no department go to another one from now on. */
export async function endReferralDesk(trx: Trx, institutionId: string): Promise<void> {
  await trx
    .updateTable('department')
    .set({ is_referral_desk: false })
    .where('institution_id', '=', institutionId)
    .where('is_referral_desk', '=', true)
    .where('closed_at', 'is', null)
    .execute();
}

export interface StandingDepartment extends NewDepartment {
  closedAt: Date | null;
}

const standingDepartment = [
  'id',
  'institution_id as institutionId',
  'code',
  'name_zh as nameZh',
  'name_en as nameEn',
  'is_referral_desk as isReferralDesk',
  'closed_at as closedAt',
] as const;

export async function findDepartment(db: Database, id: string): Promise<StandingDepartment | undefined> {
  return db.selectFrom('department').select(standingDepartment).where('id', '=', id).executeTakeFirst();
}

/** Those of the institutions that take somebody new. */
export async function listOpenInstitutions(db: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('institution')
    .select('id')
    .where('id', 'in', [...ids])
    .where('closed_at', 'is', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

/** Those of the departments that take somebody new, with their institution. */
export async function listOpenDepartments(db: Database, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('department')
    .select(['id', 'institution_id as institutionId'])
    .where('id', 'in', [...ids])
    .where('closed_at', 'is', null)
    .execute();
  return new Map(rows.map(({ id, institutionId }) => [id, institutionId]));
}

/** Those of the ids that there are, closed ones too. */
export async function listStandingInstitutions(db: Database, ids: readonly string[]): Promise<(Institution & { closedAt: Date | null })[]> {
  return db
    .selectFrom('institution')
    .select([
      'id',
      'name_zh as nameZh',
      'name_en as nameEn',
      'tier',
      'kind',
      'address_zh as addressZh',
      'address_en as addressEn',
      'telephone',
      'closed_at as closedAt',
    ])
    .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
    .execute();
}

/** Those of the ids, and all of the institutions; closed ones too. */
export async function listStandingDepartments(
  db: Database,
  { ids, institutionIds }: { ids: readonly string[]; institutionIds: readonly string[] },
): Promise<StandingDepartment[]> {
  return db
    .selectFrom('department')
    .select(standingDepartment)
    .where(({ or, eb }) =>
      or([
        eb('id', '=', sql<string>`any(${[...ids]}::text[])`),
        eb('institution_id', '=', sql<string>`any(${[...institutionIds]}::text[])`),
      ]),
    )
    .execute();
}
