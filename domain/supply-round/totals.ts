/** What became of the packs of a round: loaded = delivered + returned + aboard, at every moment. */
export interface RoundTotals {
  loaded: number;
  /** Handed over at a stop and not rejected there. */
  delivered: number;
  returned: number;
  aboard: number;
}
