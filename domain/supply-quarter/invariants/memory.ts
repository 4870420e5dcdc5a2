/** What the watch over the invariants remembers of the simulated world: some of them say what may follow upon what. */
import type { LineEnd } from '../../recall/holders.ts';
import type { Lane, PackStatus, RoundStatus } from '../../sterile-supply/vocabulary.ts';
import type { LocalDate } from '../../time/local-date.ts';
import type { SimulatedLedgerEntry, SimulatedWorld } from '../world.ts';

/** The world as it was before the act that is looked at. */
export interface WorldMemory {
  packs: Map<string, { status: PackStatus; expiresOn: LocalDate | null }>;
  /** Of each load that was started. */
  members: Map<string, readonly string[]>;
  lines: Map<string, Map<string, LineEnd | null>>;
  rounds: Map<string, RoundStatus>;
  lanes: Map<string, Lane>;
  usedAt: Map<string, number>;
  consignments: number;
  ledger: number;
  lastEntry: SimulatedLedgerEntry | undefined;
  scans: Set<string>;
}

export const createMemory = (): WorldMemory => ({
  packs: new Map(),
  members: new Map(),
  lines: new Map(),
  rounds: new Map(),
  lanes: new Map(),
  usedAt: new Map(),
  consignments: 0,
  ledger: 0,
  lastEntry: undefined,
  scans: new Set(),
});

export const scanKey = ({ device, seq }: { device: string; seq: number }): string => `${device} ${seq}`;

export function remember(memory: WorldMemory, world: SimulatedWorld): void {
  for (const { id, status, expiresOn } of world.packs.values()) memory.packs.set(id, { status, expiresOn });
  for (const { id, startedAt, packIds } of world.loads.values())
    if (startedAt !== null && !memory.members.has(id)) memory.members.set(id, [...packIds]);
  for (const { id, lines } of world.recalls.values())
    memory.lines.set(id, new Map([...lines.values()].map(({ packId, end }) => [packId, end])));
  for (const { id, status } of world.rounds.values()) memory.rounds.set(id, status);
  for (const { id, lane } of world.boxes.values()) memory.lanes.set(id, lane);
  for (const [id, at] of world.usedAt) memory.usedAt.set(id, at);
  for (const { scan } of world.ledger.slice(memory.ledger)) if (scan) memory.scans.add(scanKey(scan));
  memory.consignments = world.consignments.length;
  memory.ledger = world.ledger.length;
  memory.lastEntry = world.ledger.at(-1);
}
