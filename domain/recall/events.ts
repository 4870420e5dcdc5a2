/** The events of a recall: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';
import type { PartHolder } from './holders.ts';
import type { RecallBudgets } from './state.ts';

/** What the tables say of a holder's part by now. */
export interface PartChange {
  holder: PartHolder;
  /** How many lines of the holder are open. */
  open: number;
  /** It has gained lines and was told to stop: it acknowledges again. */
  gained: boolean;
  /** A round will stop there within the time for retrieval. */
  stopComing: boolean;
}

/** The input of the creating command. */
export interface CreateRecall {
  /** The supply department, whose people work on it. */
  cssdInstitutionId: string;
  institutionId: string;
  budgets: RecallBudgets;
  parts: PartChange[];
}

interface CommandInputs {
  open: CreateRecall;
  acknowledge: { holder: PartHolder };
  /** What was accounted for stands in the tables. */
  account: Record<string, never>;
  'record-cause': Record<string, never>;
  'record-report': Record<string, never>;
  sign: { role: 'headnurse' | 'infection' };
}

interface FactInputs {
  /** Lines have come, gone or ended. */
  'recall-parts-changed': { occurredAt: number; parts: PartChange[] };
}

export const recallEvents = {
  commands: ['open', 'acknowledge', 'account', 'record-cause', 'record-report', 'sign'],
  facts: ['recall-parts-changed'],
  dues: ['rung'],
} as const satisfies EventNames;

export type RecallFactEvent = FactEvent<FactInputs>;
export type RecallEvent =
  | CommandEvent<Pick<CommandInputs, (typeof recallEvents.commands)[number]>>
  | RecallFactEvent
  | DueEvent<(typeof recallEvents.dues)[number]>;

export const isRecallEvent = (event: PathwayEvent): event is RecallEvent => isKnownEvent(event, recallEvents);
