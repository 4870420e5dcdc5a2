/** What the members of an alliance have agreed on. It has versions, and a pathway keeps the version with which it was started. */
import type { Words } from '../kit/language.ts';
import { defaultQuietHours, type QuietHours } from '../messages/quiet-hours.ts';

export const urgencies = ['urgent', 'same-day', 'routine'] as const;
export type Urgency = (typeof urgencies)[number];

export const urgencyWords: Readonly<Record<Urgency, Words>> = {
  urgent: { zh: '紧急', en: 'urgent' },
  'same-day': { zh: '当日', en: 'same day' },
  routine: { zh: '常规', en: 'routine' },
};
export type Direction = 'up' | 'down';
export type BudgetsSeconds = Record<Urgency, number>;

export interface ReferralConfiguration {
  /** The time that each side has, by urgency. The source is the alliance's agreement, because no national rule sets hours. */
  budgetsSeconds: {
    draft: BudgetsSeconds;
    /** The same budget holds for answering a requested cancellation and for answering a question to the initiator. */
    received: BudgetsSeconds;
    /** Routine referrals have no budget here: their clock of `received` runs on until there is an appointment or an outcome. */
    accepted: Omit<BudgetsSeconds, 'routine'>;
    /** The time to finish a referral that was reopened after its completion. */
    reopened: BudgetsSeconds;
    noShow: BudgetsSeconds;
    appointmentCancelled: BudgetsSeconds;
    /** Counts from the end of the appointment. */
    afterAppointment: BudgetsSeconds;
    afterInterimNote: BudgetsSeconds;
    review: BudgetsSeconds;
    /** The time to answer the check that is due `checkAfterSeconds` after the first sending. */
    check: BudgetsSeconds;
    /** The time to record the consent of an emergency that was sent without one. */
    consent: BudgetsSeconds;
    /** The time to the first follow-up of a downward referral at the centre, from its acceptance. */
    firstFollowUp: BudgetsSeconds;
  };
  /** The shares of the budget at which somebody is called, each once per clock. */
  rungPercents: number[];
  /** An unanswered emergency is called again each time this share of the budget has passed beyond 100 %. */
  emergencyRepeatPercent: number;
  /**
   * So long after the first sending the initiator has to check what became of the patient. Source: national public health specification,
   * 3rd edition, which asks to follow a referral up within 2 weeks.
   */
  checkAfterSeconds: number;
  reopenWithinSeconds: number;
  /** The institutions that are asked next when nobody answers, in this order. Those that have been asked already are left out. */
  rerouteInstitutionIds: Record<Direction, string[]>;
}

/** What the clinical sources leave to the alliance to decide. The clinical thresholds themselves are in protocols/. */
export interface FollowUpConfiguration {
  /** The hour of the day, in Asia/Shanghai, from which the visit is asked for on the day its window opens. */
  reminderHour: number;
  /** So long after its due date a visit may still be made and counts as late. After that it is given up and a new one is asked for. */
  expiresAfterDays: number;
  /** So many days after a pause or a missed window the next visit is due. */
  againWithinDays: number;
  /** After so many windows in a row without a visit the person counts as lost to follow-up. */
  lostAfterMissedWindows: number;
  /** After so many days of a pause somebody has to say whether it goes on. */
  pauseReviewAfterDays: number;
  reopenWithinDays: number;
  /** The time that somebody has to say whether a pause goes on. */
  reviewWithinSeconds: number;
  /** The time to look at readings that cannot wait, and to send an urgent referral that a nurse has drafted. */
  urgentReviewWithinSeconds: number;
  /** The code of the department that each disease is referred to. Any other disease goes to the referral desk. */
  departmentCodes: Record<string, string>;
  /** What each package adds. It is missing in follow-ups that began before there were packages; the default holds for them. */
  packages?: Record<'basic' | 'personalised', PackageConfiguration>;
  /** The time for each step of looking for a person whom nobody reaches. It may be missing as `packages` may. */
  searchWithinSeconds?: Record<'home-visit' | 'community' | 'decision', number>;
  /** The time to have a specialist look at a person whose tier has become high. It may be missing as `packages` may. */
  consultationWithinSeconds?: number;
  /**
   * Two forms of one mode and day that are no further apart are taken for the same visit. The newest version holds for everybody at once. It may be missing
   * as `packages` may.
   */
  sameVisitWithinSeconds?: number;
}

/** A service package of the contract with the family doctor. */
export interface PackageConfiguration {
  visitMode: 'clinic' | 'home';
  /** The person is asked every so many days to measure at home and send the reading; null when the package does not include that. */
  remoteMonitoringEveryDays: number | null;
}

/**
 * When and how patients are reached. Unlike the other parts, the newest version holds for every message, also of pathways that began under an
 * older one: new quiet hours must hold for everybody at once.
 */
export interface MessageConfiguration {
  quietHours: QuietHours;
  /** At least 1. Letters do not count. */
  patientMessagesPerDay: number;
  /** The time to make a call, from the opening of its task. */
  callSeconds: BudgetsSeconds;
  /** The time to print a letter and hand it over. */
  letterSeconds: number;
  /** After so many calls without an answer the next channel's turn comes. */
  callsUnanswered: number;
  callAgainAfterSeconds: number;
  /** A letter waits so long after a contact was asked to have the resident call. */
  letterAfterContactSeconds: number;
  /** After so long of failures by one channel the next channel's turn comes: a gateway that is down must not keep a message for days. */
  channelTriedForSeconds: { emergency: number; other: number };
  /** The minute of the day, in Asia/Shanghai, at which staff get their digest: after the windows of the day have opened. */
  digestMinute: number;
  /** The time to find out whether a patient has really moved or died, as somebody said on the telephone. */
  confirmSeconds: number;
}

/** How long an institution's own system may leave a message without an answer. The newest version holds for everybody at once, as with messages. */
export interface InterfaceConfiguration {
  /** A message that nobody has answered for so long becomes a task of a person. */
  unansweredForSeconds: BudgetsSeconds;
  /** So long after its receiver has refused a message, which will not take it as it is. */
  refusedForSeconds: number;
  /** The time of the person to see to it. */
  handleWithinSeconds: BudgetsSeconds;
}

export interface AllianceConfiguration {
  referral: ReferralConfiguration;
  /** It is missing in configurations from before follow-up; the defaults hold for them. */
  followUp?: FollowUpConfiguration;
  /** It is missing in configurations that are older than it; the defaults hold for them. */
  messages?: MessageConfiguration;
  /** It is missing in configurations that are older than it; the defaults hold for them. */
  interfaces?: InterfaceConfiguration;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const sameForAll = (seconds: number): BudgetsSeconds => ({ urgent: seconds, 'same-day': seconds, routine: seconds });

export const defaultMessageConfiguration: MessageConfiguration = {
  quietHours: defaultQuietHours,
  patientMessagesPerDay: 3,
  callSeconds: { urgent: 2 * HOUR, 'same-day': 4 * HOUR, routine: 24 * HOUR },
  letterSeconds: 72 * HOUR,
  callsUnanswered: 3,
  callAgainAfterSeconds: 2 * HOUR,
  letterAfterContactSeconds: 24 * HOUR,
  channelTriedForSeconds: { emergency: 5 * MINUTE, other: 2 * HOUR },
  digestMinute: 9 * 60 + 30,
  confirmSeconds: 24 * HOUR,
};

export const defaultInterfaceConfiguration: InterfaceConfiguration = {
  unansweredForSeconds: { urgent: 5 * MINUTE, 'same-day': 15 * MINUTE, routine: HOUR },
  refusedForSeconds: MINUTE,
  handleWithinSeconds: { urgent: 30 * MINUTE, 'same-day': 4 * HOUR, routine: 24 * HOUR },
};

/** The defaults; an alliance changes them by recording a new version. */
export const defaultReferralConfiguration: ReferralConfiguration = {
  budgetsSeconds: {
    draft: sameForAll(24 * HOUR),
    received: { urgent: 30 * MINUTE, 'same-day': 4 * HOUR, routine: 24 * HOUR },
    accepted: { urgent: 4 * HOUR, 'same-day': 24 * HOUR },
    reopened: sameForAll(24 * HOUR),
    noShow: { urgent: 4 * HOUR, 'same-day': 24 * HOUR, routine: 24 * HOUR },
    appointmentCancelled: { urgent: 4 * HOUR, 'same-day': 24 * HOUR, routine: 24 * HOUR },
    afterAppointment: sameForAll(24 * HOUR),
    afterInterimNote: sameForAll(7 * DAY),
    review: sameForAll(72 * HOUR),
    check: sameForAll(72 * HOUR),
    consent: sameForAll(24 * HOUR),
    firstFollowUp: sameForAll(72 * HOUR),
  },
  rungPercents: [50, 80, 100],
  emergencyRepeatPercent: 100,
  checkAfterSeconds: 14 * DAY,
  reopenWithinSeconds: 7 * DAY,
  rerouteInstitutionIds: { up: [], down: [] },
};

export const defaultFollowUpConfiguration: Required<FollowUpConfiguration> = {
  reminderHour: 9,
  expiresAfterDays: 30,
  againWithinDays: 14,
  lostAfterMissedWindows: 2,
  pauseReviewAfterDays: 30,
  reopenWithinDays: 30,
  reviewWithinSeconds: 72 * HOUR,
  urgentReviewWithinSeconds: 30 * MINUTE,
  departmentCodes: { hypertension: 'cardiology', diabetes: 'endocrinology' },
  packages: {
    basic: { visitMode: 'clinic', remoteMonitoringEveryDays: null },
    personalised: { visitMode: 'home', remoteMonitoringEveryDays: 30 },
  },
  consultationWithinSeconds: 14 * DAY,
  sameVisitWithinSeconds: 2 * HOUR,
  searchWithinSeconds: { 'home-visit': 7 * DAY, community: 7 * DAY, decision: 3 * DAY },
};

/** All that this release sets where an alliance has recorded nothing. */
export const defaultConfiguration: Required<AllianceConfiguration> = {
  referral: defaultReferralConfiguration,
  followUp: defaultFollowUpConfiguration,
  messages: defaultMessageConfiguration,
  interfaces: defaultInterfaceConfiguration,
};
