/** What the tables of a discrepancy have to do with a decision. */
import type { DiscrepancyState } from '../../domain/discrepancy/state.ts';
import type { Projection } from '../kit/projection.ts';

export const discrepancyProjection: Projection<DiscrepancyState> = {
  project: async () => {},
};
