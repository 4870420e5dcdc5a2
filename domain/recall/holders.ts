/** Who has to account for a recalled pack: whoever has it; infection control once it was used, nobody once it was reprocessed unused. */
import type { Holder } from '../sterile-supply/vocabulary.ts';

export const lineHolderTypes = ['cssd', 'centre', 'round', 'infection', 'none'] as const;
export type LineHolderType = (typeof lineHolderTypes)[number];

/** A holder that has a part in the recall. */
export interface PartHolder {
  type: Exclude<LineHolderType, 'none'>;
  id: string;
}

export interface LineHolder {
  type: LineHolderType;
  /** The institution's id or the round's; empty for nobody. */
  id: string;
}

export const lineEnds = ['retrieved', 'used', 'disposed', 'not-found', 'reprocessed'] as const;
export type LineEnd = (typeof lineEnds)[number];

/** What of a pack says who holds it. */
export interface PackWhereabouts {
  status: string;
  opened: boolean;
  custody: Holder | null;
}

/** The institutions that hold what no centre and no round holds. */
export interface SupplyPlaces {
  cssdId: string;
  infectionId: string;
}

/** A line as it begins: open, or ended at birth. */
export interface BornLine {
  holder: LineHolder;
  end: LineEnd | null;
}

const nobody: LineHolder = { type: 'none', id: '' };

export function bornLineOf({ status, opened, custody }: PackWhereabouts, { cssdId, infectionId }: SupplyPlaces): BornLine {
  if (opened) return { holder: { type: 'infection', id: infectionId }, end: null };
  if (status === 'ended') return { holder: nobody, end: 'reprocessed' };
  // What nobody has seen yet lies where it was made.
  return { holder: custody ?? { type: 'cssd', id: cssdId }, end: null };
}

export const holderKey = ({ type, id }: LineHolder): string => `${type}-${id}`;
