/** The events of a follow-up: the names of its commands, facts and obligations, with the input of each. */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import { patientFacts, type TimedFact } from '../kit/facts.ts';
import type { Actor, Entry, PathwayEvent, Reason } from '../kit/pathway.ts';
import type { RungTemplate } from '../messages/wording.ts';
import type { Calendar } from '../time/calendar.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { EducationItem, LessonCheck } from './education.ts';
import type { Because, ClassCode } from './evaluation.ts';
import type { HandedPlan, Protocol } from './protocol.ts';
import type { RiskFacts, RiskModel, TierName } from './risk-tier.ts';
import type { LostReason, SearchOutcome } from './search-outcomes.ts';
import type { FollowUpHoldings, Package, PauseReason, VisitTrace } from './state.ts';
import type { ChangedFacts, PatientFacts, Visit } from './visit.ts';

/** Creates the follow-up of a person, or adds to it. */
export interface Enrol {
  enrolmentId: string;
  patientId: string;
  centreId: string;
  person: PatientFacts;
  protocol: Protocol;
  calendar: Calendar;
  configuration: FollowUpConfiguration & { version: number };
  /** The risk model in force. Enrolments of older code do not have it. */
  riskModel?: RiskModel;
  /** The education plan of the protocol. */
  education?: readonly EducationItem[];
  startedOn: LocalDate;
  package: Package;
  /** The plan of the hospital that has sent the person back before they were in any follow-up; undefined without one. */
  managementPlan?: HandedPlan | undefined;
  /** The episode after a stay in hospital that hands the person over; undefined where somebody enrols them. */
  handedOverBy?: { episodeId: string; hospitalId: string };
}

interface OnEnrolment {
  enrolmentId: string;
  patientId?: string | undefined;
}

export interface RecordVisit extends OnEnrolment {
  visitId: string;
  visit: Visit;
  late: boolean;
  classOverride: ClassCode | null;
  /** The facts about the person that the visit found to have changed. */
  person?: ChangedFacts;
  /** The risk variables that the form names. */
  risk?: RiskFacts | undefined;
  /** The answers to the visit's questions about lessons. */
  education?: readonly LessonCheck[] | undefined;
  /** The risk model in force, when it is newer than the one that the follow-up has. */
  riskModel?: RiskModel | undefined;
  /** The referral gets this id if the visit leads to one. */
  referralId: string;
  /** The further enrolments that take their part of the same form. The visit has the id of the first part. */
  furtherParts?: readonly VisitPart[];
  /** The values of the visit that reach a crisis threshold, by the protocol of readings. */
  crises?: readonly Because[];
  /** The date that was agreed on for the next visit. */
  nextOn?: LocalDate;
  /** Somebody knows of the other visit of that day in the same mode. */
  allowSecondSameDay?: boolean;
  /** The form is that of one enrolment, which may join the visit that another one has its part of. */
  joins?: boolean;
}

/** The part of a visit that belongs to one enrolment, with a record of its own. */
export interface VisitPart {
  enrolmentId: string;
  visitId: string;
  education?: readonly LessonCheck[] | undefined;
}

/** What has come of looking for the person. */
export interface ReportSearch extends OnEnrolment {
  outcome: SearchOutcome;
  /** The id of the task whose step it was; undefined for the step that there is now. */
  step?: string;
}

/** A visit was entered in error. The decider is told what the decisions that recorded it have changed, because a state does not remember them. */
export interface MarkVisitInError {
  /** The visit of the person. */
  visitId: string;
  visitedAt: number;
  /** The records of its parts. */
  partIds: readonly string[];
  /** The decisions that recorded it, newest first; after them those of visits that were taken back before, on which they may rest. */
  traces: readonly VisitTrace[];
  /**
   * The open referrals that it has started, and those of visits that were taken back before and on which others rested. One is answered when it is neither a
   * draft nor waits for its first answer.
   */
  referrals: readonly { id: string; isAnswered: boolean }[];
  /** A system has said so: nobody looks at it anew if a referral is answered meanwhile, and whoever has answered is told. */
  isReported?: boolean;
}

interface CommandInputs {
  enrol: Enrol;
  'record-visit': RecordVisit;
  'mark-visit-in-error': MarkVisitInError;
  pause: OnEnrolment & { pauseReason: PauseReason };
  resume: OnEnrolment;
  withdraw: OnEnrolment;
  reopen: OnEnrolment;
  transfer: OnEnrolment & { toInstitutionId: string };
  'change-package': OnEnrolment & { package: Package };
  'change-phase': OnEnrolment & { phase: string };
  /** With `tier` null the person has the tier of the score again. */
  'change-tier': OnEnrolment & { tier: TierName | null };
  'acknowledge-education': OnEnrolment & { lesson: string };
  'move-version': OnEnrolment & { protocol: Protocol };
  'close-episode': OnEnrolment & { episodeId: string };
  'report-search': ReportSearch;
  /** The visit of this number is made on this day of its window. */
  'agree-visit-date': OnEnrolment & { visit: number; agreedOn: LocalDate };
}

/** Readings that together call for somebody. */
export interface ReadingEpisode extends TimedFact {
  episodeId: string;
  rule: string;
  /** The role in whose worklist the episode stands. */
  role?: string;
  dueWithinSeconds?: number;
  /** The values of the readings that called for somebody. */
  evidence?: Reason['evidence'];
}

/** A move of many to another version of a protocol reaches each follow-up by this fact. */
export interface VersionMoveOrder extends TimedFact {
  enrolmentId: string;
  protocol: Protocol;
  orderedBy: Actor;
}

/** A centre has accepted a down referral, so it takes the patient back from hospital. */
export interface DownReferralAccepted extends TimedFact {
  referralId: string;
  /** The centre that has accepted the referral. */
  institutionId: string;
  /** The referral itself asks the centre for a first follow-up within this time. */
  firstFollowUpWithinSeconds: number;
  /** The date of the next visit in the hospital's management plan; null when it names none. */
  nextVisitOn: LocalDate | null;
  /** What else of the plan is data; undefined in facts of older code, and where the plan is a text. */
  plan?: Pick<HandedPlan, 'targets' | 'visitEveryDays' | 'items' | 'until'>;
}

/** Two records with a follow-up each turned out to be one person, and this follow-up ends. */
export interface JoinFollowUp extends TimedFact {
  intoPathwayId: string;
  survivorPatientId: string;
}

/** Another follow-up of the same person has ended, and this one takes in what it held. */
export interface FollowUpJoined extends TimedFact {
  fromPathwayId: string;
  held: FollowUpHoldings;
  /** This follow-up had joined the other one by a merger that was taken back: it gets back what is its own. */
  givenBack?: true;
}

/** A merger was wrong and has been taken back. */
export interface MergerRetracted extends TimedFact {
  /** Whose the follow-up is. */
  patientId: string;
  /** This follow-up had ended because of the merger. */
  resumes?: true;
  /** It is to get back later what came meanwhile; without it nothing was handed over. */
  handedOver?: true;
  /** What belongs to the other person goes to these follow-ups. */
  parts?: readonly PartingFollowUp[];
  /** Episodes of readings of the other person. */
  episodeIds?: readonly string[];
}

export interface PartingFollowUp {
  toPathwayId: string;
  /** It had joined this one by the merger. Otherwise it begins now. */
  had: boolean;
  enrolmentIds: readonly string[];
}

interface FactInputs {
  'patient-died': TimedFact;
  'patient-moved': TimedFact & { homeInstitutionId: string };
  'patient-admitted': TimedFact & { institutionId?: string };
  /** The person has left the hospital again. */
  'patient-discharged': TimedFact & { institutionId: string };
  /** The person was never admitted: the hospital has taken it back. */
  'admission-cancelled': TimedFact & { institutionId: string };
  'patients-merged': TimedFact & { survivorPatientId: string };
  /** The death was told wrongly and has been taken back. */
  'death-retracted': TimedFact;
  'referral-closed': TimedFact & { referralId: string; reviewed: boolean };
  /** A crisis value between two visits was confirmed and has started an urgent referral. */
  'crisis-referral-started': TimedFact & { referralId: string };
  'reading-episode': ReadingEpisode;
  /** A message could not be brought to the person by any way that there is. */
  'resident-not-reached': TimedFact & { template: string; learned: LostReason | null };
  'calendar-published': TimedFact & { calendar: Calendar };
  'version-move-ordered': VersionMoveOrder;
  'down-referral-accepted': DownReferralAccepted;
  'join-follow-up': JoinFollowUp;
  'follow-up-joined': FollowUpJoined;
  'merger-retracted': MergerRetracted;
  /** The record of the person was corrected. */
  'person-corrected': TimedFact & Pick<PatientFacts, 'birthDate' | 'sex'>;
}

export const followUpEvents = {
  commands: [
    'enrol',
    'record-visit',
    'mark-visit-in-error',
    'pause',
    'resume',
    'withdraw',
    'reopen',
    'transfer',
    'change-package',
    'change-phase',
    'change-tier',
    'acknowledge-education',
    'move-version',
    'close-episode',
    'report-search',
    'agree-visit-date',
  ],
  facts: [
    ...patientFacts,
    'patient-discharged',
    'admission-cancelled',
    'death-retracted',
    'referral-closed',
    'crisis-referral-started',
    'reading-episode',
    'resident-not-reached',
    'calendar-published',
    'version-move-ordered',
    'down-referral-accepted',
    'join-follow-up',
    'follow-up-joined',
    'merger-retracted',
    'person-corrected',
  ],
  dues: ['window-open', 'overdue', 'expired', 'pause-review', 'episode-overdue', 'search-overdue', 'risk-review', 'monitoring', 'over'],
} as const satisfies EventNames;

export type FollowUpCommandName = (typeof followUpEvents.commands)[number];
type FactName = (typeof followUpEvents.facts)[number];
export type FollowUpDueName = (typeof followUpEvents.dues)[number];

export type FollowUpCommandEvent = CommandEvent<Pick<CommandInputs, FollowUpCommandName>>;
/** Input of the commands on an enrolment, but for those about a visit. */
export type EnrolmentCommand = Exclude<FollowUpCommandEvent, { name: 'enrol' | 'record-visit' | 'mark-visit-in-error' }>['input'];

export type FollowUpFactEvent = FactEvent<Pick<FactInputs, FactName>>;
export type FollowUpDueEvent = DueEvent<FollowUpDueName>;
export type FollowUpEvent = FollowUpCommandEvent | FollowUpFactEvent | FollowUpDueEvent;

/** The events of one name, with their input. */
export type FollowUpEventNamed<Name extends FollowUpEvent['name']> = Extract<FollowUpEvent, { name: Name }>;

export const isFollowUpEvent = (event: PathwayEvent): event is FollowUpEvent => isKnownEvent(event, followUpEvents);

/** The lines of the timeline that have words of the follow-up's own: events, and consequences of a visit or of a missed window. */
export type FollowUpLine =
  | Exclude<FollowUpEvent['name'], 'over'>
  | 'visit-recorded'
  | 'visit-recorded-late'
  | 'referral-started'
  | 'tier-changed'
  | 'education-handed-out'
  | 'search-begun'
  | 'lost';
export type FollowUpEntry = Entry<FollowUpLine | RungTemplate>;
