/** The events of a load: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';

/** The input of the creating command. */
export interface CreateSteriliserLoad {
  /** The supply department, whose people work on it. */
  cssdInstitutionId: string;
  institutionId: string;
}

interface CommandInputs {
  start: CreateSteriliserLoad;
}

// biome-ignore lint/complexity/noBannedTypes: facts are added here as the machine needs them
type FactInputs = {};

export const steriliserLoadEvents = {
  commands: ['start'],
  facts: [],
  dues: ['rung'],
} as const satisfies EventNames;

export type SteriliserLoadFactEvent = FactEvent<FactInputs>;
export type SteriliserLoadEvent =
  | CommandEvent<Pick<CommandInputs, (typeof steriliserLoadEvents.commands)[number]>>
  | SteriliserLoadFactEvent
  | DueEvent<(typeof steriliserLoadEvents.dues)[number]>;

export const isSteriliserLoadEvent = (event: PathwayEvent): event is SteriliserLoadEvent => isKnownEvent(event, steriliserLoadEvents);
