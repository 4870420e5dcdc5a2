/** The projection of each pathway: the compiler asks for one of every kind. */
import type { PathwayKind, StateOf } from '../../domain/kit/registry.ts';
import { crisisReadingProjection } from '../crisis-reading/projection.ts';
import { dischargeProjection } from '../discharge/projection.ts';
import { discrepancyProjection } from '../discrepancy/projection.ts';
import { exchangeSlipProjection } from '../exchange-slip/projection.ts';
import { followUpProjection } from '../follow-up/projection.ts';
import { identityCheckProjection } from '../identity-check/projection.ts';
import { recallProjection } from '../recall/projection.ts';
import { referralProjection } from '../referral/projection.ts';
import { steriliserLoadProjection } from '../steriliser-load/projection.ts';
import { supplyRoundProjection } from '../supply-round/projection.ts';
import type { Projection } from './projection.ts';

const projections = {
  referral: referralProjection,
  'follow-up': followUpProjection,
  'exchange-slip': exchangeSlipProjection,
  'supply-round': supplyRoundProjection,
  'steriliser-load': steriliserLoadProjection,
  recall: recallProjection,
  discrepancy: discrepancyProjection,
  'crisis-reading': crisisReadingProjection,
  'identity-check': identityCheckProjection,
  discharge: dischargeProjection,
} satisfies { [Kind in PathwayKind]: Projection<StateOf<Kind>> };

/** The projection of a kind whose state the caller does not look into. */
export function projectionOf(kind: PathwayKind): Projection<unknown> {
  return projections[kind];
}
