/** What became of the deliver lines of a slip, once its stop is over. */

export type ShortReason = 'no-stock' | 'not-released' | 'rejected' | 'recalled' | 'stop-failed';

export interface DeliverLine {
  id: string;
  setTypeId: string;
  declared: number;
  /** Why the allocation found too few, where it has said so. */
  shortReason: ShortReason | null;
}

/** A pack that was handed over at the stop, or that was meant for one of the lines. */
export interface MeantPack {
  id: string;
  setTypeId: string;
  /** The line that it was allocated to; null: somebody put it aboard without one. */
  lineId: string | null;
  handed: boolean;
  /** The centre has not accepted it. */
  rejected: boolean;
  /** It is in a recall that is no drill. */
  recalled: boolean;
}

export interface DeliverOutcome {
  id: string;
  delivered: number;
  outcome: 'delivered' | 'short';
  shortReason: ShortReason | null;
}

/**
 * Each pack that the centre took counts for the line that it was allocated to; one without a line, or beyond what its line asks for, fills the next line
 * of its set type that is short. What is beyond all lines counts for the first of its type.
 */
export function outcomesOf(lines: readonly DeliverLine[], packs: readonly MeantPack[], stop: { failed: boolean }): DeliverOutcome[] {
  const taken = packs.filter(({ handed, rejected }) => handed && !rejected);
  const delivered = new Map(lines.map(({ id }) => [id, 0]));
  const add = (id: string) => delivered.set(id, (delivered.get(id) ?? 0) + 1);
  const isShort = ({ id, declared }: DeliverLine) => (delivered.get(id) ?? 0) < declared;
  const over: MeantPack[] = [];
  for (const pack of taken) {
    const own = lines.find(({ id }) => id === pack.lineId);
    if (own && isShort(own)) add(own.id);
    else over.push(pack);
  }
  for (const pack of over) {
    const ofType = lines.filter(({ setTypeId }) => setTypeId === pack.setTypeId);
    const line = ofType.find(isShort) ?? ofType[0];
    if (line) add(line.id);
  }
  return lines.map((line) => {
    const got = delivered.get(line.id) ?? 0;
    if (got >= line.declared) return { id: line.id, delivered: got, outcome: 'delivered', shortReason: null };
    const meant = packs.filter(({ lineId, setTypeId }) => lineId === line.id || (lineId === null && setTypeId === line.setTypeId));
    return { id: line.id, delivered: got, outcome: 'short', shortReason: shortReasonOf(line, meant, stop) };
  });
}

/** The latest thing on the way to the centre that went wrong. */
function shortReasonOf(line: DeliverLine, meant: readonly MeantPack[], stop: { failed: boolean }): ShortReason {
  if (meant.some(({ handed, rejected }) => handed && rejected)) return 'rejected';
  if (meant.some(({ handed, recalled }) => !handed && recalled)) return 'recalled';
  if (stop.failed) return 'stop-failed';
  return line.shortReason ?? 'no-stock';
}
