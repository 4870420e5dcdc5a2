/** The events of a discrepancy: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';

/** The input of the creating command. */
export interface CreateDiscrepancy {
  /** The supply department, whose people work on it. */
  cssdInstitutionId: string;
  institutionId: string;
}

interface CommandInputs {
  open: CreateDiscrepancy;
  acknowledge: Record<string, never>;
  investigate: Record<string, never>;
  resolve: Record<string, never>;
  close: Record<string, never>;
}

// biome-ignore lint/complexity/noBannedTypes: facts are added here as the machine needs them
type FactInputs = {};

export const discrepancyEvents = {
  commands: ['open', 'acknowledge', 'investigate', 'resolve', 'close'],
  facts: [],
  dues: ['rung'],
} as const satisfies EventNames;

export type DiscrepancyFactEvent = FactEvent<FactInputs>;
export type DiscrepancyEvent =
  | CommandEvent<Pick<CommandInputs, (typeof discrepancyEvents.commands)[number]>>
  | DiscrepancyFactEvent
  | DueEvent<(typeof discrepancyEvents.dues)[number]>;

export const isDiscrepancyEvent = (event: PathwayEvent): event is DiscrepancyEvent => isKnownEvent(event, discrepancyEvents);
