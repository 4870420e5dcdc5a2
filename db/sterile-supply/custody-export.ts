/** The custody ledger as a document of EPCIS 2.0 that proves itself. */
import { sql } from 'kysely';
import { epcisContext, type JsonObject, toEpcisEvent } from '../../domain/sterile-supply/epcis.ts';
import type { Database } from '../kit/database.ts';
import { sealDocument, withLink } from './custody-chain.ts';
import { toRecordedEvent } from './recorded-events.ts';

export interface Period {
  from: Date;
  to: Date;
}

/** More would not fit into one answer; a longer period is asked for in parts. */
export const MOST_EVENTS = 20_000;

/**
 * The stretch of the chain that holds everything that happened or was recorded in [from, to). Between its first and its last event nothing is left
 * out, whenever it happened: only so can the document be checked alone. Undefined when there are more than MOST_EVENTS.
 */
export async function loadCustodyExport(db: Database, { from, to }: Period, createdAt: Date): Promise<JsonObject | undefined> {
  const { rows: ends } = await sql<{ first: string | null; last: string | null }>`
    select min(seq) as first, max(seq) as last from custody_seal join (
      select id from supply_event where happened_at >= ${from} and happened_at < ${to}
      union
      select id from supply_event where recorded_at >= ${from} and recorded_at < ${to}
    ) as asked on asked.id = custody_seal.event_id`.execute(db);
  const { first, last } = ends[0] ?? { first: null, last: null };
  if (first !== null && last !== null && Number(last) - Number(first) >= MOST_EVENTS) return undefined;
  const rows =
    first === null || last === null
      ? []
      : await db
          .selectFrom('custody_seal')
          .innerJoin('supply_event', 'supply_event.id', 'custody_seal.event_id')
          .selectAll('supply_event')
          .select(['seq', 'previous', 'hash'])
          .where('seq', '>=', first)
          .where('seq', '<=', last)
          .orderBy('seq')
          .execute();
  const eventList = rows.map((row) =>
    withLink(toEpcisEvent(toRecordedEvent(row)), { seq: Number(row.seq), previous: row.previous, hash: row.hash }),
  );
  const document = {
    '@context': epcisContext,
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: createdAt.toISOString(),
    epcisBody: { eventList },
  };
  return sealDocument(document, eventList.length);
}
