/**
 * Which pack goes to which line of a round. A centre's own packs go to its own stop. The others go by FEFO: the earliest expiry first, then the
 * oldest release, then the id; what expires before the centre's visit after this one comes last.
 */
import type { LocalDate } from '../time/local-date.ts';

export interface AllocatablePack {
  id: string;
  setTypeId: string;
  /** null: of the pool, or on loan. */
  ownerInstitutionId: string | null;
  expiresOn: LocalDate;
  releasedAt: number;
}

export interface DeliverLine {
  id: string;
  institutionId: string;
  setTypeId: string;
  /** How many are still missing. */
  need: number;
  /** The centre's visit after this one; null: nobody knows of one. */
  nextVisitOn: LocalDate | null;
}

export interface Allocation {
  packId: string;
  institutionId: string;
  /** null for a pack that goes home to its owner and that no line asks for. */
  lineId: string | null;
}

export interface AllocationGround {
  packs: readonly AllocatablePack[];
  /** In the order in which they are served. */
  lines: readonly DeliverLine[];
  /** The centres with an open stop, who get their own packs back. */
  institutionIds: readonly string[];
  /** Whether the pack may be handed over at the centre. */
  isDispensable(pack: AllocatablePack, institutionId: string): boolean;
}

export function allocateFefo(ground: AllocationGround): Allocation[] {
  const { packs, lines, isDispensable } = ground;
  const pool = packs.filter(({ ownerInstitutionId }) => ownerInstitutionId === null);
  const left = new Map(lines.map(({ id, need }) => [id, need]));
  const taken = new Set<string>();
  const allocations: Allocation[] = [];
  for (const line of lines) {
    const chosen = pool
      .filter((pack) => pack.setTypeId === line.setTypeId && !taken.has(pack.id) && isDispensable(pack, line.institutionId))
      .sort((a, b) => compareFefo(a, b, line.nextVisitOn))
      .slice(0, line.need);
    for (const { id } of chosen) {
      taken.add(id);
      allocations.push({ packId: id, institutionId: line.institutionId, lineId: line.id });
    }
    left.set(line.id, line.need - chosen.length);
  }
  return [...allocations, ...sendHome(ground, left)];
}

/** A line that the pool could not fill may be one for the centre's own packs. */
function sendHome({ packs, lines, institutionIds, isDispensable }: AllocationGround, left: Map<string, number>): Allocation[] {
  return packs
    .filter((pack): pack is AllocatablePack & { ownerInstitutionId: string } => pack.ownerInstitutionId !== null)
    .filter((pack) => institutionIds.includes(pack.ownerInstitutionId) && isDispensable(pack, pack.ownerInstitutionId))
    .sort((a, b) => compareFefo(a, b, null))
    .map(({ id, setTypeId, ownerInstitutionId: institutionId }) => {
      const line = lines.find((one) => one.institutionId === institutionId && one.setTypeId === setTypeId && (left.get(one.id) ?? 0) > 0);
      if (line) left.set(line.id, (left.get(line.id) ?? 0) - 1);
      return { packId: id, institutionId, lineId: line?.id ?? null };
    });
}

function compareFefo(a: AllocatablePack, b: AllocatablePack, nextVisitOn: LocalDate | null): number {
  const soon = ({ expiresOn }: AllocatablePack): number => (nextVisitOn !== null && expiresOn < nextVisitOn ? 1 : 0);
  return soon(a) - soon(b) || compareText(a.expiresOn, b.expiresOn) || a.releasedAt - b.releasedAt || compareText(a.id, b.id);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export type ShortReason = 'no-stock' | 'not-released' | 'rejected' | 'recalled' | 'stop-failed';

/** Why a line stays short when there is no pack for it: what there is of its set type at the supply department. */
export function shortReasonOf({ recalled, notReleased }: { recalled: number; notReleased: number }): ShortReason {
  if (notReleased > 0) return 'not-released';
  return recalled > 0 ? 'recalled' : 'no-stock';
}
