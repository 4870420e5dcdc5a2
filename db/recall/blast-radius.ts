/** What a failed indicator of a load would recall at this moment: computed like the recall itself, written nowhere. */
import { sql } from 'kysely';
import { bornLineOf, holderKey, type LineHolder } from '../../domain/recall/holders.ts';
import { findOutOfServiceAt } from '../../domain/recall/scope.ts';
import type { Holder, RecallPolicy } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';
import { findSupplyPlaces } from './places.ts';
import { findScope } from './scope.ts';

export interface BlastRadius {
  lowerLoadId: string | null;
  loadIds: string[];
  packIds: string[];
  /** Without what was reprocessed. */
  holders: (LineHolder & { packs: number })[];
}

/** Undefined for a load that does not exist or has not begun. */
export async function blastRadius(db: Database, loadId: string, at: Date): Promise<BlastRadius | undefined> {
  const load = await db
    .selectFrom('steriliser_load as load')
    .innerJoin('steriliser', 'steriliser.id', 'load.steriliser_id')
    .select(['load.started_at as startedAt', 'steriliser.id as steriliserId', 'steriliser.qualified_at as qualifiedAt'])
    .select(sql<RecallPolicy>`steriliser.recall_policy`.as('policy'))
    .select(sql<Date[]>`array(select since from steriliser_outage where steriliser_id = steriliser.id)`.as('outages'))
    .where('load.id', '=', loadId)
    .executeTakeFirst();
  if (!load?.startedAt) return undefined;
  const outages = load.outages.map((since) => since.getTime());
  const { lowerLoadId, loadIds } = await findScope(db, {
    steriliserId: load.steriliserId,
    policy: load.policy,
    qualifiedAt: load.qualifiedAt,
    failedLoadIds: [loadId],
    outOfServiceAt: new Date(findOutOfServiceAt(load.startedAt.getTime(), outages, at.getTime())),
    supposing: loadId,
  });
  const places = await findSupplyPlaces(db);
  const { rows } = await sql<{ id: string; status: string; opened: boolean; holder_type: Holder['type'] | null; holder_id: string | null }>`
    select pack.id, pack.status, pack.opened_at is not null as opened, custody.holder_type, custody.holder_id
    from load_pack join pack on pack.id = load_pack.pack_id
      left join custody on custody.thing_type = 'pack' and custody.thing_id = pack.id and custody.until is null
    where load_pack.load_id = any(${loadIds}::uuid[]) order by pack.id`.execute(db);
  const holders = new Map<string, LineHolder & { packs: number }>();
  for (const { status, opened, holder_type: type, holder_id: id } of rows) {
    const { holder, end } = bornLineOf({ status, opened, custody: type && id ? { type, id } : null }, places);
    if (end !== null) continue;
    const key = holderKey(holder);
    holders.set(key, { ...holder, packs: (holders.get(key)?.packs ?? 0) + 1 });
  }
  return { lowerLoadId, loadIds, packIds: rows.map(({ id }) => id), holders: [...holders.values()] };
}
