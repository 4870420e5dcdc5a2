/** What a round is made from: who drives and accompanies it, which centres there are, where they lie, and where the supply department lies. */
import { sql } from 'kysely';
import type { Position } from '../../domain/supply-round/travel.ts';
import type { Database } from '../kit/database.ts';

export interface CentrePlace {
  institutionId: string;
  /** null: nobody has entered where the centre lies. */
  position: Position | null;
}

/** Those of these ids that are centres. */
export async function findCentres(db: Database, institutionIds: readonly string[]): Promise<CentrePlace[]> {
  const { rows } = await sql<CentrePlace>`
    select institution.id as "institutionId", case when supply_centre.institution_id is not null
      then json_build_object('latitude', latitude, 'longitude', longitude) end as position
    from institution left join supply_centre on supply_centre.institution_id = institution.id
    where institution.id = any(${institutionIds}::text[]) and institution.kind = 'community-health-centre'
    order by institution.id`.execute(db);
  return rows;
}

/** The supply department; its place is null as long as nobody has entered it. */
export async function findDepartment(db: Database): Promise<{ institutionId: string; position: Position | null }> {
  const { rows } = await sql<{ institutionId: string; position: Position | null }>`
    select institution.id as "institutionId",
      (select json_build_object('latitude', latitude, 'longitude', longitude) from supply_centre where institution_id = institution.id) as position
    from institution where kind = 'sterile-supply-department' order by id limit 1`.execute(db);
  const [department] = rows;
  if (!department) throw new Error('The alliance has no sterile supply department.');
  return department;
}

/** Whether the person holds the role at the institution. */
export async function holdsRole(db: Database, personId: string, role: string, institutionId: string): Promise<boolean> {
  const { rows } = await sql`
    select from post where person_id = ${personId} and role = ${role} and institution_id = ${institutionId} limit 1`.execute(db);
  return rows.length > 0;
}
