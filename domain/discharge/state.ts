/** The state of an episode: a stay in hospital and what is owed after it. It is plain JSON with ids, codes, instants in milliseconds and local dates. */
import type { Role } from '../alliance/roles.ts';
import type { Reason } from '../kit/pathway.ts';
import type { Calendar } from '../time/calendar.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { SlaClock } from '../time/sla-clock.ts';
import type {
  ContactChannel,
  ContactOutcome,
  DutyName,
  DutyState,
  EndReason,
  EpisodeStatus,
  InStayDutyName,
  InStayState,
  TriageAction,
} from './codes.ts';
import type { ConversationDecision } from './conversations.ts';
import type { HandedOver } from './handed-over.ts';
import type { CallBack, PatientLink } from './link-state.ts';
import type { OrderState } from './order.ts';
import type { RecordPlan } from './plan-input.ts';
import type { Risk } from './risk.ts';
import type { RiskLevel, RiskScores } from './risk-model.ts';
import type { DischargeRules, TriageLevel } from './rules.ts';
import type { LaterStay, VisitStanding } from './standing.ts';
import type { ClockTaskName } from './task-names.ts';
import type { DischargeTemplates } from './templates.ts';

/** Who owes something. Where it is follows from the state: a ward may be corrected, and a patient moves. */
export interface Owner {
  side: 'hospital' | 'centre';
  role: Role;
}

export interface Duty {
  duty: DutyName;
  state: DutyState;
  /** Done after it was due. */
  late: boolean;
  opensOn: LocalDate | null;
  dueOn: LocalDate | null;
  /** The instant of a duty that is due within hours. */
  dueAt: number | null;
  owner: Owner;
  doneAt: number | null;
  because: Reason[];
  /** Who has been told that it is overdue: 1 the owner, 2 their head too, 3 the office too. */
  called: number;
}

export const isClosed = ({ state }: Pick<Duty, 'state'>): boolean => state !== 'waiting' && state !== 'open' && state !== 'overdue';

/** Something that is owed within hours, with the task of whoever owes it. */
export interface DutyClock {
  clock: SlaClock;
  owner: Owner;
  task: ClockTaskName;
}

/** The admission in another hospital to which the patient was sent. */
export interface AwaitedTransfer {
  /** When somebody begins to look for the patient, in milliseconds. */
  until: number;
  /** Of the standing that has told it. */
  number: number;
  /** The discharge that it belongs to. */
  discharge: number;
  /** The time for it is over. */
  isOver: boolean;
}

export type Rung = 1 | 2 | 3 | 4 | 5;

export interface ContactAttempt {
  at: number;
  rung: Rung;
  channel: ContactChannel;
  outcome: ContactOutcome;
  /** A call at night, or soon after another one to the same number, is only noted. */
  counted: boolean;
  /** The index of the family contact that was called; null for any other way. */
  contact: number | null;
  /** The discharge that it belongs to: the ladder starts again after a discharge that was taken back. */
  discharge: number;
}

export type Question = 'moved' | 'dead';

export interface ContactLadder {
  /** Null before the discharge and once the contact is closed. */
  rung: Rung | null;
  dueOn: LocalDate | null;
  /** When the patient counts as lost: every rung has been tried by then. */
  lostOn: LocalDate | null;
  /** Somebody has said that the patient has moved or died: until that is answered nobody looks for them. Undefined in states of older code. */
  questions?: readonly Question[];
  /** The ward calls the family, because the day on which that is due is none on which the centre works. */
  isHospitals?: boolean;
}

export const isResting = ({ questions = [] }: ContactLadder): boolean => questions.length > 0;

/** What a gp has to speak about with the patient: an order that they do not go on with, a refused contact, medicines that do not agree. */
export interface Conversation {
  id: string;
  /** Null when it is about no order. */
  orderId: string | null;
  reason: string;
  dueOn: LocalDate | null;
  dueAt: number | null;
  decision: ConversationDecision | null;
  /** Who has been told that it is overdue. */
  called: number;
}

/** Something that a patient told or that was found, and that somebody has to judge within hours. */
export interface Triage {
  id: string;
  level: TriageLevel;
  dueAt: number;
  action: TriageAction | null;
}

/** What is owed in the stay: a briefing within hours, each result told within hours, teaching until the discharge. */
export interface InStayDuty {
  duty: InStayDutyName;
  state: InStayState;
  dueAt: number | null;
  doneAt: number | null;
}

/** A result that the hospital has reported in the stay. */
export interface StayResult {
  /** The number under which the hospital has ordered it. */
  number: string;
  /** The order that it becomes when nobody has told of it by the discharge. */
  orderId: string;
  reportedAt: number;
  abnormal: boolean;
  critical: boolean;
  toldAt: number | null;
}

/** What an episode owed when a later stay became known, so that it can go on with it. */
export type Resting = Pick<DischargeState, 'duties' | 'clocks' | 'ladder' | 'orders' | 'conversations'>;

/** An episode as it was when the patient was said to have died, so that it can go on when that was wrong. */
export type BeforeDeath = Resting & Pick<DischargeState, 'status' | 'endReason' | 'resting' | 'number' | 'standing' | 'departmentId'>;

export interface DischargeState {
  /** It is null before the creation. */
  status: EpisodeStatus | null;
  endReason: EndReason | null;
  endedAt: number | null;
  /** Nothing brings it back any more. */
  over: boolean;
  patientId: string;
  hospitalId: string;
  centreId: string;
  visitNumber: string;
  noticedAt: number;
  /** The number of the standing that it has seen. */
  number: number;
  standing: VisitStanding | null;
  /** The next stay of the same person; null while none is known. */
  laterStay: LaterStay | null;
  /** Null unless the patient was sent to another hospital. */
  transfer: AwaitedTransfer | null;
  /** What was owed when the later stay became known; null unless it has suspended or ended the episode. */
  resting: Resting | null;
  /** Null unless a death that was told of the patient has ended the episode, or what had outlived it. */
  beforeDeath: BeforeDeath | null;
  /** The ward, or the desk of the hospital. */
  departmentId: string | null;
  calendar: Calendar;
  /** The documents that were in force when it began. */
  rules: DischargeRules;
  templates: DischargeTemplates;
  scores: RiskScores;
  /** How many discharges of the stay have been told: what is owed after each has ids of its own. */
  discharges: number;
  /** `recordedBy`: the id of whoever wrote it; undefined in states of older code. */
  plan: (RecordPlan & { recordedAt: number; recordedBy?: string }) | null;
  risk: Risk;
  /** The level that somebody has set in place of that of the scores; null for none. */
  riskOverride: RiskLevel | null;
  inStay: InStayDuty[];
  results: StayResult[];
  duties: Duty[];
  orders: OrderState[];
  /** Items of the template that ask for a medicine which the plan does not order. */
  missingMedicines: string[];
  /** Reported in the stay. */
  conversations: Conversation[];
  triages: Triage[];
  clocks: DutyClock[];
  ladder: ContactLadder;
  attempts: ContactAttempt[];
  /** Links that nobody has ended, expired ones among them. */
  links: PatientLink[];
  /** Who asked by a link to be called. */
  callBacks: CallBack[];
  /** To whom the patient was handed on; null as long as they were not. */
  handedOver: HandedOver | null;
  /** How many times somebody was asked to look at an order. */
  reviews: number;
  /** The last day whose dates have acted. */
  actedOn: LocalDate | null;
  /** The same of results that are waited for, which go on while everything else rests. */
  resultsActedOn: LocalDate | null;
  /** How many dates have been dealt with: the id of the next is its own. */
  days: number;
}

/** What the documents have in common before an episode has any. */
const blank = { version: 0, title: { zh: '', en: '' }, effectiveFrom: '', sources: {} };

export const initialDischargeState: DischargeState = {
  status: null,
  endReason: null,
  endedAt: null,
  over: false,
  patientId: '',
  hospitalId: '',
  centreId: '',
  visitNumber: '',
  noticedAt: 0,
  number: 0,
  standing: null,
  laterStay: null,
  transfer: null,
  resting: null,
  beforeDeath: null,
  departmentId: null,
  calendar: { years: [] },
  rules: { ...blank, id: 'discharge-rules', numbers: [], windows: [], expiries: [], sutures: [], medicineClasses: [], symptoms: [] },
  templates: { ...blank, id: 'discharge-templates', templates: [] },
  scores: {
    ...blank,
    id: 'risk-scores',
    deciding: { id: 'deciding', source: '', clause: '', effectiveFrom: '', scores: [] },
    comorbidities: [],
    scores: [],
  },
  discharges: 0,
  plan: null,
  risk: { level: 'medium', source: 'scores', scores: [] },
  riskOverride: null,
  inStay: [],
  results: [],
  duties: [],
  orders: [],
  missingMedicines: [],
  conversations: [],
  triages: [],
  clocks: [],
  ladder: { rung: null, dueOn: null, lostOn: null },
  attempts: [],
  links: [],
  callBacks: [],
  handedOver: null,
  reviews: 0,
  actedOn: null,
  resultsActedOn: null,
  days: 0,
};

export const findDuty = ({ duties }: DischargeState, name: DutyName): Duty | undefined => duties.find(({ duty }) => duty === name);

export const withDuty = (state: DischargeState, name: DutyName, changes: Partial<Duty>): DischargeState => ({
  ...state,
  duties: state.duties.map((duty) => (duty.duty === name ? { ...duty, ...changes } : duty)),
});

/** Whoever owes something, as messages and tasks name them. A stay whose ward is not known is the referral desk's. */
export function ownerOf(
  { hospitalId, centreId, departmentId }: Pick<DischargeState, 'hospitalId' | 'centreId' | 'departmentId'>,
  { side, role }: Owner,
): { institutionId: string; departmentId: string | null; role: Role } {
  if (side === 'centre') return { institutionId: centreId, departmentId: null, role };
  // Neither the pharmacy nor the desk is part of a ward.
  if (role === 'pharmacist' || role === 'desk') return { institutionId: hospitalId, departmentId: null, role };
  return { institutionId: hospitalId, departmentId, role: departmentId === null && role !== 'head' ? 'desk' : role };
}

/** Nobody has arrived in the other hospital yet, and the time for it is not over. */
export const isAwaited = ({ transfer }: Pick<DischargeState, 'transfer'>): boolean => transfer !== null && !transfer.isOver;

/** What is owed after the discharge is asked for. */
export const isAsking = ({ status, transfer }: Pick<DischargeState, 'status' | 'transfer'>): boolean =>
  status === 'discharged' && !isAwaited({ transfer });

/** In hospital again, or expected there: all but the results that are waited for rests. */
export const isResultsOnly = ({ status, transfer }: Pick<DischargeState, 'status' | 'transfer'>): boolean =>
  status === 'suspended' || (status === 'discharged' && isAwaited({ transfer }));

/** What rests has not acted: its dates that pass meanwhile act when it goes on. */
export const withActedOn = (state: DischargeState, date: LocalDate): DischargeState =>
  isResultsOnly(state) ? { ...state, resultsActedOn: date } : { ...state, actedOn: date };
