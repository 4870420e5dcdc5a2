/** The events of an identity check: a question about a resident's life or records that somebody has to answer within a day. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { TimedFact } from '../kit/facts.ts';
import type { PathwayEvent, TaskAbout } from '../kit/pathway.ts';

export const identityCheckKinds = ['death', 'death-retraction', 'merger', 'merger-retraction', 'move'] as const;
export type IdentityCheckKind = (typeof identityCheckKinds)[number];

/** The input of the creating command. Names, causes and other words stand in the check's row. */
export interface OpenIdentityCheck {
  kind: IdentityCheckKind;
  patientId: string;
  /** The home centre, whose GP or head answers. */
  institutionId: string;
  role: 'gp' | 'head';
  /** The instant since which the task stands open, in milliseconds. */
  openedAt: number;
  budgetSeconds: number;
  about: TaskAbout;
}

interface FactInputs {
  'patient-moved': TimedFact & { homeInstitutionId: string };
  'patients-merged': TimedFact & { survivorPatientId: string };
  /** The merger was wrong and has been taken back: `patientId` is the record about which the question was asked. */
  'merger-retracted': TimedFact & { patientId: string };
  /** Somebody has answered. What the answer does was done in the same transaction. */
  'identity-check-decided': TimedFact & { confirmed: boolean };
}

export const identityCheckEvents = {
  commands: ['open'],
  facts: ['patient-moved', 'patients-merged', 'merger-retracted', 'identity-check-decided'],
  dues: ['rung'],
} as const satisfies EventNames;

export type IdentityCheckFactEvent = FactEvent<Pick<FactInputs, (typeof identityCheckEvents.facts)[number]>>;
export type IdentityCheckEvent =
  | CommandEvent<{ open: OpenIdentityCheck }>
  | IdentityCheckFactEvent
  | DueEvent<(typeof identityCheckEvents.dues)[number]>;

export const isIdentityCheckEvent = (event: PathwayEvent): event is IdentityCheckEvent => isKnownEvent(event, identityCheckEvents);
