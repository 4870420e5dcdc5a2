/**
 * The state of a person's follow-up. It is plain JSON with ids, codes and measured values only; instants are in milliseconds, dates are
 * those of Asia/Shanghai.
 */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import type { Calendar } from '../time/calendar.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { SlaClock } from '../time/sla-clock.ts';
import type { EducationItem, Lesson } from './education.ts';
import type { Because, ClassCode, Evaluation, NextVisit, PhaseSet } from './evaluation.ts';
import { bendProtocol } from './management-plan.ts';
import type { HandedPlan, Protocol } from './protocol.ts';
import type { RiskFacts, RiskModel, RiskVariable, TierName } from './risk-tier.ts';
import type { LostReason } from './search-outcomes.ts';
import type { PatientFacts, SentReferral, Visit, VisitMode } from './visit.ts';

export type Package = 'basic' | 'personalised';
export const pauseReasons = ['admission', 'pregnancy', 'travel'] as const;
export type PauseReason = (typeof pauseReasons)[number];
export type EndReason = 'withdrawn' | 'died' | 'lost' | 'merged';

/** The evaluation of the last visit, which is kept until the next one. */
export interface LastEvaluation extends Evaluation {
  visitId: string;
  visitedAt: number;
  /** The class that the clinician has chosen instead; null when it is the protocol's. */
  classOverride: ClassCode | null;
}

/** A person on a protocol, pinned to one version of it. */
export interface Enrolment {
  id: string;
  /** The key of its protocol in `protocols`. */
  protocol: string;
  startedOn: LocalDate;
  package: Package;
  status: 'active' | 'paused' | 'ended';
  pause: { reason: PauseReason; at: number; asked: boolean } | null;
  endReason: EndReason | null;
  endedAt: number | null;
  /** Why somebody has said that the person is lost; undefined when nobody has, as in enrolments that older code has ended by itself. */
  lostReason?: LostReason;
  /** The next visit. An active enrolment always has one. */
  next: NextVisit | null;
  /** The reasons for the date of `next`. */
  because: Because[];
  /** The next date follows from the protocol's rhythm, or from the agreement to ask again soon after a pause or a missed window. */
  anchor: 'protocol' | 'agreement';
  last: LastEvaluation | null;
  /** So many windows in a row have passed without a visit. */
  missed: number;
  /** The phase of the protocol as of the last decision; undefined in enrolments of older code, which did not keep it. */
  phase?: string;
  /** The phase that a clinician has set, from which the later ones are counted; undefined when the time since the enrolment gives the phase. */
  phaseSet?: PhaseSet;
  /** The lessons that were handed out to the person, in that order. */
  lessons?: Lesson[];
  /** The instant at which a person with remote monitoring was last asked to measure at home. */
  monitoredAt?: number;
}

export interface RecordedVisit extends Visit {
  id: string;
  enrolmentId: string;
}

/** What a visit mostly says, so that the stored state need not repeat it with each. */
export const blankVisit = {
  mode: 'clinic',
  fastingGlucose: null,
  randomGlucose: null,
  heartRate: null,
  temperature: null,
  symptoms: [],
  adverseReactions: [],
  newComplication: false,
  hardToControl: false,
  notMeasuredReason: null,
  annualExam: false,
} as const satisfies Partial<RecordedVisit>;

/** What an evaluation mostly says. */
export const blankEvaluation = {
  class: 1,
  classes: [1],
  action: 'continue',
  referral: 'none',
  uncontrolledInARow: 0,
  controlled: true,
  phase: 'stable',
  notify: null,
  specialistClinicWithinHours: null,
  missing: [],
  calendarConfirmed: true,
  classOverride: null,
} as const satisfies Partial<LastEvaluation>;

/** A referral that this follow-up has started. */
export interface StartedReferral extends SentReferral {
  id: string;
  /** 'same-day' is a referral to a specialist clinic within 24 h. */
  urgency: 'routine' | 'same-day' | 'urgent';
}

/** The one visit that the person is asked to next. Enrolments whose windows meet share it, and it has the strictest of their dates. */
export interface VisitPlan extends NextVisit {
  n: number;
  enrolmentIds: string[];
  /** Undefined means in the clinic. */
  mode?: VisitMode;
  stage: 'planned' | 'open' | 'overdue';
  /** The date that was agreed on with the person, within the window; undefined when none was. */
  agreedOn?: LocalDate;
}

/** Something that somebody has to look at between two visits: readings, a call for a referral, a tier that became high. */
export interface Episode {
  id: string;
  rule: string;
  role: string;
  /** The enrolment that the episode concerns; undefined when it concerns the person. */
  enrolmentId?: string;
  clock: SlaClock;
}

export const searchStages = ['home-visit', 'community', 'decision'] as const;
export type SearchStage = (typeof searchStages)[number];

/** The search for a person whom nobody reaches. While it lasts there is no visit plan. */
export interface Search {
  /** The instant at which it began. */
  since: number;
  /** No message has reached the person, or they did not come for so many windows. */
  why: 'not-reached' | 'missed-windows';
  stage: SearchStage;
  /** The time that there is for the stage. Its id is that of the task. */
  clock: SlaClock;
  /** So many times somebody was called because the time of the stage was over. */
  calls: number;
  /** What somebody has found out on the way; null when nothing. */
  learned: LostReason | null;
}

/** The risk of the person, as far as it is known. */
export interface Risk {
  /** The known variables, each from the latest visit that named it. */
  facts: RiskFacts;
  score: number;
  missing: RiskVariable[];
  /** The tier of the score; null while too little is known for a first one. */
  scored: TierName | null;
  /** The tier that a clinician has set. It holds until the score gives another tier than it gave then. */
  set: TierName | null;
  at: number;
}

/** What a death ends, as it stood before. */
export type BeforeDeath = Pick<FollowUpState, 'enrolments' | 'plan' | 'episodes' | 'referrals' | 'endedAt'> &
  Partial<Pick<FollowUpState, 'search'>>;

/** How a follow-up stood when it joined another one. */
export type BeforeJoining = Pick<FollowUpState, 'enrolments' | 'plan' | 'episodes' | 'endedAt' | 'search'>;

/** What another follow-up has handed over to this one, and how this one stood before. */
export interface TakenOver {
  fromPathwayId: string;
  /** The fact of it, which is also the id of the episode that the visits of both together may have opened. */
  factId: string;
  at: number;
  enrolmentIds: string[];
  visitIds: string[];
  referralIds: string[];
  episodeIds: string[];
  centreIds: string[];
  /** The referral whose management plan it had; null without one. */
  planReferralId: string | null;
  before: Pick<FollowUpState, 'enrolments' | 'person' | 'risk' | 'formerCentreIds' | 'endedAt' | 'plan' | 'search' | 'managementPlan'>;
}

export interface FollowUpState {
  patientId: string;
  /** The centre that runs the follow-up; '' before the first enrolment. */
  centreId: string;
  formerCentreIds: string[];
  person: PatientFacts;
  configuration: FollowUpConfiguration & { version: number };
  calendar: Calendar;
  /** The protocols by `<id>/<version>`. They are kept here so that an enrolment stays on its version, whatever is published later. */
  protocols: Record<string, Protocol>;
  /** The education plans of the protocols, by the same keys. */
  education: Record<string, readonly EducationItem[]>;
  /** The risk model; null in a follow-up that began before there was one. */
  riskModel: RiskModel | null;
  risk: Risk | null;
  enrolments: Enrolment[];
  /** The visits of the last 24 months, because rules look no further back. */
  visits: RecordedVisit[];
  referrals: StartedReferral[];
  /** The management plan of the hospital that has sent the person back last, from its acceptance on; null without one. */
  managementPlan: HandedPlan | null;
  plan: VisitPlan | null;
  planCount: number;
  episodes: Episode[];
  /** Null while nobody has to be looked for. */
  search: Search | null;
  deceasedAt: number | null;
  /** How it stood when the death was told, in case that is taken back; absent where nobody has died. */
  beforeDeath?: BeforeDeath | null;
  /** How it stood when it joined another follow-up, in case the merger is taken back; absent where it has joined none. */
  beforeJoining?: BeforeJoining | null;
  /** What other follow-ups have handed over, in case their merger is taken back; absent where none has. */
  takenOver?: TakenOver[];
  endedAt: number | null;
  over: boolean;
}

/** The members that the decision about a visit may change, beside the visits and the referrals. */
export type VisitStanding = Pick<FollowUpState, 'person' | 'risk' | 'enrolments' | 'plan' | 'episodes' | 'search'>;

/** A decision that has recorded a visit, or a part of it: how the follow-up stood before and after it. */
export interface VisitTrace {
  /** The records of the visit that the decision has made. */
  partIds: readonly string[];
  /** The visits that counted before it and were taken back since. */
  takenSince: readonly RecordedVisit[];
  before: VisitStanding;
  after: VisitStanding;
  /** The facts about the person and the risk variables that later visits have named again, which stay as these say. */
  namedSince: readonly string[];
}

export const initialFollowUpState: FollowUpState = {
  patientId: '',
  centreId: '',
  formerCentreIds: [],
  person: {
    birthDate: '1900-01-01',
    sex: 'unknown',
    pregnant: false,
    toleratesLowerTarget: false,
    diabetes: false,
    kidneyDisease: false,
  },
  configuration: undefined as unknown as FollowUpState['configuration'],
  calendar: { years: [] },
  protocols: {},
  education: {},
  riskModel: null,
  risk: null,
  enrolments: [],
  visits: [],
  referrals: [],
  managementPlan: null,
  plan: null,
  planCount: 0,
  episodes: [],
  search: null,
  deceasedAt: null,
  endedAt: null,
  over: false,
};

/** One follow-up hands these fields to another one when their two records turn out to be one person. */
export const holdingFields = [
  'enrolments',
  'visits',
  'referrals',
  'episodes',
  'protocols',
  'education',
  'riskModel',
  'risk',
  'person',
  'plan',
  'centreId',
  'formerCentreIds',
  'managementPlan',
  'takenOver',
] as const satisfies readonly (keyof FollowUpState)[];
/** Follow-ups of older code handed over no management plan. */
export type FollowUpHoldings = Pick<FollowUpState, Exclude<(typeof holdingFields)[number], 'managementPlan'>> &
  Partial<Pick<FollowUpState, 'managementPlan'>>;

export const holdingsOf = (state: FollowUpState): FollowUpHoldings =>
  Object.fromEntries(holdingFields.map((field) => [field, state[field]])) as unknown as FollowUpHoldings;

/** Returns the key of a protocol in `protocols`. */
export const protocolKey = ({ id, version }: Pick<Protocol, 'id' | 'version'>): string => `${id}/${version}`;

/** Returns the protocol of an enrolment, as the management plan of a hospital bends it for the person. */
export function protocolOf(state: FollowUpState, { protocol }: Enrolment): Protocol {
  const found = state.protocols[protocol];
  if (!found) throw new Error(`The protocol ${protocol} is not in the state.`);
  return bendProtocol(found, state.managementPlan);
}

export const visitsOf = (state: FollowUpState, enrolmentId: string): RecordedVisit[] =>
  state.visits.filter((visit) => visit.enrolmentId === enrolmentId);

export const lessonsOf = ({ lessons = [] }: Enrolment): Lesson[] => lessons;

/** Says whether an open referral already does what is called for. A less urgent one does not, so that a second referral goes out. */
export const isReferredAlready = ({ referrals }: Pick<FollowUpState, 'referrals'>, referral: 'routine' | 'urgent'): boolean =>
  referrals.some(({ reviewedAt, urgency }) => reviewedAt === null && (urgency === 'urgent' || referral === 'routine'));
