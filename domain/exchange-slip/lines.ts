/** The lines of an exchange slip as a centre writes them, and what belongs to them by itself. */
import type { SpecialPathogen } from '../sterile-supply/vocabulary.ts';

export interface NewSlipLine {
  direction: 'collect' | 'deliver';
  setTypeId: string;
  quantity: number;
  /** The sets by their ids: of a collect line, where the centre knows them. */
  setInstanceIds: string[];
  special: SpecialPathogen | null;
  /** The line of an earlier slip whose rest this one carries on. */
  carriesOn?: string;
}

/**
 * One deliver line for each collect line of the pool, where a slip names none itself: pool sets are exchanged one for one, a set of the centre's own comes
 * back by itself.
 */
export const exchangeLines = (lines: readonly NewSlipLine[], ownSetInstanceIds: readonly string[]): NewSlipLine[] =>
  lines
    .filter(({ direction }) => direction === 'collect')
    .map(({ setTypeId, quantity, setInstanceIds }): NewSlipLine => {
      const own = setInstanceIds.filter((id) => ownSetInstanceIds.includes(id)).length;
      return { direction: 'deliver', setTypeId, quantity: quantity - own, setInstanceIds: [], special: null };
    })
    .filter(({ quantity }) => quantity > 0);

/** A deliver line that stayed short, of a slip of the same centre. */
export interface ShortLine {
  id: string;
  setTypeId: string;
  declared: number;
  delivered: number;
}

/** The rest of a short line joins the next slip. */
export const restLines = (short: readonly ShortLine[]): NewSlipLine[] =>
  short
    .filter(({ declared, delivered }) => declared > delivered)
    .map(({ id, setTypeId, declared, delivered }) => ({
      direction: 'deliver',
      setTypeId,
      quantity: declared - delivered,
      setInstanceIds: [],
      special: null,
      carriesOn: id,
    }));
