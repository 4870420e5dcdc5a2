/**
 * Every pathway by its kind. A pathway joins carepath by standing in the list below: each layer then has a table that `satisfies
 * Record<PathwayKind, …>`, so that the compiler names every place where the new pathway is still missing.
 */
import { crisisReading } from '../crisis-reading/decider.ts';
import { crisisReadingTexts } from '../crisis-reading/texts.ts';
import { discharge } from '../discharge/decider.ts';
import { dischargeTexts } from '../discharge/texts.ts';
import type { VisitFact } from '../discharge/visit-facts.ts';
import { discrepancy } from '../discrepancy/decider.ts';
import { discrepancyTexts } from '../discrepancy/texts.ts';
import { exchangeSlip } from '../exchange-slip/decider.ts';
import { exchangeSlipTexts } from '../exchange-slip/texts.ts';
import { followUp } from '../follow-up/decider.ts';
import { followUpTexts } from '../follow-up/texts.ts';
import { identityCheck } from '../identity-check/decider.ts';
import { identityCheckTexts } from '../identity-check/texts.ts';
import type { PathwayTexts } from '../messages/wording.ts';
import type { HeldReadingsFact, ReadingInErrorFact } from '../readings/reading.ts';
import { recall } from '../recall/decider.ts';
import { recallTexts } from '../recall/texts.ts';
import { referral } from '../referral/decider.ts';
import { referralTexts } from '../referral/texts.ts';
import { steriliserLoad } from '../steriliser-load/decider.ts';
import { steriliserLoadTexts } from '../steriliser-load/texts.ts';
import { supplyRound } from '../supply-round/decider.ts';
import { supplyRoundTexts } from '../supply-round/texts.ts';
import type { PatientFact, PersonReport, RetractingReport } from './facts.ts';
import type { Decider } from './pathway.ts';

export const deciders = [
  referral,
  followUp,
  exchangeSlip,
  supplyRound,
  steriliserLoad,
  recall,
  discrepancy,
  discharge,
  crisisReading,
  identityCheck,
] as const;

type RegisteredDecider = (typeof deciders)[number];

export type PathwayKind = RegisteredDecider['kind'];

/** The types of the facts that at least one pathway listens to. */
export type PathwayFact = RegisteredDecider['facts'][number];

/** Every type of fact that exists. A type that is none of these does not compile. */
export type FactType = PatientFact | PathwayFact | HeldReadingsFact | RetractingReport | ReadingInErrorFact | PersonReport | VisitFact;

/** The state of the pathways of one kind. */
export type StateOf<Kind extends PathwayKind> = Extract<RegisteredDecider, { kind: Kind }>['initial'];

/** A decider of which only the kind is known. It may be used with a state that was stored under the same kind. */
export type AnyDecider = Decider<unknown, PathwayKind>;

export const pathwayKinds: readonly PathwayKind[] = deciders.map(({ kind }) => kind);

/** The decider of a kind that was stored or typed by somebody; undefined when this version of the service does not know the kind. */
export function findDecider(kind: string): AnyDecider | undefined {
  return deciders.find((decider) => decider.kind === kind);
}

export const pathwayTexts = {
  referral: referralTexts,
  'follow-up': followUpTexts,
  'exchange-slip': exchangeSlipTexts,
  'supply-round': supplyRoundTexts,
  'steriliser-load': steriliserLoadTexts,
  recall: recallTexts,
  discrepancy: discrepancyTexts,
  'crisis-reading': crisisReadingTexts,
  'identity-check': identityCheckTexts,
  discharge: dischargeTexts,
} satisfies Record<PathwayKind, PathwayTexts>;

/** The texts of a kind that was stored; undefined when this version of the service does not know the kind. */
export function findTexts(kind: string): PathwayTexts | undefined {
  const known = pathwayKinds.find((one) => one === kind);
  return known && pathwayTexts[known];
}
