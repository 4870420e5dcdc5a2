/** What scans say of boxes and vehicles: where they were seen, and that they were cleaned. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Act } from '../act.ts';
import { appendLedger } from '../ledger.ts';
import { ownOf } from './pack-scans.ts';
import type { ObservedScan } from './resolve-scans.ts';

interface SeenContainer {
  scan: ObservedScan;
  type: 'transport-box' | 'vehicle';
  id: string;
  event: string;
}

export async function observeContainers(act: Act, scans: readonly ObservedScan[]): Promise<Set<string>> {
  const seen = scans.flatMap((scan) =>
    scan.mentions.flatMap(({ thing, event }): SeenContainer[] =>
      thing?.type === 'transport-box' || thing?.type === 'vehicle' ? [{ scan, type: thing.type, id: thing.id, event }] : [],
    ),
  );
  if (seen.length === 0) return new Set();
  await appendLedger(
    act,
    seen.map(({ scan, type, id, event }) => ({
      thing: { type, id },
      event,
      holder: event === 'cleaned' ? undefined : scan.place,
      institutionId: scan.institutionId,
      roundId: scan.roundId,
      stopId: scan.stop?.id,
      details: event === 'cleaned' ? { method: scan.body.method ?? 'scan' } : {},
      ...ownOf(scan, act.recordedAt),
    })),
  );
  await recordCleanings(
    act,
    seen.filter(({ event }) => event === 'cleaned'),
  );
  return new Set(seen.map(({ scan }) => scan.id));
}

/** A cleaning counts by its time, whenever it is told. */
async function recordCleanings({ trx }: Act, cleaned: readonly SeenContainer[]): Promise<void> {
  if (cleaned.length === 0) return;
  const rows = cleaned.map(({ scan, type, id }) => ({
    id: uuid(),
    thing_type: type,
    thing_id: id,
    method: scan.body.method ?? 'scan',
    cleaned_at: scan.correctedAt,
    cleaned_by: JSON.stringify(scan.sentBy),
  }));
  await trx.insertInto('cleaning').values(rows).execute();
  for (const [table, type] of [
    ['transport_box', 'transport-box'],
    ['vehicle', 'vehicle'],
  ] as const) {
    const given = rows.filter(({ thing_type }) => thing_type === type);
    if (given.length > 0)
      await sql`
        update ${sql.table(table)} as thing set last_cleaned_at = greatest(thing.last_cleaned_at, given.cleaned_at)
        from (select thing_id, max(cleaned_at) as cleaned_at
          from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as row (thing_id text, cleaned_at timestamptz) group by thing_id) as given
        where thing.id = given.thing_id`.execute(trx);
  }
}
