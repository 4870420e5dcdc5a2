/** Finds the hospital of the alliance that an upward referral goes to when no hospital was chosen. */
import { sql } from 'kysely';
import type { Database } from '../kit/database.ts';

export interface HospitalDepartment {
  institutionId: string;
  /** The department; null for the hospital's referral desk. */
  departmentId: string | null;
}

/**
 * The first of the alliance's hospitals that has a department with this code; the first of all where none has it or no code is given. Throws
 * when the alliance configuration names no hospital.
 */
export async function findFirstHospital(db: Database, departmentCode: string | null): Promise<HospitalDepartment> {
  const { rows } = await sql<HospitalDepartment>`
    select hospital.id as "institutionId", department.id as "departmentId"
    from (select configuration from alliance_configuration order by version desc limit 1) as newest
      cross join jsonb_array_elements_text(newest.configuration -> 'referral' -> 'rerouteInstitutionIds' -> 'up') with ordinality as hospital(id, place)
      left join department on department.institution_id = hospital.id and department.code = ${departmentCode}
    order by department.id is null, hospital.place limit 1`.execute(db);
  const [first] = rows;
  if (!first) throw new Error('No hospital takes up referrals: the alliance configuration names none.');
  return first;
}
