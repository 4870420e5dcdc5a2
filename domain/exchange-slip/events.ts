/** The events of an exchange slip: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';

/** The input of the creating command. */
export interface CreateExchangeSlip {
  /** The supply department, whose people work on it. */
  cssdInstitutionId: string;
  institutionId: string;
}

interface CommandInputs {
  submit: CreateExchangeSlip;
  amend: Record<string, never>;
  cancel: Record<string, never>;
}

// biome-ignore lint/complexity/noBannedTypes: facts are added here as the machine needs them
type FactInputs = {};

export const exchangeSlipEvents = {
  commands: ['submit', 'amend', 'cancel'],
  facts: [],
  dues: ['rung'],
} as const satisfies EventNames;

export type ExchangeSlipFactEvent = FactEvent<FactInputs>;
export type ExchangeSlipEvent =
  | CommandEvent<Pick<CommandInputs, (typeof exchangeSlipEvents.commands)[number]>>
  | ExchangeSlipFactEvent
  | DueEvent<(typeof exchangeSlipEvents.dues)[number]>;

export const isExchangeSlipEvent = (event: PathwayEvent): event is ExchangeSlipEvent => isKnownEvent(event, exchangeSlipEvents);
