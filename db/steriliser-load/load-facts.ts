/** What the status of a load follows from, as it stands in Postgres. */
import { sql } from 'kysely';
import type { BiologicalResult, ChemicalIndicator, LoadFacts } from '../../domain/steriliser-load/release.ts';
import type { Trx } from '../kit/transaction.ts';
import type { LockedLoad } from './lock-load.ts';

export interface MemberRows {
  hasImplant: boolean;
  wetPacks: number;
  usedPacks: boolean;
  inRecall: boolean;
  biological: BiologicalResult[];
  chemical: ChemicalIndicator[];
}

/** One statement. The load is locked. */
export async function loadMemberRows(trx: Trx, loadId: string): Promise<MemberRows> {
  const { rows } = await sql<MemberRows>`select ${memberColumns(loadId)}`.execute(trx);
  const [row] = rows;
  if (!row) throw new Error('A statement without a table gives a row.');
  return row;
}

/** The same as columns of another statement. */
export const memberColumns = (loadId: string) => sql`
  exists (select from pack where pack.load_id = ${loadId} and implant) as "hasImplant",
  (select count(*)::int from pack where pack.load_id = ${loadId} and wet) as "wetPacks",
  exists (select from pack where pack.load_id = ${loadId} and opened_at is not null) as "usedPacks",
  exists (select from recall_load join recall on recall.id = recall_id where recall_load.load_id = ${loadId} and not drill) as "inRecall",
  (select coalesce(json_agg(json_build_object('status', indicator.status, 'readAt', (extract(epoch from read_at) * 1000)::float8)), '[]')
    from load_indicator as indicator where indicator.load_id = ${loadId} and indicator.kind = 'bi') as biological,
  (select coalesce(json_agg(json_build_object('status', indicator.status, 'class', class)), '[]')
    from load_indicator as indicator where indicator.load_id = ${loadId} and indicator.kind = 'pcd-ci') as chemical`;

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
