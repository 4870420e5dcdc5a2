/** What is told of each step at a stop, and what the step comes to. Packs and boxes are told by id or code. */
import type { RawBuilder } from 'kysely';
import type { SpecialPathogen, StopStep } from '../../domain/sterile-supply/vocabulary.ts';
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

/** What a step has done beside its own row, for the one place that writes it. */
export interface StepDone {
  details: StepDetails;
  /** What is written with its row: parts of the same statement. */
  writes?: readonly RawBuilder<unknown>[];
  ledger: LedgerEntry[];
  facts: RoundFact[];
  /** Packs that are elsewhere now. */
  movedPackIds?: readonly string[];
}
