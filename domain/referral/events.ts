/** The events of a referral: the names of its commands, facts and obligations, with the input of each. */
import type { Direction, Urgency } from '../alliance/configuration.ts';
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import { patientFacts, type TimedFact } from '../kit/facts.ts';
import type { Entry, PathwayEvent } from '../kit/pathway.ts';
import type { RungTemplate } from '../messages/wording.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { Appointment, CheckOutcome, Party, ReferralPolicy } from './state.ts';
import { type ReferralTrigger, referralTriggers } from './transitions.ts';

/** Input of the creating command. */
export interface CreateReferral {
  draft: boolean;
  patientId: string;
  direction: Direction;
  urgency: Urgency;
  emergency: boolean;
  consentGiven: boolean;
  overridden: boolean;
  replacesId: string | null;
  initiatorDepartmentId: string | null;
  /** The day by which the management plan wants the first follow-up; missing without one, and in commands of older code. */
  firstFollowUpBy?: LocalDate | null;
  addressee: Party;
  policy: ReferralPolicy;
}

/** Input of every other command: the appointment for those that make one, the next institution for those that send it on. */
export interface ReferralCommand {
  patientId?: string;
  appointment?: Appointment;
  to?: Party;
  /** What the patient has said about the referral; undefined when the command says nothing of it. */
  consentGiven?: boolean;
  /** The slot whose withdrawal cancels the appointment in it. */
  withdrawnSlotId?: string;
  /** The answer to the two-week check; missing in commands of older code. */
  checkOutcome?: CheckOutcome;
}

/** Input of the command that changes a draft. What is left out stays as it is; texts stand in the command's row. */
export interface EditDraft {
  patientId?: string;
  urgency?: Urgency;
  addressee?: Party;
  /** The agreement with the departments that may be asked next, which follow from the department asked first. It comes with `addressee`. */
  policy?: ReferralPolicy;
  consentGiven?: boolean;
  /** It comes with a new management plan. */
  firstFollowUpBy?: LocalDate | null;
  /** The names of all fields that change, texts too. */
  fields: readonly DraftField[];
}

export const draftFields = ['urgency', 'toInstitutionId', 'toDepartmentId', 'reason', 'summary', 'managementPlan', 'consent'] as const;
export type DraftField = (typeof draftFields)[number];

type CommandInputs = { create: CreateReferral; 'edit-draft': EditDraft; 'refer-onward': ReferralCommand & { to: Party } } & {
  [Trigger in Exclude<ReferralTrigger, 'refer-onward'>]: ReferralCommand;
};

export interface VisitInError {
  visitId: string;
  /** Whether the referral has no reason any more, so that it ends while nobody has answered it. */
  withdraws: boolean;
  /** Whether the values of the visit are the outcome as it stands: the first follow-up after hospital has not been made then. */
  wasOutcome?: boolean;
}

interface FactInputs {
  'patient-died': TimedFact;
  /** The death was told wrongly and has been taken back. */
  'death-retracted': TimedFact;
  'patient-moved': TimedFact & { homeInstitutionId: string };
  'patient-admitted': TimedFact & { institutionId: string };
  'patients-merged': TimedFact & { survivorPatientId: string };
  /** The merger was wrong and has been taken back: `patientId` is whom the referral is about. */
  'merger-retracted': TimedFact & { patientId: string };
  /** The visit that has started the referral, or whose values went back as its outcome, was entered in error. */
  'visit-entered-in-error': TimedFact & VisitInError;
}

export const referralEvents = {
  commands: ['create', 'edit-draft', ...referralTriggers],
  facts: [...patientFacts, 'death-retracted', 'merger-retracted', 'visit-entered-in-error'],
  dues: ['rung', 'call-repeat', 'check-due', 'over'],
} as const satisfies EventNames;

type CommandName = (typeof referralEvents.commands)[number];
type FactName = (typeof referralEvents.facts)[number];
export type ReferralDueName = (typeof referralEvents.dues)[number];

export type ReferralCommandEvent = CommandEvent<Pick<CommandInputs, CommandName>>;
export type ReferralFactEvent = FactEvent<Pick<FactInputs, FactName>>;
export type ReferralDueEvent = DueEvent<ReferralDueName>;
export type ReferralEvent = ReferralCommandEvent | ReferralFactEvent | ReferralDueEvent;

export const isReferralEvent = (event: PathwayEvent): event is ReferralEvent => isKnownEvent(event, referralEvents);

/** The lines of the timeline that have words of the referral's own. Rungs and the end have words that all pathways share. */
export type ReferralLine = Exclude<ReferralEvent['name'], 'rung' | 'over'> | 'expire';
export type ReferralEntry = Entry<ReferralLine | RungTemplate | 'over'>;
