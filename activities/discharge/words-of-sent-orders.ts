/** The words of orders that came in a message: they stand with the message, and are kept with the episode once it has taken the order over. */
import { listSentEntries } from '../../db/discharge/visits/stay-orders.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { OrdersReported } from '../../domain/discharge/events.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';

/** By what they are of. An order that the decision has left as it was keeps its words. */
export async function listWordsOfSentOrders(
  trx: Trx,
  before: DischargeState,
  after: DischargeState,
  { orders }: OrdersReported,
): Promise<[of: string, body: Record<string, unknown>][]> {
  const givenIn = (state: DischargeState, id: string) => (state.beforeDeath ?? state).orders.find((order) => order.id === id);
  const taken = orders.filter(({ id, given }) => given !== null && givenIn(after, id) !== givenIn(before, id));
  const sent = await listSentEntries(trx, [...new Set(taken.map(({ factId }) => factId))]);
  return taken.flatMap(({ id, factId }): [string, Record<string, unknown>][] => {
    const entry = sent.get(factId)?.find((one) => one.fate === 'order' && one.orderId === id);
    if (entry?.fate !== 'order') return [];
    return [[`order:${id}`, { title: entry.order.title, ...(entry.dose === null ? {} : { dose: entry.dose }) }]];
  });
}
