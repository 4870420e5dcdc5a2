/** The state of a referral. It is plain JSON with ids and codes only; instants and durations are in milliseconds. */
import type { Direction, ReferralConfiguration, Urgency } from '../alliance/configuration.ts';
import type { LocalDate } from '../time/local-date.ts';
import type { SlaClock } from '../time/sla-clock.ts';
import type { ReferralStatus, Side } from './transitions.ts';

export interface Party {
  institutionId: string;
  departmentId: string | null;
}

export interface Leg extends Party {
  n: number;
  from: number;
  to: number | null;
  endReason: string | null;
}

/** A clock with the side that has to act before it runs out. */
export interface ReferralClock extends SlaClock {
  side: Side;
}

/** The alliance's agreement as it stood when the referral was created, with the list of those to ask resolved to departments. */
export interface ReferralPolicy extends Omit<ReferralConfiguration, 'rerouteInstitutionIds'> {
  version: number;
  reroute: Party[];
}

export interface Appointment {
  startsAt: number;
  endsAt: number;
  /** The slot of the department's capacity; null for a time that was agreed beside it. */
  slotId: string | null;
}

/** What a death ends, as it stood before. */
export type BeforeDeath = Pick<
  ReferralState,
  | 'status'
  | 'statusReason'
  | 'clock'
  | 'checkClock'
  | 'consentClock'
  | 'informationClock'
  | 'followUpClock'
  | 'informationAskedAt'
  | 'repeatedCalls'
  | 'appointment'
  | 'legs'
  | 'endedAt'
  | 'closedAt'
>;

export const checkOutcomes = ['arrived', 'not-arrived', 'unknown'] as const;
export type CheckOutcome = (typeof checkOutcomes)[number];

/** What has become of an appointment: the patient came, did not come, or it was cancelled before. */
export type AppointmentEnd = 'kept' | 'missed' | 'cancelled';

export interface PastAppointment {
  startsAt: number;
  endsAt: number;
  end: AppointmentEnd;
}

export interface ReferralState {
  /** Null before the creating command. */
  status: ReferralStatus | null;
  /** A code, such as no-answer. The words that a person wrote stand in the referral's row. */
  statusReason: string | null;
  direction: Direction;
  urgency: Urgency;
  emergency: boolean;
  patientId: string;
  initiator: Party & { personId: string };
  addressee: Party;
  legs: Leg[];
  policy: ReferralPolicy;
  /** So many clocks have been started, which gives the next one its id. */
  clockCount: number;
  /** The clock of the present status. */
  clock: ReferralClock | null;
  /** The initiator has to find out until then what became of the patient. */
  checkClock: ReferralClock | null;
  /** The initiator has to bring a missing consent until then. */
  consentClock: ReferralClock | null;
  /** The initiator has to answer the recipient's question until then. */
  informationClock: ReferralClock | null;
  /** The centre that takes a patient back from hospital has to see them until then. */
  followUpClock: ReferralClock | null;
  /** The day by which the management plan wants the first follow-up; null when it names none. */
  firstFollowUpBy: LocalDate | null;
  /** So many calls were made after the present clock of an emergency had run out. */
  repeatedCalls: number;
  consentGiven: boolean;
  /** The instant since which the recipient waits for an answer of the initiator; null when there is no open question. */
  informationAskedAt: number | null;
  appointment: Appointment | null;
  /** The latest appointment that is over; null before one is, and where older code has ended it. */
  pastAppointment: PastAppointment | null;
  /** True when the initiator gave a reason for a second open referral of the patient to the same department. */
  overridden: boolean;
  replacesId: string | null;
  /** The institutions that had the initiator's duties before the patient moved. */
  formerInitiators: string[];
  deceasedAt: number | null;
  /** How it stood when the death was told, in case that is taken back; absent where nobody has died. */
  beforeDeath?: BeforeDeath | null;
  /** Null in referrals of older code. */
  draftedAt: number | null;
  sentAt: number | null;
  checkAskedAt: number | null;
  checkAnsweredAt: number | null;
  /** Whether the patient has arrived where they were referred to, as the check has found; null before it, and in checks of older code. */
  checkOutcome: CheckOutcome | null;
  reviewedAt: number | null;
  endedAt: number | null;
  closedAt: number | null;
  /** True once nothing more can happen, so that the workflow ends. */
  over: boolean;
}

/** The state before the creating command. That command sets every field without a sensible value here. */
export const initialReferralState: ReferralState = {
  status: null,
  statusReason: null,
  direction: 'up',
  urgency: 'routine',
  emergency: false,
  patientId: '',
  initiator: { institutionId: '', departmentId: null, personId: '' },
  addressee: { institutionId: '', departmentId: null },
  legs: [],
  policy: undefined as unknown as ReferralPolicy,
  clockCount: 0,
  clock: null,
  checkClock: null,
  consentClock: null,
  informationClock: null,
  followUpClock: null,
  firstFollowUpBy: null,
  repeatedCalls: 0,
  consentGiven: false,
  informationAskedAt: null,
  appointment: null,
  pastAppointment: null,
  overridden: false,
  replacesId: null,
  formerInitiators: [],
  deceasedAt: null,
  draftedAt: null,
  sentAt: null,
  checkAskedAt: null,
  checkAnsweredAt: null,
  checkOutcome: null,
  reviewedAt: null,
  endedAt: null,
  closedAt: null,
  over: false,
};

export const currentLeg = (state: ReferralState): Leg | undefined => state.legs.find((leg) => leg.to === null);

/** Returns the side that an institution acts on: 'former' when it was a party and no longer is, undefined when it never was one. */
export function sideOf(state: ReferralState, institutionId: string): Side | 'former' | undefined {
  if (institutionId === state.initiator.institutionId) return 'initiator';
  // A draft has no legs, and so no recipient yet.
  if (state.legs.length === 0) return state.formerInitiators.includes(institutionId) ? 'former' : undefined;
  if (lastLeg(state)?.institutionId === institutionId) return 'recipient';
  const wasParty = state.legs.some((leg) => leg.institutionId === institutionId) || state.formerInitiators.includes(institutionId);
  return wasParty ? 'former' : undefined;
}

/** Returns the leg of the institution that was asked last, which an ended referral has too. */
export const lastLeg = (state: ReferralState): Leg | undefined => state.legs.at(-1);

/** Returns the role that answers on a side, in whose worklist the task stands. */
export function roleOf(state: ReferralState, side: Side): string {
  const atCentre = (side === 'initiator') === (state.direction === 'up');
  if (atCentre) return 'gp';
  if (side === 'initiator') return 'specialist';
  return lastLeg(state)?.departmentId ? 'specialist' : 'desk';
}

export function partyOf(state: ReferralState, side: Side): Party {
  return side === 'initiator' ? state.initiator : (lastLeg(state) ?? state.addressee);
}
