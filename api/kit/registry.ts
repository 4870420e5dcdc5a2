/** Every pathway as the generic routes know it: a kind without an entry does not compile. Modules of pathways must not import this file. */
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { crisisReadingApi } from '../crisis-reading/pathway.ts';
import { dischargeApi } from '../discharge/pathway.ts';
import { discrepancyApi } from '../discrepancy/pathway.ts';
import { exchangeSlipApi } from '../exchange-slip/pathway.ts';
import { followUpApi } from '../follow-up/pathway.ts';
import { identityCheckApi } from '../identity-check/pathway.ts';
import { recallApi } from '../recall/pathway.ts';
import { referralApi } from '../referral/pathway.ts';
import { steriliserLoadApi } from '../steriliser-load/pathway.ts';
import { supplyRoundApi } from '../supply-round/pathway.ts';
import type { PathwayApi } from './pathway-api.ts';

const pathwayApis = {
  referral: referralApi,
  'follow-up': followUpApi,
  'exchange-slip': exchangeSlipApi,
  'supply-round': supplyRoundApi,
  'steriliser-load': steriliserLoadApi,
  recall: recallApi,
  discrepancy: discrepancyApi,
  'crisis-reading': crisisReadingApi,
  'identity-check': identityCheckApi,
  discharge: dischargeApi,
} satisfies Record<PathwayKind, PathwayApi>;

const byKind = new Map<string, PathwayApi>(Object.entries(pathwayApis));

export const everyPathwayApi: readonly PathwayApi[] = [...byKind.values()];

/** `kind` as a row has it. Throws when the database holds a pathway that this code does not know, which newer code must have written. */
export function pathwayApiOf(kind: string): PathwayApi {
  const api = byKind.get(kind);
  if (!api) throw new Error(`This version knows no pathway of the kind ${kind}.`);
  return api;
}
