/** The projection of each pathway: the compiler asks for one of every kind. */
import type { PathwayKind, StateOf } from '../../domain/kit/registry.ts';
import { followUpProjection } from '../follow-up/projection.ts';
import { referralProjection } from '../referral/projection.ts';
import type { Projection } from './projection.ts';

const projections = {
  referral: referralProjection,
  'follow-up': followUpProjection,
} satisfies { [Kind in PathwayKind]: Projection<StateOf<Kind>> };

/** The projection of a kind whose state the caller does not look into. */
export function projectionOf(kind: PathwayKind): Projection<unknown> {
  return projections[kind];
}
