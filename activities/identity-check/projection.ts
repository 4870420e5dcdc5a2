/** An identity check has no table that a decision changes: its row was written by whoever asked, and is answered by whoever decides. */
import type { IdentityCheckState } from '../../domain/identity-check/state.ts';
import type { Projection } from '../kit/projection.ts';

export const identityCheckProjection: Projection<IdentityCheckState> = { project: async () => {} };
