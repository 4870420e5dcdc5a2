/** What became of the packs of a round: loaded = delivered + returned + aboard, at every moment. */

export interface LoadedPack {
  packId: string;
  /** It was handed over at a stop and not rejected there. */
  delivered: boolean;
  /** It is on the vehicle still. */
  aboard: boolean;
}

export interface RoundTotals {
  loaded: number;
  delivered: number;
  returned: number;
  aboard: number;
}

export function totalsOf(packs: readonly LoadedPack[]): RoundTotals {
  const delivered = packs.filter((pack) => pack.delivered).length;
  const aboard = packs.filter((pack) => !pack.delivered && pack.aboard).length;
  return { loaded: packs.length, delivered, returned: packs.length - delivered - aboard, aboard };
}
