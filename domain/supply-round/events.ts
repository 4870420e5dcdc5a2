/** The events of a round: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';

/** The input of the creating command. */
export interface CreateSupplyRound {
  /** The supply department, whose people work on it. */
  cssdInstitutionId: string;
  institutionId: string;
}

interface CommandInputs {
  create: CreateSupplyRound;
  confirm: Record<string, never>;
  close: Record<string, never>;
  cancel: Record<string, never>;
}

// biome-ignore lint/complexity/noBannedTypes: facts are added here as the machine needs them
type FactInputs = {};

export const supplyRoundEvents = {
  commands: ['create', 'confirm', 'close', 'cancel'],
  facts: [],
  dues: ['rung'],
} as const satisfies EventNames;

export type SupplyRoundFactEvent = FactEvent<FactInputs>;
export type SupplyRoundEvent =
  | CommandEvent<Pick<CommandInputs, (typeof supplyRoundEvents.commands)[number]>>
  | SupplyRoundFactEvent
  | DueEvent<(typeof supplyRoundEvents.dues)[number]>;

export const isSupplyRoundEvent = (event: PathwayEvent): event is SupplyRoundEvent => isKnownEvent(event, supplyRoundEvents);
