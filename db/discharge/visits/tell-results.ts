/** Results of a stay go to its episode, each once, as soon as there is one. */
import { sql } from 'kysely';
import { publishFactsToEachPathway } from '../../kit/outgoing.ts';
import type { Trx } from '../../kit/transaction.ts';
import type { Stay } from './stays.ts';

/** `episodeIds`: of each stay by its id, those that begin in this transaction among them. */
export async function tellResults(trx: Trx, stays: readonly Stay[], episodeIds: ReadonlyMap<string, string>, isOf: IsOf): Promise<void> {
  const untold = stays.flatMap(({ id, hospitalId, messages }) => {
    const pathwayId = episodeIds.get(id);
    if (pathwayId === undefined) return [];
    return messages.flatMap((message) => {
      if (message.result === null || message.toldAt !== null || !isOf(message)) return [];
      const { number, abnormal, critical } = message.result;
      const occurredAt = message.occurredAt ?? message.recordedAt;
      // The order that the result may make has the id of the fact: the name of the result is found by it.
      const input = { number, abnormal, critical, orderId: message.factId };
      return [
        {
          type: 'result-reported' as const,
          pathwayId,
          messageId: `result:${message.factId}`,
          institutionId: hospitalId,
          occurredAt,
          input,
        },
      ];
    });
  });
  if (untold.length === 0) return;
  await publishFactsToEachPathway(trx, untold);
  await sql`
    update visit_message set told_at = now() where fact_id = any(${untold.map(({ input }) => input.orderId)}::uuid[])`.execute(trx);
}

type IsOf = (message: Stay['messages'][number]) => boolean;
