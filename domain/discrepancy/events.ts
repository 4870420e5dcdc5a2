/** The events of a discrepancy: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { PathwayEvent } from '../kit/pathway.ts';
import type { DiscrepancyKind, DiscrepancyResolution } from '../sterile-supply/vocabulary.ts';
import type { OwnerRole } from './owner.ts';

/** How long each has, in seconds from the opening. */
export interface DiscrepancyBudgets {
  /** For the owner to acknowledge it. */
  acknowledgeSeconds: number;
  /** Then the head nurse hears of it. */
  resolveSeconds: number;
  /** Then the office hears of it. */
  escalateSeconds: number;
}

/** What somebody reports who is not answered by an act: the row that the creation writes. The note stays in the command's row. */
export interface ReportedDiscrepancy {
  subjectType: string;
  subjectId: string;
  /** The centre that it concerns. */
  institutionId: string | null;
  slipId: string | null;
  lineId: string | null;
  roundId: string | null;
  stopId: string | null;
}

/** The input of the creating command. */
export interface CreateDiscrepancy {
  discrepancyId: string;
  kind: DiscrepancyKind;
  owner: { role: OwnerRole; institutionId: string };
  /** The supply department, whose head nurse closes it. */
  cssdInstitutionId: string;
  officeInstitutionId: string;
  /** The institutions whose infection control hears of it at once; none for most kinds. */
  infectionInstitutionIds: string[];
  budgets: DiscrepancyBudgets;
  /** Null where the act that found it has written the row. */
  reported: ReportedDiscrepancy | null;
}

interface CommandInputs {
  open: CreateDiscrepancy;
  acknowledge: Record<string, never>;
  investigate: Record<string, never>;
  resolve: { resolution: DiscrepancyResolution };
  close: Record<string, never>;
}

interface FactInputs {
  /** It has resolved itself: what was missing was seen, or a recount differs. `reopened`: it had been closed as written off. */
  'discrepancy-resolved': { occurredAt: number; resolution: DiscrepancyResolution; reopened: boolean };
  /** It had resolved itself, and does not fit any more by what was observed since. */
  'discrepancy-reopened': { occurredAt: number };
}

export const discrepancyEvents = {
  commands: ['open', 'acknowledge', 'investigate', 'resolve', 'close'],
  facts: ['discrepancy-resolved', 'discrepancy-reopened'],
  dues: ['rung'],
} as const satisfies EventNames;

export type DiscrepancyCommandName = (typeof discrepancyEvents.commands)[number];

export type DiscrepancyFactEvent = FactEvent<Pick<FactInputs, (typeof discrepancyEvents.facts)[number]>>;
export type DiscrepancyEvent =
  | CommandEvent<Pick<CommandInputs, DiscrepancyCommandName>>
  | DiscrepancyFactEvent
  | DueEvent<(typeof discrepancyEvents.dues)[number]>;

export const isDiscrepancyEvent = (event: PathwayEvent): event is DiscrepancyEvent => isKnownEvent(event, discrepancyEvents);
