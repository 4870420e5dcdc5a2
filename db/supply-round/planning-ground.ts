/** What a plan of rounds is made from: where the centres lie, when they may be visited, what is delivered and collected there, and the vehicles. */
import { sql } from 'kysely';
import type { PlanVehicle } from '../../domain/supply-round/planning/problem.ts';
import type { Position } from '../../domain/supply-round/travel.ts';
import type { Database } from '../kit/database.ts';

export interface CentreToPlan {
  institutionId: string;
  position: Position;
  visitDays: number[];
  /** Local times of the day such as 08:30. */
  windows: { from: string; to: string }[];
  /** Of what the centre has submitted and no round has frozen yet. */
  deliverLitres: number;
  collectLitres: number;
}

/** Every centre that has a place on the map, by id. */
export async function listCentresToPlan(db: Database): Promise<CentreToPlan[]> {
  const { rows } = await sql<CentreToPlan>`
    select institution.id as "institutionId", json_build_object('latitude', latitude, 'longitude', longitude) as position, visit_days as "visitDays",
      windows, coalesce(litres.deliver, 0)::float8 as "deliverLitres", coalesce(litres.collect, 0)::float8 as "collectLitres"
    from supply_centre join institution on institution.id = supply_centre.institution_id left join lateral (
      select sum(declared * volume_litres) filter (where direction = 'deliver') as deliver,
        sum(declared * volume_litres) filter (where direction = 'collect') as collect
      from exchange_slip join slip_line on slip_id = exchange_slip.id join set_type on set_type.id = slip_line.set_type_id
      where exchange_slip.institution_id = supply_centre.institution_id and exchange_slip.status = 'submitted'
    ) as litres on true
    where institution.kind = 'community-health-centre' order by institution.id`.execute(db);
  return rows;
}

/** Vehicles by the ids given, in that order; those that there are not are left out. */
export async function listVehicles(db: Database, ids: readonly string[]): Promise<PlanVehicle[]> {
  const rows = await db
    .selectFrom('vehicle')
    .select(['id', 'sterile_litres as sterileLitres', 'soiled_litres as soiledLitres'])
    .where('id', 'in', [...ids, ''])
    .execute();
  return ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
}
