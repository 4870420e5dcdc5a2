/** What the tables of a recall have to do with a decision. */
import type { RecallState } from '../../domain/recall/state.ts';
import type { Projection } from '../kit/projection.ts';

export const recallProjection: Projection<RecallState> = {
  project: async () => {},
};
