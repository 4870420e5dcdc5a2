/** What lies in the scope of a recall becomes its lines: written, told to their holders, alerted, noted in the ledger. */
import type { PartChange } from '../../domain/recall/events.ts';
import type { SupplyPlaces } from '../../domain/recall/holders.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Act } from '../sterile-supply/act.ts';
import { appendLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { findNewLines, isPartHolder, type LineToWrite, partsOfNewLines, type RecallKey, writeLines } from './lines.ts';
import { alertPacksOutside, tellHolders } from './stop-use.ts';

export interface ScopeToWrite {
  loadIds: readonly string[];
  places: SupplyPlaces;
  /** Entries about load and steriliser that go into the ledger with those about the packs. */
  entries: readonly LedgerEntry[];
}

/** Returns the parts that have gained lines. Six statements, whatever the number of packs. The recall's row is there already. */
export async function writeScope(act: Act, recall: RecallKey, { loadIds, places, entries }: ScopeToWrite): Promise<PartChange[]> {
  const { trx, recordedAt: at, actor } = act;
  const pickupSeconds = loadNormRules(localDateOf(at.getTime())).timers.pickup;
  const lines = await findNewLines(trx, recall, { loadIds, places, at, pickupSeconds });
  await writeLines(trx, recall, { lines, loadIds, at, actor });
  const ofPacks = recall.drill ? [] : lines.map((line) => recalledEntry(recall, line));
  await appendLedger(act, [...entries, ...ofPacks]);
  const parts = partsOfNewLines(lines);
  if (!recall.drill) {
    const outside = lines.flatMap(({ packId, holder, end }) =>
      end === null && isPartHolder(holder) ? [{ recallId: recall.id, packId, holder }] : [],
    );
    await alertPacksOutside(trx, outside, at);
  }
  const told = parts.map(({ holder }) => ({ recallId: recall.id, drill: recall.drill, holder }));
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
