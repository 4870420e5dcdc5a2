/** What the status of a load follows from, as it stands in Postgres. */
import { sql } from 'kysely';
import type { BiologicalResult, ChemicalIndicator, LoadFacts } from '../../domain/steriliser-load/release.ts';
import type { Trx } from '../kit/transaction.ts';
import type { LockedLoad } from './lock-load.ts';

interface MemberRows {
  hasImplant: boolean;
  wetPacks: number;
  usedPacks: boolean;
  inRecall: boolean;
  biological: BiologicalResult[];
  chemical: ChemicalIndicator[];
}

/** One statement. The load is locked. */
export async function loadMemberRows(trx: Trx, loadId: string): Promise<MemberRows> {
  const { rows } = await sql<MemberRows>`
    with member as (select implant, wet, opened_at from pack where load_id = ${loadId})
    select
      exists (select from member where implant) as "hasImplant",
      (select count(*)::int from member where wet) as "wetPacks",
      exists (select from member where opened_at is not null) as "usedPacks",
      exists (select from recall_load join recall on recall.id = recall_id where recall_load.load_id = ${loadId} and not drill) as "inRecall",
      (select coalesce(json_agg(json_build_object('status', status, 'readAt', (extract(epoch from read_at) * 1000)::float8)), '[]')
        from load_indicator where load_id = ${loadId} and kind = 'bi') as biological,
      (select coalesce(json_agg(json_build_object('status', status, 'class', class)), '[]')
        from load_indicator where load_id = ${loadId} and kind = 'pcd-ci') as chemical`.execute(trx);
  const [row] = rows;
  if (!row) throw new Error('A statement without a table gives a row.');
  return row;
}

export const factsOf = (load: LockedLoad, { hasImplant, biological, chemical }: MemberRows): LoadFacts => ({
  purpose: load.purpose,
  ended: load.endedAt !== null,
  rejected: load.rejectedAt !== null,
  physical: load.physical,
  released: load.releasedAt !== null,
  emergencyAt: load.emergency ? Date.parse(load.emergency.at) : null,
  hasImplant,
  biological,
  chemicalFailed: chemical.some(({ status }) => status === 'fail'),
});
