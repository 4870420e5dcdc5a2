/** What a recall begins from: the steriliser with its outages and open recalls, and the load in question. */
import { type RawBuilder, sql } from 'kysely';
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import type { LoadStatus, RecallPolicy } from '../../domain/sterile-supply/vocabulary.ts';
import type { Trx } from '../kit/transaction.ts';
import { type SupplyPosts, supplyPostsColumns } from '../sterile-supply/supply-posts.ts';
import { supplyPlacesOf } from './places.ts';

export interface RecallGround {
  steriliser: {
    id: string;
    status: 'in-service' | 'out-of-service' | 'requalifying' | 'retired';
    policy: RecallPolicy;
    qualifiedAt: Date | null;
  };
  /** The load in question; undefined when there is none. */
  load: RecalledLoad | undefined;
  /** When the steriliser went out of service, every time. */
  outagesSince: number[];
  places: SupplyPlaces;
  /** The recalls of the steriliser that are open and no drill, the oldest first, by the instant at which their scope ends. */
  openRecalls: { id: string; outOfServiceAt: number | null }[];
}

export interface RecalledLoad {
  id: string;
  status: LoadStatus;
  startedAt: Date;
}

interface GroundRow extends SupplyPosts {
  id: string;
  status: RecallGround['steriliser']['status'];
  policy: RecallPolicy;
  qualified_at: Date | null;
  outages: Date[];
  load_id: string | null;
  load_status: LoadStatus;
  started_at: Date | null;
  open_recalls: RecallGround['openRecalls'];
}

/**
 * Locks the steriliser. One statement, which may give further columns (`beside`) of what the caller has locked. Without a load it is the steriliser's last
 * one. Undefined for a steriliser that there is not.
 */
export async function lockRecallGround<Beside = unknown>(
  trx: Trx,
  { steriliserId, loadId }: { steriliserId?: string; loadId?: string },
  beside: RawBuilder<unknown> = sql`true`,
): Promise<{ ground: RecallGround; beside: Beside } | undefined> {
  const { rows } = await sql<GroundRow & Beside>`
    select steriliser.id, steriliser.status, recall_policy as policy, qualified_at,
      array(select since from steriliser_outage where steriliser_id = steriliser.id) as outages,
      load.id as load_id, load.status as load_status, load.started_at,
      coalesce((select jsonb_agg(jsonb_build_object('id', recall.id, 'outOfServiceAt', (extract(epoch from out_of_service_at) * 1000)::float8)
          order by opened_at, recall.id)
        from recall where recall.steriliser_id = steriliser.id and recall.status = 'open' and not drill), '[]') as open_recalls,
      ${supplyPostsColumns}, ${beside}
    from steriliser left join lateral (
      select id, status, started_at from steriliser_load
      where steriliser_id = steriliser.id and started_at is not null and (${loadId ?? null}::uuid is null or id = ${loadId ?? null}::uuid)
      order by started_at desc limit 1
    ) as load on true
    where steriliser.id = ${steriliserId ?? null}
      or (${steriliserId ?? null}::text is null and steriliser.id = (select steriliser_id from steriliser_load where id = ${loadId ?? null}::uuid))
    for update of steriliser`.execute(trx);
  const [row] = rows;
  return row && { ground: toGround(row), beside: row };
}

const toGround = (row: GroundRow): RecallGround => ({
  steriliser: { id: row.id, status: row.status, policy: row.policy, qualifiedAt: row.qualified_at },
  load: row.load_id && row.started_at ? { id: row.load_id, status: row.load_status, startedAt: row.started_at } : undefined,
  outagesSince: row.outages.map((since) => since.getTime()),
  places: supplyPlacesOf(row),
  openRecalls: row.open_recalls,
});
