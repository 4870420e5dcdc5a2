/** What the tables of a load have to do with a decision. */
import type { SteriliserLoadState } from '../../domain/steriliser-load/state.ts';
import type { Projection } from '../kit/projection.ts';

export const steriliserLoadProjection: Projection<SteriliserLoadState> = {
  project: async () => {},
};
