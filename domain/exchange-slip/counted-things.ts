/** What becomes of the sets and packs that a count has found in the boxes of a centre. */
import type { PackStatus, SetStatus, SpecialPathogen } from '../sterile-supply/vocabulary.ts';

export interface CountedSet {
  id: string;
  status: SetStatus;
  special: SpecialPathogen | null;
  /** The pack that the set lives in; null: none that has not ended. */
  pack: { id: string; status: PackStatus } | null;
}

export interface SetChange {
  id: string;
  from: SetStatus;
  to: SetStatus;
  special: SpecialPathogen | null;
  /** The pack whose life ends, because its set was used. */
  endedPackId: string | null;
}

/** A pack that had left the store. Its set came back loose, so it was opened, whether anybody has recorded that or not. */
const hasLeft = (status: PackStatus): boolean =>
  status === 'allocated' || status === 'on-vehicle' || status === 'at-centre' || status === 'opened';

/** `special`: of the line in which it came. `inPack`: its pack came back unopened. */
export function changeOfSet(set: CountedSet, { special, inPack }: { special: SpecialPathogen | null; inPack: boolean }): SetChange {
  const marked = special ?? set.special;
  const stays: SetChange = { id: set.id, from: set.status, to: set.status, special: marked, endedPackId: null };
  if (inPack || set.status === 'retired') return stays;
  const endedPackId = set.pack && hasLeft(set.pack.status) ? set.pack.id : null;
  if (set.status === 'packed' && endedPackId === null) return stays;
  return { ...stays, to: 'in-decon', endedPackId };
}

/** An unopened pack that a centre sends back never returns to the store [A]; one that was rejected before keeps its reason. */
export function statusOfReturned(status: PackStatus): 'rejected' | 'stays' | 'not-returned' {
  switch (status) {
    case 'allocated':
    case 'on-vehicle':
    case 'at-centre':
      return 'rejected';
    case 'rejected':
      return 'stays';
    case 'assembled':
    case 'checked':
    case 'in-load':
    case 'sterilised':
    case 'released':
    case 'opened':
    case 'ended':
      return 'not-returned';
  }
}
