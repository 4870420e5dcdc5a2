/** Invariant 10: what was written down stays as it was, and what a telephone has sent is written down once. */
import type { SimulatedWorld } from '../world.ts';
import { scanKey, type WorldMemory } from './memory.ts';

export function findLedgerBroken({ ledger }: SimulatedWorld, before: WorldMemory): string[] {
  const broken: string[] = [];
  if (ledger.length < before.ledger || ledger[before.ledger - 1] !== before.lastEntry) broken.push('the ledger was written anew');
  for (const [index, entry] of ledger.slice(before.ledger).entries()) {
    if (!Object.isFrozen(entry) || entry.n !== before.ledger + index + 1) broken.push(`the entry ${entry.n} of the ledger is out of order`);
    if (entry.scan && before.scans.has(scanKey(entry.scan))) broken.push(`the scan ${scanKey(entry.scan)} was taken twice`);
  }
  return broken;
}
