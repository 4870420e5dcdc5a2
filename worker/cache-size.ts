/** How many pathways a worker keeps at hand, so that the next step of one need not be replayed from its history. */
import { totalmem } from 'node:os';

/** A cached pathway with the garbage of its last step takes about 0.8 MB (`npm run bench -- herd`); the rest of the machine is for everybody else. */
const BYTES_OF_MACHINE_EACH = 10_000_000;
const FEWEST = 200;
/** All of them stand in one heap of JavaScript, which has a limit of its own whatever the machine has. */
const MOST = 2_000;

/** One for each 10 MB of memory that this process may use, from 200 to 2,000. */
export function chooseCachedPathways(memoryBytes: number): number {
  return Math.min(MOST, Math.max(FEWEST, Math.floor(memoryBytes / BYTES_OF_MACHINE_EACH)));
}

/** The memory of the machine, or of the container where that is less. */
export function readMemoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
