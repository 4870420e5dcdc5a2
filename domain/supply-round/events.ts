/** The events of a round: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';
import type { FailReason } from './protocol.ts';
import type { RoundBudgets } from './state.ts';

/** A stop as the obligations of the round see it; instants in milliseconds. */
export interface PlannedStop {
  stopId: string;
  institutionId: string;
  arriveAt: number;
}

/** The input of the creating command. What the row of the round has beside it stands here too, so that the row is made of the command alone. */
export interface CreateSupplyRound {
  /** The supply department, whose people work on it. */
  cssdInstitutionId: string;
  onDate: string;
  vehicleId: string;
  driverId: string;
  courierId: string;
  mode: 'soiled-first' | 'clean-first';
  departAt: number;
  /** The instant by which the vehicle should be back. */
  returnDueAt: number;
  /** The round is confirmed by itself at this instant; null when it lay in the past at the creation. */
  cutOffAt: number | null;
  stops: PlannedStop[];
  budgets: RoundBudgets;
}

interface CommandInputs {
  create: CreateSupplyRound;
  confirm: Record<string, never>;
  close: Record<string, never>;
  cancel: Record<string, never>;
  /** Somebody of the centre says in their own session that the signature of the delivery is theirs. */
  'confirm-signature': { stopId: string };
}

interface Happened {
  occurredAt: number;
}

interface FactInputs {
  'round-allocated': Happened;
  'round-loaded': Happened;
  'round-departed': Happened;
  'round-broke-down': Happened;
  'round-transferred': Happened & { vehicleId: string };
  'round-aborted': Happened & { stops: { stopId: string; institutionId: string; unserved: boolean }[] };
  'round-returned': Happened;
  'round-handed-over': Happened;
  'stop-added': Happened & PlannedStop & { returnDueAt: number };
  'stop-moved': Happened & { stopId: string; institutionId: string };
  'stop-arrived': Happened & { stopId: string; institutionId: string };
  'stop-left': Happened & { stopId: string; institutionId: string };
  /** `unserved`: the centre had a slip for this stop, which waits for the next round now. */
  'stop-failed': Happened & { stopId: string; institutionId: string; reason: FailReason; unserved: boolean };
  'signature-unverified': Happened & { stopId: string; institutionId: string };
  /** A round came to the centre after all. */
  'centre-served': Happened & { institutionId: string };
}

export const supplyRoundEvents = {
  commands: ['create', 'confirm', 'close', 'cancel', 'confirm-signature'],
  facts: [
    'round-allocated',
    'round-loaded',
    'round-departed',
    'round-broke-down',
    'round-transferred',
    'round-aborted',
    'round-returned',
    'round-handed-over',
    'stop-added',
    'stop-moved',
    'stop-arrived',
    'stop-left',
    'stop-failed',
    'signature-unverified',
    'centre-served',
  ],
  dues: ['rung'],
} as const satisfies EventNames;

export type SupplyRoundFactName = (typeof supplyRoundEvents.facts)[number];
/** What a fact brings beside the instant at which it happened. */
export type SupplyRoundFactInput<Name extends SupplyRoundFactName> = Omit<FactInputs[Name], 'occurredAt'>;

export type SupplyRoundFactEvent = FactEvent<Pick<FactInputs, SupplyRoundFactName>>;
export type SupplyRoundCommandEvent = CommandEvent<Pick<CommandInputs, (typeof supplyRoundEvents.commands)[number]>>;
export type SupplyRoundDueEvent = DueEvent<(typeof supplyRoundEvents.dues)[number]>;
export type SupplyRoundEvent = SupplyRoundCommandEvent | SupplyRoundFactEvent | SupplyRoundDueEvent;

export const isSupplyRoundEvent = (event: PathwayEvent): event is SupplyRoundEvent => isKnownEvent(event, supplyRoundEvents);
