/** The events of an episode after a stay in hospital: the names of its commands, facts and obligations, with the input of each. */
import { type CommandEvent, type DueEvent, type EventNames, type FactEvent, isKnownEvent } from '../kit/events.ts';
import type { TimedFact } from '../kit/facts.ts';
import type { PathwayEvent } from '../kit/pathway.ts';
import type { Calendar } from '../time/calendar.ts';
import type { ContactChannel, ContactOutcome, TriageAction, Understanding, VisitMode } from './codes.ts';
import type { ConversationDecision } from './conversations.ts';
import { type LinkInputs, linkCommands, type WithoutPost } from './link-inputs.ts';
import type { OnEpisode } from './on-episode.ts';
import type { GivenOrder } from './order.ts';
import type { OrderReport } from './order-reports.ts';
import type { NewOrder, RecordPlan } from './plan-input.ts';
import type { RiskLevel, RiskScores } from './risk-model.ts';
import type { DischargeRules, Symptom } from './rules.ts';
import type { OrderByMessage, PlanByMessage } from './sent-orders.ts';
import type { LaterStay, VisitStanding } from './standing.ts';
import type { DischargeTemplates } from './templates.ts';

/** The input of the creating command. A stay that is known only as cancelled, or by a death, begins so and nobody is told. */
export interface CreateEpisode {
  patientId: string;
  /** The institution of the stay. */
  hospitalId: string;
  /** The present home institution of the patient. */
  centreId: string;
  visitNumber: string;
  /** The running number of the standing of this visit. */
  number: number;
  standing: VisitStanding;
  /** The ward of the standing; null where its code is not known, which makes it the referral desk's. */
  departmentId: string | null;
  noticedAt: number;
  calendar: Calendar;
  /** The documents in force, which the episode keeps. */
  rules: DischargeRules;
  templates: DischargeTemplates;
  scores: RiskScores;
}

/** The standing of the visit has changed. One with an older number than the episode has seen is ignored. */
export interface VisitStandingChanged extends TimedFact {
  number: number;
  standing: VisitStanding;
  departmentId: string | null;
}

/** A result of the stay has come. */
export interface ResultReported extends TimedFact {
  number: string;
  /** The id of the order that it makes where none waits for it. */
  orderId: string;
  abnormal: boolean;
  critical: boolean;
}

/** A call that was recorded elsewhere is an attempt here too. */
export type ResidentCalled = Pick<RecordContact, 'channel' | 'outcome' | 'contact' | 'familyContacts' | 'hasNumber'>;

/** What the hospital's system has sent of orders and of a plan, as all of its messages say it by now. */
export interface OrdersReported extends TimedFact {
  orders: readonly OrderByMessage[];
  plan: PlanByMessage | null;
}

export interface RecordContact extends OnEpisode {
  channel: ContactChannel;
  outcome: ContactOutcome;
  /** When the patient asked to be called again, in milliseconds. */
  callAt?: number | undefined;
  /** The index of the family contact. */
  contact?: number | undefined;
  /** How many family contacts the patient has. */
  familyContacts: number;
  /** Whether the patient has a telephone at which nobody else has answered; undefined in events of older code, which meant yes. */
  hasNumber?: boolean | undefined;
  symptoms?: readonly Symptom[] | undefined;
  orders?: readonly ReportedOrder[] | undefined;
}

export interface RecordVisit extends OnEpisode {
  visitedAt: number;
  mode: VisitMode;
  symptoms?: readonly Symptom[] | undefined;
  orders?: readonly ReportedOrder[] | undefined;
}

export interface Reconcile extends OnEpisode {
  medicines: number;
  discrepancies: number;
}

/** What is reported of orders, all or none. */
export interface ReportedOrder extends OrderReport {
  orderId: string;
}

export interface AddOrder extends OnEpisode {
  order: NewOrder;
}

export interface ChangeOrder extends OnEpisode {
  orderId: string;
  order: GivenOrder;
}

export interface ReportOrders extends OnEpisode {
  orders: readonly ReportedOrder[];
}

export interface AnswerConversation extends OnEpisode {
  conversationId: string;
  decision: ConversationDecision;
  /** What takes the place of a replaced order. */
  order?: NewOrder | undefined;
}

export interface AnswerTriage extends OnEpisode {
  triageId: string;
  action: TriageAction;
  /** The id that the referral gets which the action asks for; undefined in commands of older code. */
  referralId?: string;
}

export interface ReportResult extends OnEpisode {
  orderId: string;
  resultAt: number;
  abnormal: boolean;
  critical: boolean;
}

export interface TellResult extends OnEpisode {
  orderId: string;
}

export interface SetRisk extends OnEpisode {
  /** Null: that of the scores again. */
  level: RiskLevel | null;
}

/** What was explained to whom, and what it is expected to cost, stays in the command's row. */
export interface Brief extends OnEpisode {
  expectedDays: number;
}

export interface TellResults extends OnEpisode {
  numbers: readonly string[];
}

export interface Educate extends OnEpisode {
  understood: Understanding;
}

/** Its owner has written what was done; the words stay in the command's row. */
export interface FinishTask extends OnEpisode {
  taskId: string;
}

interface CommandInputs extends LinkInputs {
  create: CreateEpisode;
  brief: Brief;
  'tell-results': TellResults;
  educate: Educate;
  'record-plan': RecordPlan & OnEpisode;
  'record-contact': RecordContact;
  'record-visit': RecordVisit;
  reconcile: Reconcile;
  'add-order': AddOrder;
  'change-order': ChangeOrder;
  'report-orders': ReportOrders;
  'answer-conversation': AnswerConversation;
  triage: AnswerTriage;
  'report-result': ReportResult;
  'tell-result': TellResult;
  'set-risk': SetRisk;
  'finish-task': FinishTask;
  withdraw: OnEpisode;
  reopen: OnEpisode;
}

/** The follow-up to which the patient was handed over has refused. */
interface HandOverRefused extends TimedFact {
  /** The enrolment that the patient has for the same disease; null where that is not why. */
  enrolmentId: string | null;
  code: string;
}

interface FactInputs {
  'orders-reported': OrdersReported;
  'hand-over-refused': HandOverRefused;
  'result-reported': ResultReported;
  'visit-standing': VisitStandingChanged;
  /** The next stay of the same person, as it stands by now; null when there is none any more. */
  'later-stay': TimedFact & { stay: LaterStay | null };
  'patient-died': TimedFact;
  /** Somebody has seen the patient on another pathway; it happened at `occurredAt`. */
  'resident-seen': TimedFact & { mode: VisitMode };
  /** Somebody has called the patient for another pathway. */
  'resident-called': TimedFact & ResidentCalled;
  /** Somebody has said that the patient has died, and somebody finds out whether it is so; then that they live. */
  'death-reported': TimedFact;
  'death-refuted': TimedFact;
  /** Whether the patient has moved is known. */
  'move-answered': TimedFact & { confirmed: boolean };
  /** The patient lives: a death that was told has been taken back. */
  'death-retracted': TimedFact;
  'patient-moved': TimedFact & { homeInstitutionId: string };
  'patients-merged': TimedFact & { survivorPatientId: string };
  /** The merger was wrong and has been taken back: `patientId` is whom the episode is about. */
  'merger-retracted': TimedFact & { patientId: string };
  'calendar-published': TimedFact & { calendar: Calendar };
}

export const dischargeEvents = {
  commands: [
    'create',
    'brief',
    'tell-results',
    'educate',
    'record-plan',
    'add-order',
    'change-order',
    'report-orders',
    'record-contact',
    'record-visit',
    'reconcile',
    'answer-conversation',
    'triage',
    'report-result',
    'tell-result',
    'set-risk',
    'finish-task',
    'withdraw',
    'reopen',
    ...linkCommands,
  ],
  facts: [
    'visit-standing',
    'later-stay',
    'result-reported',
    'resident-seen',
    'resident-called',
    'orders-reported',
    'hand-over-refused',
    'patient-died',
    'death-reported',
    'death-refuted',
    'move-answered',
    'death-retracted',
    'patient-moved',
    'patients-merged',
    'merger-retracted',
    'calendar-published',
  ],
  dues: ['day', 'rung', 'transfer-overdue', 'over'],
} as const satisfies EventNames;

type CommandName = (typeof dischargeEvents.commands)[number];
type FactName = (typeof dischargeEvents.facts)[number];
/** The commands of staff on an episode that is there. A task of which only a note is owed is finished by that. */
export type EpisodeCommandName = Exclude<CommandName, 'create' | 'finish-task' | WithoutPost>;

export type DischargeCommandEvent = CommandEvent<Pick<CommandInputs, CommandName>>;
export type DischargeFactEvent = FactEvent<Pick<FactInputs, FactName>>;
export type DischargeDueEvent = DueEvent<(typeof dischargeEvents.dues)[number]>;
export type DischargeEvent = DischargeCommandEvent | DischargeFactEvent | DischargeDueEvent;

/** The events of one name, with their input. */
export type DischargeEventNamed<Name extends DischargeEvent['name']> = Extract<DischargeEvent, { name: Name }>;

export const isDischargeEvent = (event: PathwayEvent): event is DischargeEvent => isKnownEvent(event, dischargeEvents);

/** The lines of the timeline that have words of their own beside the events: what follows from a changed standing, from a date, from the last duty. */
export const dischargeLines = [
  'patient-discharged',
  'discharge-cancelled',
  'stay-corrected',
  'stay-cancelled',
  'window-open',
  'overdue',
  'missed',
  'order-expired',
  'handed-over',
  'ended',
] as const;
export type DischargeLine = Exclude<DischargeEvent['name'], 'rung' | 'day'> | (typeof dischargeLines)[number];
