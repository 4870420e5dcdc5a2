/** The state of a referral. Plain JSON; instants and durations in milliseconds; ids and codes only. */
import type { Direction, ReferralConfiguration, Urgency } from '../alliance/configuration.ts';
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
  /** of the department's capacity; null for a time agreed beside it */
  slotId: string | null;
}

export interface ReferralState {
  /** null before creation */
  status: ReferralStatus | null;
  /** a code, such as no-answer; what a person wrote stands in the referral's row */
  statusReason: string | null;
  direction: Direction;
  urgency: Urgency;
  emergency: boolean;
  patientId: string;
  initiator: Party & { personId: string };
  addressee: Party;
  legs: Leg[];
  policy: ReferralPolicy;
  /** how many clocks have been started: the next one's id */
  clockCount: number;
  /** of the present state, of the active check, of a missing consent, of a question to the initiator, of a down referral's first follow-up */
  clock: ReferralClock | null;
  checkClock: ReferralClock | null;
  consentClock: ReferralClock | null;
  informationClock: ReferralClock | null;
  followUpClock: ReferralClock | null;
  /** calls made beyond 100 % of the present clock of an emergency */
  repeatedCalls: number;
  consentGiven: boolean;
  /** the recipient waits for an answer of the initiator */
  informationAskedAt: number | null;
  appointment: Appointment | null;
  /** a second open referral of the patient to the same department was wanted, with a reason */
  overridden: boolean;
  replacesId: string | null;
  /** institutions that had the initiator's duties before the patient moved */
  formerInitiators: string[];
  deceasedAt: number | null;
  sentAt: number | null;
  checkAskedAt: number | null;
  checkAnsweredAt: number | null;
  reviewedAt: number | null;
  endedAt: number | null;
  closedAt: number | null;
  /** the pathway itself is over: nothing more can happen */
  over: boolean;
}

/** The state before the creating command, which sets every field: nobody reads these values. */
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
  repeatedCalls: 0,
  consentGiven: false,
  informationAskedAt: null,
  appointment: null,
  overridden: false,
  replacesId: null,
  formerInitiators: [],
  deceasedAt: null,
  sentAt: null,
  checkAskedAt: null,
  checkAnsweredAt: null,
  reviewedAt: null,
  endedAt: null,
  closedAt: null,
  over: false,
};

export const currentLeg = (state: ReferralState): Leg | undefined => state.legs.find((leg) => leg.to === null);

/** The side that an institution acts on. 'former': it was a party and is none any more. undefined: it never was one. */
export function sideOf(state: ReferralState, institutionId: string): Side | 'former' | undefined {
  if (institutionId === state.initiator.institutionId) return 'initiator';
  if (state.legs.length === 0) return state.formerInitiators.includes(institutionId) ? 'former' : undefined; // a draft has no recipient yet
  if (lastLeg(state)?.institutionId === institutionId) return 'recipient';
  const wasParty = state.legs.some((leg) => leg.institutionId === institutionId) || state.formerInitiators.includes(institutionId);
  return wasParty ? 'former' : undefined;
}

/** The leg of the institution that was asked last: an ended referral still has a recipient. */
export const lastLeg = (state: ReferralState): Leg | undefined => state.legs.at(-1);

/** The role that answers on a side, in whose worklist the task stands. */
export function roleOf(state: ReferralState, side: Side): string {
  const atCentre = (side === 'initiator') === (state.direction === 'up');
  if (atCentre) return 'gp';
  if (side === 'initiator') return 'specialist';
  return lastLeg(state)?.departmentId ? 'specialist' : 'desk';
}

export function partyOf(state: ReferralState, side: Side): Party {
  return side === 'initiator' ? state.initiator : (lastLeg(state) ?? state.addressee);
}
