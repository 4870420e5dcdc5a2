/** The events of a crisis reading: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { TimedFact } from '../kit/facts.ts';
import type { PathwayEvent } from '../kit/pathway.ts';
import type { ReadingKind } from '../readings/reading.ts';
import type { ConfirmationPlan } from '../readings/reading-protocol.ts';

/** A value at or beyond its threshold. */
export interface CrisisValue {
  readingId: string;
  rule: string;
  kind: ReadingKind;
  /** A blood pressure is a text such as `192/112`. */
  value: number | string;
  unit: string;
  threshold: number | string;
  /** An RFC 3339 instant, as the sender gave it. */
  measuredAt: string;
  /** In milliseconds: a value that was measured after this instant was measured later, whatever the clock of the device said. */
  effectiveAt: number;
  /** 1 at the threshold, and more the worse the value is. */
  severity: number;
  /** Why the reading is quarantined; null for one that is recorded. */
  quarantine: string | null;
}

/** The rules that the pathway keeps from its beginning. */
export interface KeptPlan extends ConfirmationPlan {
  /** `<id>/<version>` of the document that has them. */
  protocol: string;
}

/** The input of the creating command. */
export interface RaiseCrisisReading {
  patientId: string;
  /** The home institution of the patient. */
  centreId: string;
  /** When the first value was stored, in milliseconds: the times of the plan count from it. */
  raisedAt: number;
  values: CrisisValue[];
  plan: KeptPlan;
}

export const crisisOutcomes = ['confirmed', 'refuted'] as const;
export type CrisisOutcome = (typeof crisisOutcomes)[number];

export const crisisActions = ['refer', 'treat', 'emergency'] as const;
export type CrisisAction = (typeof crisisActions)[number];

/** What somebody has found out about the value. The note is free text, which stays in the command's row. */
export interface ConfirmCrisisReading {
  outcome: CrisisOutcome;
  /** Null for a value that was refuted. */
  action: CrisisAction | null;
  /** The id that the referral gets if one is started. */
  referralId: string;
  /** False for a nurse, who may say so only after a later value below the threshold. */
  isDoctor: boolean;
}

interface CommandInputs {
  raise: RaiseCrisisReading;
  confirm: ConfirmCrisisReading;
}

interface FactInputs {
  'patient-died': TimedFact;
  /** The death was told wrongly. */
  'death-retracted': TimedFact;
  'patient-moved': TimedFact & { homeInstitutionId: string };
  'patients-merged': TimedFact & { survivorPatientId: string };
  /** The merger was wrong: the values of these readings are another person's, in whose crisis reading they are confirmed from now on. */
  'merger-retracted': TimedFact & { patientId: string; readingIds?: readonly string[] };
  /** A further value while the first is open, or one that the pathway of another record of the person had. */
  'crisis-value': TimedFact & { value: CrisisValue };
  /** The reading was entered in error. */
  'crisis-value-withdrawn': TimedFact & { readingId: string };
  /** Two records turned out to be one person's: the other pathway goes on with the values of both. */
  'join-crisis-reading': TimedFact & { intoPathwayId: string };
}

export const crisisReadingEvents = {
  commands: ['raise', 'confirm'],
  facts: [
    'patient-died',
    'death-retracted',
    'patient-moved',
    'patients-merged',
    'merger-retracted',
    'crisis-value',
    'crisis-value-withdrawn',
    'join-crisis-reading',
  ],
  dues: ['call', 'call-again'],
} as const satisfies EventNames;

type FactName = (typeof crisisReadingEvents.facts)[number];

export type CrisisReadingFactEvent = FactEvent<Pick<FactInputs, FactName>>;
type CrisisReadingCommandEvent = CommandEvent<Pick<CommandInputs, (typeof crisisReadingEvents.commands)[number]>>;
type CrisisReadingDueEvent = DueEvent<(typeof crisisReadingEvents.dues)[number]>;
export type CrisisReadingEvent = CrisisReadingCommandEvent | CrisisReadingFactEvent | CrisisReadingDueEvent;

export type CrisisReadingEventNamed<Name extends CrisisReadingEvent['name']> = Extract<CrisisReadingEvent, { name: Name }>;

export const isCrisisReadingEvent = (event: PathwayEvent): event is CrisisReadingEvent => isKnownEvent(event, crisisReadingEvents);
