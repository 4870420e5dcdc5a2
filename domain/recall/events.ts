/** The events of a recall: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';

/** The input of the creating command. */
export interface CreateRecall {
  /** The supply department, whose people work on it. */
  cssdInstitutionId: string;
  institutionId: string;
}

interface CommandInputs {
  open: CreateRecall;
  acknowledge: Record<string, never>;
  account: Record<string, never>;
  'record-cause': Record<string, never>;
  'record-report': Record<string, never>;
  sign: Record<string, never>;
}

// biome-ignore lint/complexity/noBannedTypes: facts are added here as the machine needs them
type FactInputs = {};

export const recallEvents = {
  commands: ['open', 'acknowledge', 'account', 'record-cause', 'record-report', 'sign'],
  facts: [],
  dues: ['rung'],
} as const satisfies EventNames;

export type RecallFactEvent = FactEvent<FactInputs>;
export type RecallEvent =
  | CommandEvent<Pick<CommandInputs, (typeof recallEvents.commands)[number]>>
  | RecallFactEvent
  | DueEvent<(typeof recallEvents.dues)[number]>;

export const isRecallEvent = (event: PathwayEvent): event is RecallEvent => isKnownEvent(event, recallEvents);
