/** What lies in the scope of a recall becomes its lines: written, told to their holders, alerted, noted in the ledger. */
import { type RawBuilder, sql } from 'kysely';
import type { PartChange } from '../../domain/recall/events.ts';
import { holderKey, type SupplyPlaces } from '../../domain/recall/holders.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Act } from '../sterile-supply/act.ts';
import { insertLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { findNewLines, isPartHolder, type LineToWrite, partsOfNewLines, type RecallKey, writeLines } from './lines.ts';
import { alertsOfPacksOutside, tellHolders } from './stop-use.ts';

export interface ScopeToWrite {
  loadIds: readonly string[];
  places: SupplyPlaces;
  /** Entries about load and steriliser that go into the ledger with those about the packs. */
  entries: readonly LedgerEntry[];
  /** Parts of the statement that writes the lines, which write the row of the recall itself and what goes with it. */
  writes: readonly RawBuilder<unknown>[];
}

/** Returns the parts that have gained lines. Three statements, whatever the number of packs. */
export async function writeScope(act: Act, recall: RecallKey, { loadIds, places, entries, writes }: ScopeToWrite): Promise<PartChange[]> {
  const { trx, recordedAt: at, actor } = act;
  const pickupSeconds = loadNormRules(localDateOf(at.getTime())).timers.pickup;
  const lines = await findNewLines(trx, recall, { loadIds, places, at, pickupSeconds });
  const outside = lines.flatMap(({ packId, holder, end }) =>
    end === null && isPartHolder(holder) ? [{ recallId: recall.id, packId, holder }] : [],
  );
  const alerts = recall.drill ? [] : alertsOfPacksOutside(outside, at);
  const ofPacks = recall.drill ? [] : lines.map((line) => recalledEntry(recall, line));
  const entry = sql`entry as (${insertLedger(act, [...entries, ...ofPacks])})`;
  await writeLines(trx, recall, { lines, loadIds, alerts, at, actor, writes: [...writes, entry] });
  const parts = partsOfNewLines(lines);
  const crews = new Map(lines.map(({ holder, crew }) => [holderKey(holder), crew]));
  const told = parts.map(({ holder }) => ({
    recallId: recall.id,
    drill: recall.drill,
    holder,
    crew: crews.get(holderKey(holder)) ?? [],
  }));
  await tellHolders(trx, told, { cssdId: places.cssdId, step: act.requestId });
  return parts;
}

const recalledEntry = (recall: RecallKey, { packId, loadId, packStatus }: LineToWrite): LedgerEntry => ({
  thing: { type: 'pack', id: packId },
  event: 'recalled',
  from: packStatus,
  to: packStatus === 'allocated' ? 'released' : packStatus,
  because: [{ rule: 'WS 310.3', clause: '4.4.1.4', evidence: { recallId: recall.id, loadId } }],
  loadId,
  details: { recallId: recall.id },
});
