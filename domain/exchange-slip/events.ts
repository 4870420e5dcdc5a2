/** The events of an exchange slip: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';
import type { NewSlipLine } from './lines.ts';

/** How long each has, in seconds. */
export interface SlipBudgets {
  /** From stowing to counting: then the technician hears of it. */
  dwellSeconds: number;
  /** From stowing to counting: then the head nurse hears of it too. */
  dwellThenSeconds: number;
  /** From the hand-over of the round to counting. */
  countDueSeconds: number;
}

/** What the row of a new slip gets; of a draft that is submitted the row is there. */
export interface NewSlip {
  roundId: string | null;
  lines: NewSlipLine[];
}

/** The input of the creating command. */
export interface CreateExchangeSlip {
  slipId: string;
  /** The supply department, whose people work on it. */
  cssdInstitutionId: string;
  institutionId: string;
  budgets: SlipBudgets;
  /** Null: the draft's row is submitted. */
  slip: NewSlip | null;
}

interface CommandInputs {
  submit: CreateExchangeSlip;
  amend: { lines: NewSlipLine[] };
  /** The reason is free text, which stays in the command's row. */
  cancel: Record<string, never>;
}

interface FactInputs {
  'slip-frozen': { occurredAt: number; roundId: string };
  'slip-unfrozen': { occurredAt: number };
  'slip-picked-up': { occurredAt: number; stowedAt: number };
  'slip-handed-over': { occurredAt: number; handedOverAt: number };
  'slip-counted': { occurredAt: number; status: 'counted' | 'disputed' };
  'slip-closed': { occurredAt: number };
}

export const exchangeSlipEvents = {
  commands: ['submit', 'amend', 'cancel'],
  facts: ['slip-frozen', 'slip-unfrozen', 'slip-picked-up', 'slip-handed-over', 'slip-counted', 'slip-closed'],
  dues: ['rung'],
} as const satisfies EventNames;

export type ExchangeSlipFact = (typeof exchangeSlipEvents.facts)[number];
export type ExchangeSlipFactEvent = FactEvent<Pick<FactInputs, ExchangeSlipFact>>;
export type ExchangeSlipEvent =
  | CommandEvent<Pick<CommandInputs, (typeof exchangeSlipEvents.commands)[number]>>
  | ExchangeSlipFactEvent
  | DueEvent<(typeof exchangeSlipEvents.dues)[number]>;

export const isExchangeSlipEvent = (event: PathwayEvent): event is ExchangeSlipEvent => isKnownEvent(event, exchangeSlipEvents);
