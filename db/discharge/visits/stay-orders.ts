/** Orders that come in messages about a stay: named by their identifiers, kept with the message, and told to the episode as all messages say them by now. */
import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { codeOrder } from '../../../domain/discharge/code-orders.ts';
import type { OrdersReported } from '../../../domain/discharge/events.ts';
import {
  type FoldedOrders,
  foldOrders,
  nameOrders,
  type OrderByMessage,
  type PlanByMessage,
  type ReadEntry,
  type SentEntry,
} from '../../../domain/discharge/sent-orders.ts';
import { findTemplate } from '../../../domain/discharge/templates.ts';
import type { Database } from '../../kit/database.ts';
import { publishFactsToEachPathway } from '../../kit/outgoing.ts';
import type { Trx } from '../../kit/transaction.ts';
import { type KeptDocuments, loadDocumentsOfEpisode } from '../documents-in-force.ts';
import type { Stay, StoredMessage } from './stays.ts';
import type { StayOrders } from './tables.ts';

const none: StayOrders = { ids: {}, told: {}, toldPlan: null, number: 0 };

/** Keeps the entries with the message, whose visit is locked. Resolves with them as they are kept. */
export async function keepEntries(trx: Trx, of: { visitId: string; factId: string }, entries: readonly ReadEntry[]): Promise<SentEntry[]> {
  const { orders } = await trx.selectFrom('visit').select('orders').where('id', '=', of.visitId).executeTakeFirstOrThrow();
  const known = orders ?? none;
  const named = nameOrders(entries, known.ids, uuid);
  await trx
    .updateTable('visit_message')
    .set({ orders: JSON.stringify(named.entries) })
    .where('fact_id', '=', of.factId)
    .execute();
  await keepOrders(trx, of.visitId, { ...known, ids: named.ids });
  return named.entries;
}

const keepOrders = (trx: Trx, visitId: string, orders: StayOrders) =>
  trx
    .updateTable('visit')
    .set({ orders: JSON.stringify(orders) })
    .where('id', '=', visitId)
    .execute();

/** `isOf` says whether a message means the resident. Resolves with the stays that had something to be told. */
export async function tellOrders(
  trx: Trx,
  stays: readonly Stay[],
  episodeIds: ReadonlyMap<string, string>,
  isOf: (message: StoredMessage) => boolean,
): Promise<Stay[]> {
  const changed: Stay[] = [];
  for (const stay of stays) {
    const pathwayId = episodeIds.get(stay.id);
    const folded = foldOrders(stay.messages.filter(isOf));
    const known = stay.orders ?? none;
    const isSilent = folded.orders.size === 0 && folded.plan === null && Object.keys(known.told).length === 0;
    if (pathwayId === undefined || isSilent) continue;
    const news = newsOf(stay, folded, known, await loadDocumentsOfEpisode(trx, pathwayId));
    if (news.orders.length === 0 && news.plan === null) continue;
    changed.push(stay);
    const number = known.number + 1;
    await publishFactsToEachPathway(trx, [
      {
        type: 'orders-reported',
        pathwayId,
        messageId: `orders:${pathwayId}:${number}`,
        institutionId: stay.hospitalId,
        occurredAt: new Date(),
        input: { ...news },
      },
    ]);
    const told = [...folded.orders].filter(([id]) => known.told[id] !== undefined || news.orders.some((order) => order.id === id));
    await keepOrders(trx, stay.id, {
      ids: known.ids,
      told: Object.fromEntries(told.map(([id, { factId }]) => [id, factId])),
      toldPlan: folded.plan?.factId ?? null,
      number,
    });
  }
  return changed;
}

type News = Pick<OrdersReported, 'orders' | 'plan'>;

/** What the episode has not heard, read by the documents that it keeps. What a message only repeats is no news: somebody may have corrected the order since. */
function newsOf({ messages }: Stay, { orders, plan }: FoldedOrders, known: StayOrders, { rules, templates }: KeptDocuments): News {
  const sentBefore = (factId: string | undefined, id: string) =>
    messages.find((message) => message.factId === factId)?.orders?.find((entry) => 'orderId' in entry && entry.orderId === id);
  const told = [...orders].flatMap(([id, { factId, sent }]): OrderByMessage[] => {
    const before = known.told[id];
    if (isDeepStrictEqual(sentBefore(before, id), sent)) return [];
    if (sent.fate === 'order') return [{ id, given: codeOrder(rules, sent.order), factId }];
    return before === undefined ? [] : [{ id, given: null, factId }];
  });
  // A message that turns out to mean somebody else takes its orders with it.
  const gone = Object.entries(known.told).flatMap(([id, factId]): OrderByMessage[] =>
    orders.has(id) ? [] : [{ id, given: null, factId }],
  );
  const planBefore = messages.find(({ factId }) => factId === known.toldPlan)?.orders?.findLast(({ fate }) => fate === 'plan');
  const isPlanNew = plan !== null && !isDeepStrictEqual(planBefore, plan.sent);
  return { orders: [...told, ...gone], plan: isPlanNew ? toPlan(templates, plan.sent) : null };
}

function toPlan(
  templates: KeptDocuments['templates'],
  { template, description }: { template: string | null; description: string | null },
): PlanByMessage {
  const items = findTemplate(templates, template)?.items ?? [];
  return { template, instructions: description !== null, itemIds: Object.fromEntries(items.map(({ id }) => [id, uuid()])) };
}

/** Which of these orders the episode has closed by now: what is sent of them changes nothing. */
export async function listClosedOrders(db: Database, visitId: string): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select order_row ->> 'id' as id
    from visit join pathway on pathway.id = visit.episode_id
      cross join lateral jsonb_array_elements(coalesce(pathway.state -> 'orders', '[]')) as order_row
    where visit.id = ${visitId} and order_row ->> 'status' = 'closed'`.execute(db);
  return new Set(rows.map(({ id }) => id));
}

/** What was sent, by message, for the words that a decision leaves outside of the pathway. */
export async function listSentEntries(db: Database, factIds: readonly string[]): Promise<ReadonlyMap<string, readonly SentEntry[]>> {
  if (factIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('visit_message')
    .select(['fact_id as factId', 'orders'])
    .where('fact_id', '=', sql<string>`any(${[...factIds]}::uuid[])`)
    .execute();
  return new Map(rows.map(({ factId, orders }) => [factId, orders ?? []]));
}
