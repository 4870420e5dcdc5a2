/** What the tables of a round have to do with a decision. */
import type { SupplyRoundState } from '../../domain/supply-round/state.ts';
import type { Projection } from '../kit/projection.ts';

export const supplyRoundProjection: Projection<SupplyRoundState> = {
  project: async () => {},
};
