/**
 * The world of the simulated quarter: one supply department with its centres, in memory. Its records are the same as the tables', as far as the rules of
 * sterile supply look at them; what happens in it is decided by the same functions as on the service.
 */
import type { CountEvidence } from '../discrepancy/sighting.ts';
import type { MeantPack } from '../exchange-slip/outcomes.ts';
import type { LineEnd, LineHolder } from '../recall/holders.ts';
import type { NormRules } from '../sterile-supply/norm-rules.ts';
import type {
  DiscrepancyKind,
  DiscrepancyResolution,
  DiscrepancyStatus,
  Holder,
  Lane,
  LoadStatus,
  Packaging,
  PackStatus,
  Program,
  RecallPolicy,
  RejectReason,
  RoundStatus,
  SetStatus,
  SlipStatus,
  SpecialPathogen,
  StopStep,
} from '../sterile-supply/vocabulary.ts';
import type { BiologicalStatus } from '../steriliser-load/indicators.ts';
import type { SteriliserStatus } from '../steriliser-load/steriliser.ts';
import type { FailReason, StopStatus } from '../supply-round/protocol.ts';
import type { LocalDate } from '../time/local-date.ts';

export interface SimulatedSetType {
  id: string;
  packaging: Packaging;
  program: Program;
  surgical: boolean;
  implant: boolean;
}

export interface SimulatedSet {
  id: string;
  setTypeId: string;
  ownerId: string | null;
  status: SetStatus;
  /** What it was soiled with, until it is washed. */
  special: SpecialPathogen | null;
  holder: Holder;
}

export interface SimulatedPack {
  id: string;
  setId: string;
  setTypeId: string;
  packaging: Packaging;
  implant: boolean;
  surgical: boolean;
  ownerId: string | null;
  status: PackStatus;
  packerId: string;
  checkerId: string | null;
  loadId: string | null;
  labelledOn: LocalDate | null;
  sterilisedOn: LocalDate | null;
  nominalExpiresOn: LocalDate | null;
  expiresOn: LocalDate | null;
  exposed: boolean;
  outerCi: 'pass' | 'fail' | null;
  rejectReason: RejectReason | null;
  releasedAt: number;
  allocatedTo: { institutionId: string; lineId: string | null } | null;
  consignedTo: { institutionId: string; stopId: string } | null;
  openedAt: number | null;
  openedBy: string | null;
  holder: Holder;
}

export interface SimulatedIndicator {
  id: string;
  loadId: string;
  lot: string;
  status: BiologicalStatus;
  incubatedAt: number | null;
  dueAt: number | null;
  readAt: number | null;
}

export interface SimulatedLoad {
  id: string;
  steriliserId: string;
  program: Program;
  purpose: 'packs' | 'requalification';
  status: LoadStatus;
  packIds: string[];
  indicatorIds: string[];
  operatorId: string | null;
  startedAt: number | null;
  endedAt: number | null;
  unloadedAt: number | null;
  unloadedBy: string | null;
  releasedBy: string | null;
  physical: 'pass' | 'fail' | null;
  rejected: boolean;
  wetPacks: number;
  reviewed: boolean;
}

export interface SimulatedSteriliser {
  id: string;
  policy: RecallPolicy;
  status: SteriliserStatus;
  qualifiedAt: number;
  outages: { since: number; until: number | null }[];
  requalificationPassed: number;
  requalifyingSince: number;
  bowieDickTests: { endedAt: number; result: 'pass' | 'fail' }[];
}

export interface SimulatedLine {
  id: string;
  direction: 'collect' | 'deliver';
  setTypeId: string;
  special: SpecialPathogen | null;
  declared: number;
  setIds: string[];
  delivered: number | null;
  outcome: 'delivered' | 'short' | 'counted' | 'not-collected' | null;
  received: number | null;
  missing: number;
  extra: number;
}

export interface SimulatedSlip {
  id: string;
  institutionId: string;
  status: SlipStatus;
  roundId: string | null;
  stopId: string | null;
  lines: SimulatedLine[];
}

export interface SimulatedStop {
  id: string;
  institutionId: string;
  arriveAt: number;
  status: StopStatus;
  steps: { step: StopStep; at: number }[];
  failReason: FailReason | null;
  /** Sets that the courier took along here. */
  takenSetIds: string[];
  takenPackIds: string[];
}

export interface SimulatedRound {
  id: string;
  on: LocalDate;
  vehicleId: string;
  status: RoundStatus;
  brokenDown: boolean;
  stops: SimulatedStop[];
  /** Every pack that was ever consigned to it. */
  loadedPackIds: string[];
  deliveredPackIds: string[];
  meant: MeantPack[];
}

/** A transport box keeps its lane for life. */
export interface SimulatedBox {
  id: string;
  lane: Lane;
}

/** A sealed unit for or from one stop, in one box. */
export interface SimulatedConsignment {
  roundId: string;
  stopId: string;
  lane: Lane;
  boxId: string;
  sealNumber: string;
  special: SpecialPathogen | null;
}

export interface SimulatedRecallLine {
  packId: string;
  holder: LineHolder;
  toldAt: number | null;
  end: LineEnd | null;
}

export interface SimulatedRecall {
  id: string;
  steriliserId: string;
  failedLoadIds: string[];
  outOfServiceAt: number;
  loadIds: string[];
  lines: Map<string, SimulatedRecallLine>;
  acknowledged: Set<string>;
  cause: boolean;
  report: boolean;
  signedBy: string[];
  status: 'open' | 'closed';
  openedAt: number;
}

export interface SimulatedDiscrepancy {
  id: string;
  kind: DiscrepancyKind;
  subjectId: string;
  slipId: string | null;
  status: DiscrepancyStatus;
  openedAt: number;
  resolution: DiscrepancyResolution | null;
  /** Of a count: what it says of its line. */
  evidence: CountEvidence | null;
}

/** One line for each act; a scan has the number that its telephone gave it. */
export interface SimulatedLedgerEntry {
  readonly n: number;
  readonly at: number;
  readonly act: string;
  readonly scan: { readonly device: string; readonly seq: number } | null;
}

export interface SimulatedBreach {
  id: string;
  institutionId: string;
  packIds: string[];
  reviewed: boolean;
}

export interface SimulatedWorld {
  rules: NormRules;
  now: number;
  cssdId: string;
  infectionId: string;
  setTypes: Map<string, SimulatedSetType>;
  sets: Map<string, SimulatedSet>;
  packs: Map<string, SimulatedPack>;
  loads: Map<string, SimulatedLoad>;
  indicators: Map<string, SimulatedIndicator>;
  sterilisers: Map<string, SimulatedSteriliser>;
  slips: Map<string, SimulatedSlip>;
  rounds: Map<string, SimulatedRound>;
  recalls: Map<string, SimulatedRecall>;
  breaches: Map<string, SimulatedBreach>;
  boxes: Map<string, SimulatedBox>;
  consignments: SimulatedConsignment[];
  ledger: SimulatedLedgerEntry[];
  discrepancies: Map<string, SimulatedDiscrepancy>;
  /** When each vehicle and box was cleaned and used last. */
  cleanedAt: Map<string, number>;
  usedAt: Map<string, number>;
  /** Short lines of a centre whose rest the next slip carries on. */
  rests: Map<string, { setTypeId: string; quantity: number }[]>;
}

/** Throws for an id that the world does not hold: the script of the simulation is wrong then. */
export function pick<Value>(map: ReadonlyMap<string, Value>, id: string): Value {
  const value = map.get(id);
  if (value === undefined) throw new Error(`The simulated world holds no ${id}.`);
  return value;
}

/** Throws when a rule of the simulated world refuses what the script does. */
export function mustHold(holds: boolean, what: string): void {
  if (!holds) throw new Error(`The rules refuse what the simulation does: ${what}.`);
}

export const atDepartment = (world: SimulatedWorld): Holder => ({ type: 'cssd', id: world.cssdId });

/** The pack that a set is in, while that pack lives. */
export const findLivePack = (world: SimulatedWorld, setId: string): SimulatedPack | undefined =>
  [...world.packs.values()].find((pack) => pack.setId === setId && pack.status !== 'ended');
