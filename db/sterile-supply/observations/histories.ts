/** What was ever said of things, as the interpretation of observations reads it. */
import { type RawBuilder, sql } from 'kysely';
import type { Observation } from '../../../domain/sterile-supply/observations.ts';
import type { Holder } from '../../../domain/sterile-supply/vocabulary.ts';
import type { Trx } from '../../kit/transaction.ts';
import type { ObservedScan } from './resolve-scans.ts';

interface StoredObservation {
  thingId: string;
  at: Date;
  scanId: string | null;
  deviceId: string | null;
  seq: number | null;
  position: string;
  event: string;
  from: string | null;
  to: string | null;
  holderType: Holder['type'] | null;
  holderId: string | null;
  refusals: string[] | null;
  reason: string | null;
}

/** The entries of the ledger about each of these things. One statement. */
export async function loadHistories(trx: Trx, type: 'pack' | 'set-instance', ids: readonly string[]): Promise<Map<string, Observation[]>> {
  const histories = new Map<string, Observation[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return histories;
  const { rows } = await sql<StoredObservation>`${selectHistory(type, ids)}`.execute(trx);
  for (const row of rows) histories.get(row.thingId)?.push(toObservation(row));
  return histories;
}

const selectHistory = (type: string, ids: readonly string[]): RawBuilder<unknown> => sql`
  select thing_id as "thingId", happened_at as at, scan_id as "scanId", device_id as "deviceId", seq, position, event, from_status as "from",
    to_status as "to", holder_type as "holderType", holder_id as "holderId", array(select jsonb_array_elements_text(details -> 'refusals')) as refusals,
    details ->> 'reason' as reason
  from supply_event left join scan on scan.id = scan_id
  where thing_type = ${type} and thing_id = any(${[...ids]}::text[])`;

const toObservation = (row: StoredObservation): Observation => ({
  at: row.at.getTime(),
  scan: row.scanId !== null && row.deviceId !== null ? { id: row.scanId, deviceId: row.deviceId, seq: row.seq as number } : null,
  position: Number(row.position),
  event: row.event,
  from: row.from,
  to: row.to,
  holder: row.holderType === null ? null : { type: row.holderType, id: row.holderId as string },
  refusals: row.refusals ?? [],
  reason: row.reason,
});

/** An observation that is not in the ledger yet: the `n`th behind all that is. */
export const newObservation = (
  scan: ObservedScan,
  n: number,
  { event, from, holder, refusals = [], reason = null }: Pick<Observation, 'event' | 'from' | 'holder'> & Partial<Observation>,
): Observation => ({
  at: scan.correctedAt.getTime(),
  scan: { id: scan.id, deviceId: scan.deviceId, seq: scan.seq },
  position: Number.MAX_SAFE_INTEGER - 1_000_000 + n,
  event,
  from,
  to: null,
  holder,
  refusals,
  reason,
});
