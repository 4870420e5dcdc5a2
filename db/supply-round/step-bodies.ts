/** What is told of each step at a stop, and what the step comes to. Packs and boxes are told by id or code. */
import type { SpecialPathogen, StopStep } from '../../domain/sterile-supply/vocabulary.ts';
import type { PackNotDispensable } from '../sterile-supply/dispensable.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';
import type { StepDetails } from './lock-stop.ts';
import type { RoundFact } from './round-facts.ts';

export interface SoiledConsignment {
  sealNumber: string;
  boxId: string;
  intact: boolean;
  /** Unopened packs that are taken back. */
  packIds?: readonly string[] | undefined;
  special?: SpecialPathogen | undefined;
}

export interface CourierCount {
  lineId: string;
  quantity: number;
}

export const deliveryFlaws = ['damaged', 'wet', 'indicator', 'wrong-item', 'date', 'label'] as const;
export type DeliveryFlaw = (typeof deliveryFlaws)[number];

export const signatureMethods = ['session', 'badge-pin', 'paper'] as const;
export type SignatureMethod = (typeof signatureMethods)[number];

export interface SoiledStowed {
  step: 'soiled-stowed';
  consignments: readonly SoiledConsignment[];
  courierCounts?: readonly CourierCount[] | undefined;
}
export interface SterileHanded {
  step: 'sterile-handed';
  packIds: readonly string[];
}
export interface DeliveryChecked {
  step: 'checked';
  accepted: readonly string[];
  rejected: readonly { packId: string; reason: DeliveryFlaw }[];
  checkedBy?: string | undefined;
}
export interface Signed {
  step: 'signed';
  signatures: readonly { personId: string; method: SignatureMethod }[];
}

export type StepBody =
  | { step: Exclude<StopStep, 'soiled-stowed' | 'sterile-handed' | 'checked' | 'signed'> }
  | SoiledStowed
  | SterileHanded
  | DeliveryChecked
  | Signed;

/** What whoever records a scan has to judge: an act of a person is refused where one of these says so. */
export interface StepFindings {
  /** False: the protocol asked for another step at that moment. */
  inOrder: boolean;
  /** Packs that were handed over although they must not be, each with its reasons. */
  notDispensable: PackNotDispensable[];
  /** Packs that were handed over although the round did not have them. */
  notAboard: string[];
  /** Nobody of the centre, or nobody of the round, is among those who signed. */
  signatureMissing: boolean;
}

export const nothingFound: StepFindings = { inOrder: true, notDispensable: [], notAboard: [], signatureMissing: false };

/** What a step has done beside its own row, for the one place that writes it. */
export interface StepDone {
  details: StepDetails;
  /** Entries of other moments than the step's bring their own. */
  ledger: (LedgerEntry & { happenedAt?: Date })[];
  facts: RoundFact[];
  /** Packs that are elsewhere now. */
  movedPackIds?: readonly string[];
  findings?: Partial<StepFindings>;
}
