/** The state of a person's follow-up. Plain JSON; instants in milliseconds, dates of Asia/Shanghai; ids, codes and measured values only. */
import type { FollowUpConfiguration } from '../alliance/configuration.ts';
import type { Calendar } from '../time/calendar.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { SlaClock } from '../time/sla-clock.ts';
import type { EducationItem, Lesson } from './education.ts';
import type { Because, ClassCode, Evaluation, NextVisit, PhaseSet } from './evaluation.ts';
import type { Protocol } from './protocol.ts';
import type { RiskFacts, RiskModel, RiskVariable, TierName } from './risk-tier.ts';
import type { PatientFacts, SentReferral, Visit, VisitMode } from './visit.ts';

export type Package = 'basic' | 'personalised';
export const pauseReasons = ['admission', 'pregnancy', 'travel'] as const;
export type PauseReason = (typeof pauseReasons)[number];
export type EndReason = 'withdrawn' | 'died' | 'lost' | 'merged';

/** What the protocol said of the last visit, kept until the next one. */
export interface LastEvaluation extends Evaluation {
  visitId: string;
  visitedAt: number;
  /** the clinician's own class, where it differs */
  classOverride: ClassCode | null;
}

/** A person on a protocol, pinned to one version of it. */
export interface Enrolment {
  id: string;
  /** key of `protocols` */
  protocol: string;
  startedOn: LocalDate;
  package: Package;
  status: 'active' | 'paused' | 'ended';
  pause: { reason: PauseReason; at: number; asked: boolean } | null;
  endReason: EndReason | null;
  endedAt: number | null;
  /** while active there always is one */
  next: NextVisit | null;
  /** why `next` is when it is */
  because: Because[];
  /** what the next date follows from: the protocol's rhythm, or the agreement to ask again soon after a pause or a missed window */
  anchor: 'protocol' | 'agreement';
  last: LastEvaluation | null;
  /** windows in a row that passed without a visit */
  missed: number;
  /** where it is in its protocol, as of the last decision; undefined in enrolments from before phases were kept */
  phase?: string;
  /** a clinician set it: phases count from that one on. undefined: by time, from the first */
  phaseSet?: PhaseSet;
  /** what the person is to learn, in the order given */
  lessons?: Lesson[];
  /** with remote monitoring: when the person was last asked to measure at home */
  monitoredAt?: number;
}

export interface RecordedVisit extends Visit {
  id: string;
  enrolmentId: string;
}

/** A referral that this follow-up has started. */
export interface StartedReferral extends SentReferral {
  id: string;
  /** same-day: to a specialist clinic within 24 h */
  urgency: 'routine' | 'same-day' | 'urgent';
}

/** The one visit that the person is asked to next: enrolments whose windows meet share it, and the strictest date wins. */
export interface VisitPlan extends NextVisit {
  n: number;
  enrolmentIds: string[];
  /** undefined: in the clinic */
  mode?: VisitMode;
  stage: 'planned' | 'open' | 'overdue';
}

/** Something that somebody has to look at between two visits: readings, a call for a referral, a tier that became high. */
export interface Episode {
  id: string;
  rule: string;
  role: string;
  /** the enrolment that it concerns; undefined: the person */
  enrolmentId?: string;
  clock: SlaClock;
}

/** How high the person's risk is, by what is known of it. */
export interface Risk {
  /** what is known, from whichever visit it was last heard */
  facts: RiskFacts;
  score: number;
  missing: RiskVariable[];
  /** null: too little is known for a first tier */
  scored: TierName | null;
  /** a clinician's own. It holds until the score comes to another tier than it had then. */
  set: TierName | null;
  at: number;
}

export interface FollowUpState {
  patientId: string;
  /** who runs it: '' before the first enrolment */
  centreId: string;
  formerCentreIds: string[];
  person: PatientFacts;
  configuration: FollowUpConfiguration & { version: number };
  calendar: Calendar;
  /** by `<id>/<version>`: what an enrolment was started with stays, whatever is published later */
  protocols: Record<string, Protocol>;
  /** what is taught under a protocol, by the same keys */
  education: Record<string, readonly EducationItem[]>;
  /** null: begun before there was one */
  riskModel: RiskModel | null;
  risk: Risk | null;
  enrolments: Enrolment[];
  /** those of the last 24 months: rules look no further back */
  visits: RecordedVisit[];
  referrals: StartedReferral[];
  plan: VisitPlan | null;
  planCount: number;
  episodes: Episode[];
  deceasedAt: number | null;
  endedAt: number | null;
  over: boolean;
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
  plan: null,
  planCount: 0,
  episodes: [],
  deceasedAt: null,
  endedAt: null,
  over: false,
};

/** What one follow-up hands to another one of the same person when their records turn out to be one: ids, codes, values. */
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
] as const satisfies readonly (keyof FollowUpState)[];
export type FollowUpHoldings = Pick<FollowUpState, (typeof holdingFields)[number]>;

/** The key of a protocol in `protocols`. */
export const protocolKey = ({ id, version }: Pick<Protocol, 'id' | 'version'>): string => `${id}/${version}`;

export function protocolOf(state: FollowUpState, { protocol }: Enrolment): Protocol {
  const found = state.protocols[protocol];
  if (!found) throw new Error(`The protocol ${protocol} is not in the state.`);
  return found;
}

export const visitsOf = (state: FollowUpState, enrolmentId: string): RecordedVisit[] =>
  state.visits.filter((visit) => visit.enrolmentId === enrolmentId);

export const lessonsOf = ({ lessons = [] }: Enrolment): Lesson[] => lessons;

/** Whether an open referral already does what is called for. One that is less urgent than what is called for does not: then a second one goes out. */
export const isReferredAlready = ({ referrals }: Pick<FollowUpState, 'referrals'>, referral: 'routine' | 'urgent'): boolean =>
  referrals.some(({ reviewedAt, urgency }) => reviewedAt === null && (urgency === 'urgent' || referral === 'routine'));
