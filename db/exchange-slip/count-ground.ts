/** What a count is judged by: its sets with their packs, the seals of the stop, and what earlier counts have shown. */
import { sql } from 'kysely';
import type { CandidateSet } from '../../domain/exchange-slip/count.ts';
import type { CountedSet } from '../../domain/exchange-slip/counted-things.ts';
import type { DiscrepancyKind, DiscrepancyStatus, PackStatus } from '../../domain/sterile-supply/vocabulary.ts';
import type { Act } from '../sterile-supply/act.ts';
import type { SlipRecord } from './slips.ts';

export interface GroundSet extends CountedSet {
  code: string;
  setTypeId: string;
  ownerInstitutionId: string | null;
}

export interface EarlierFinding {
  id: string;
  kind: DiscrepancyKind;
  subjectType: string;
  subjectId: string;
  lineId: string | null;
  status: DiscrepancyStatus;
}

export interface CountGround {
  sealBroken: boolean;
  /** The item codes on the count sheet of each set type. */
  itemCodes: Record<string, string[]>;
  /** The sets that were named, and those that may have come. */
  sets: GroundSet[];
  candidates: CandidateSet[];
  /** The packs that came back unopened, with their sets. */
  returned: { id: string; status: PackStatus; setInstanceId: string }[];
  earlier: EarlierFinding[];
}

/**
 * One statement. It locks the sets and then the packs, in the order of ids. Candidates are used sets that lie at the centre, or were stowed at the stop
 * and are still aboard.
 */
export async function loadCountGround(
  { trx }: Pick<Act, 'trx'>,
  { id, institutionId, stopId, lines }: SlipRecord,
  { setInstanceIds, packIds, setTypeIds }: { setInstanceIds: readonly string[]; packIds: readonly string[]; setTypeIds: readonly string[] },
): Promise<CountGround> {
  const types = [...new Set([...lines.map(({ setTypeId }) => setTypeId), ...setTypeIds])];
  const named = [...setInstanceIds, ...lines.flatMap((line) => line.setInstanceIds)];
  const { rows } = await sql<CountGround>`
    with candidate as materialized (
      select set_instance.id from set_instance
      left join custody on thing_type = 'set-instance' and thing_id = set_instance.id and until is null
      where set_type_id = any(${types}::text[]) and ownership <> 'centre-owned' and set_instance.status in ('used', 'in-transit-soiled')
        and ((holder_type = 'centre' and holder_id = ${institutionId})
          or (holder_type = 'round' and exists (
            select from supply_event where stop_id = ${stopId}::uuid and event = 'soiled-stowed' and supply_event.thing_type = 'set-instance'
              and supply_event.thing_id = set_instance.id))
          or exists (select from pack where set_instance_id = set_instance.id and pack.status = 'opened' and opened_institution_id = ${institutionId}))
    ), locked as materialized (
      select set_instance.* from set_instance
      where id = any(${named}::text[]) or id in (select id from candidate)
        or id in (select set_instance_id from pack where pack.id = any(${[...packIds]}::text[]))
      order by id for update
    ), live as materialized (
      select pack.id, pack.status, pack.set_instance_id from pack
      where pack.status <> 'ended' and set_instance_id in (select id from locked) order by pack.id for update
    )
    select
      exists (select from consignment where stop_id = ${stopId}::uuid and lane = 'soiled' and intact = false) as "sealBroken",
      (select coalesce(jsonb_object_agg(id, jsonb_path_query_array(count_sheet, '$[*].itemCode')), '{}') from set_type where id = any(${types}::text[]))
        as "itemCodes",
      coalesce((select jsonb_agg(jsonb_build_object('id', locked.id, 'code', locked.code, 'setTypeId', set_type_id, 'status', locked.status,
        'special', special, 'ownerInstitutionId', case when ownership = 'centre-owned' then owner_institution_id end,
        'pack', case when live.id is not null then jsonb_build_object('id', live.id, 'status', live.status) end) order by locked.id)
        from locked left join live on live.set_instance_id = locked.id), '[]') as sets,
      coalesce((select jsonb_agg(jsonb_build_object('id', locked.id, 'setTypeId', set_type_id) order by locked.id)
        from locked where id in (select id from candidate)), '[]') as candidates,
      coalesce((select jsonb_agg(jsonb_build_object('id', pack.id, 'status', pack.status, 'setInstanceId', pack.set_instance_id) order by pack.id)
        from pack where pack.id = any(${[...packIds]}::text[])), '[]') as returned,
      coalesce((select jsonb_agg(jsonb_build_object('id', id, 'kind', kind, 'subjectType', subject_type, 'subjectId', subject_id, 'lineId', line_id,
        'status', status) order by id)
        from discrepancy where slip_id = ${id} and kind in ('count', 'missing-item', 'damage', 'wrong-centre')), '[]') as earlier`.execute(
    trx,
  );
  const [ground] = rows;
  if (!ground) throw new Error('A query without a table gives one row.');
  return ground;
}
