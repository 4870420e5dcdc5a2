/** How a line of a recall goes on when its pack was moved, seen, opened or ended: holders follow custody. */
import type { LineHolder, PackWhereabouts, SupplyPlaces } from './holders.ts';

export interface OpenLine {
  holder: LineHolder;
  /** When its holder was told to stop; null for a holder that never was. */
  toldAt: number | null;
}

export type LineStep =
  | { step: 'stay' }
  | { step: 'move'; holder: LineHolder; usedAfterStopUse: boolean }
  /** It was seen at the supply department. */
  | { step: 'retrieve' };

/** `openedAt`: when the pack was opened, in milliseconds; null for one that is closed. */
export function followPack(line: OpenLine, pack: PackWhereabouts & { openedAt: number | null }, places: SupplyPlaces): LineStep {
  if (pack.openedAt !== null) {
    if (line.holder.type === 'infection') return { step: 'stay' };
    const usedAfterStopUse = line.toldAt !== null && pack.openedAt > line.toldAt;
    return { step: 'move', holder: { type: 'infection', id: places.infectionId }, usedAfterStopUse };
  }
  if (pack.status === 'ended' || pack.custody?.type === 'cssd') return { step: 'retrieve' };
  if (!pack.custody || (pack.custody.type === line.holder.type && pack.custody.id === line.holder.id)) return { step: 'stay' };
  return { step: 'move', holder: pack.custody, usedAfterStopUse: false };
}
