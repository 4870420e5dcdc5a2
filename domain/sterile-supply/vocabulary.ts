/** The words of sterile supply that the wire, the tables and the rules share. */

export const packagings = ['cotton', 'paper-bag', 'crepe', 'nonwoven', 'pouch', 'container'] as const;
export type Packaging = (typeof packagings)[number];

export const ownerships = ['pool', 'centre-owned', 'vendor-loan'] as const;
export type Ownership = (typeof ownerships)[number];

export const specialPathogens = ['prion', 'gas-gangrene', 'unknown-pathogen'] as const;
export type SpecialPathogen = (typeof specialPathogens)[number];

export const lanes = ['sterile', 'soiled'] as const;
export type Lane = (typeof lanes)[number];

export const setStatuses = [
  'in-decon',
  'washed',
  'inspected',
  'incomplete-hold',
  'repair',
  'packed',
  'used',
  'in-transit-soiled',
  'missing',
  'retired',
] as const;
export type SetStatus = (typeof setStatuses)[number];

export const packStatuses = [
  'assembled',
  'checked',
  'in-load',
  'sterilised',
  'released',
  'allocated',
  'on-vehicle',
  'at-centre',
  'opened',
  'rejected',
  'ended',
] as const;
export type PackStatus = (typeof packStatuses)[number];

export const rejectReasons = [
  'wet',
  'outer-ci-failed',
  'load-rejected',
  'compromised',
  'rejected-at-delivery',
  'returned-unopened',
  'label-unreadable',
  'inner-ci-failed',
] as const;
export type RejectReason = (typeof rejectReasons)[number];

export const programs = ['steam-132', 'steam-134', 'steam-121'] as const;
export type Program = (typeof programs)[number];

export const loadStatuses = [
  'planned',
  'running',
  'ended',
  'quarantined',
  'released',
  'released-early',
  'confirmed',
  'rejected',
  'failed',
] as const;
export type LoadStatus = (typeof loadStatuses)[number];

export const recallPolicies = ['cn-ws310', 'conservative', 'cdc'] as const;
export type RecallPolicy = (typeof recallPolicies)[number];

export const slipStatuses = ['draft', 'submitted', 'frozen', 'picked-up', 'counted', 'disputed', 'closed', 'cancelled'] as const;
export type SlipStatus = (typeof slipStatuses)[number];

export const roundStatuses = ['planned', 'confirmed', 'loaded', 'departed', 'returned', 'handed-over', 'closed', 'cancelled'] as const;
export type RoundStatus = (typeof roundStatuses)[number];

export const stopSteps = ['arrived', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed', 'checked', 'signed', 'left'] as const;
export type StopStep = (typeof stopSteps)[number];

export const discrepancyKinds = [
  'count',
  'missing-item',
  'damage',
  'wrong-centre',
  'seal',
  'custody-gap',
  'protocol',
  'signature',
  'gate',
  'duplicate',
  'reuse',
  'label',
  'unknown-code',
  'device',
  'incident',
  'used-after-stop-use',
  'recall-not-found',
] as const;
export type DiscrepancyKind = (typeof discrepancyKinds)[number];

export const discrepancyStatuses = ['open', 'acknowledged', 'investigating', 'resolved', 'closed'] as const;
export type DiscrepancyStatus = (typeof discrepancyStatuses)[number];

export const discrepancyResolutions = ['found', 'misdeclared', 'wrong-centre', 'repaired', 'written-off', 'explained'] as const;
export type DiscrepancyResolution = (typeof discrepancyResolutions)[number];

/** What the ledger has events of. Boxes, vehicles, packs and sets are also moved about. */
export const thingTypes = [
  'set-instance',
  'pack',
  'transport-box',
  'vehicle',
  'washer',
  'steriliser',
  'load',
  'load-indicator',
  'stop',
  'centre',
] as const;
export type ThingType = (typeof thingTypes)[number];

/** Who has a thing. The id is the institution's, or the round's. */
export interface Holder {
  type: 'cssd' | 'centre' | 'round';
  id: string;
}
