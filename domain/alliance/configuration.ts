/** What an alliance agrees on. Versioned; a pathway keeps the version it was started with. */
import { defaultQuietHours, type QuietHours } from '../messages/quiet-hours.ts';

export type Urgency = 'urgent' | 'same-day' | 'routine';
export type Direction = 'up' | 'down';
export type BudgetsSeconds = Record<Urgency, number>;

export interface ReferralConfiguration {
  /** Time each side has, by urgency. Source: the alliance's agreement; no national hour-level rule exists. */
  budgetsSeconds: {
    draft: BudgetsSeconds;
    /** also for a requested cancellation, and for a question to the initiator */
    received: BudgetsSeconds;
    /** routine is absent: the clock of `received` runs on until an appointment or an outcome */
    accepted: Omit<BudgetsSeconds, 'routine'>;
    /** accepted again after it had been completed */
    reopened: BudgetsSeconds;
    noShow: BudgetsSeconds;
    appointmentCancelled: BudgetsSeconds;
    /** after the end of the appointment */
    afterAppointment: BudgetsSeconds;
    afterInterimNote: BudgetsSeconds;
    review: BudgetsSeconds;
    /** to answer the active check */
    check: BudgetsSeconds;
    /** for an emergency that was sent before its consent was recorded */
    consent: BudgetsSeconds;
    /** a down referral's first follow-up at the centre, from its acceptance */
    firstFollowUp: BudgetsSeconds;
  };
  /** Share of the budget at which somebody is called, each once per clock. */
  rungPercents: number[];
  /** An unanswered emergency is called again each time this share of the budget has passed beyond 100 %. */
  emergencyRepeatPercent: number;
  /** The active check comes this long after the first sending. Source: national public health specification, 3rd edition: follow the referral up within 2 weeks. */
  checkAfterSeconds: number;
  reopenWithinSeconds: number;
  /** Who is asked next when nobody answers, in this order; institutions already asked are left out. */
  rerouteInstitutionIds: Record<Direction, string[]>;
}

/** What the sources leave to the alliance; the clinical thresholds are in protocols/. */
export interface FollowUpConfiguration {
  /** on the day a window opens the visit is asked for from this hour on, Asia/Shanghai */
  reminderHour: number;
  /** a visit that was not made may still be made and counts as late; then it is given up and asked for anew */
  expiresAfterDays: number;
  /** after a pause or a missed window the next visit is due within so many days */
  againWithinDays: number;
  /** so many windows in a row without a visit: lost to follow-up */
  lostAfterMissedWindows: number;
  /** somebody has to say whether a pause goes on */
  pauseReviewAfterDays: number;
  reopenWithinDays: number;
  /** to say whether a pause goes on */
  reviewWithinSeconds: number;
  /** to look at readings that cannot wait, and to send the urgent referral that a nurse has drafted */
  urgentReviewWithinSeconds: number;
  /** departments that a disease is referred to, by their code; any other disease goes to the referral desk */
  departmentCodes: Record<string, string>;
  /** what each package adds; missing in follow-ups from before there was one: as the default */
  packages?: Record<'basic' | 'personalised', PackageConfiguration>;
  /** to have a specialist look at a person whose tier has become high */
  consultationWithinSeconds?: number;
}

/** A package of the family doctor's contract. */
export interface PackageConfiguration {
  visitMode: 'clinic' | 'home';
  /** the person is asked so often to measure at home and send it; null: not */
  remoteMonitoringEveryDays: number | null;
}

/** When and how patients are reached. The newest version holds for every message, also of pathways that run: nobody's sleep depends on when they began. */
export interface MessageConfiguration {
  quietHours: QuietHours;
  /** at least 1; letters do not count */
  patientMessagesPerDay: number;
  /** time for a call, from its task's opening */
  callSeconds: BudgetsSeconds;
  /** time to print a letter and hand it over */
  letterSeconds: number;
  /** so many calls without an answer, then the next channel */
  callsUnanswered: number;
  callAgainAfterSeconds: number;
  /** time to find out whether a patient has moved or died, as somebody said on the telephone */
  confirmSeconds: number;
}

export interface AllianceConfiguration {
  referral: ReferralConfiguration;
  /** missing in configurations from before follow-up: the defaults hold */
  followUp?: FollowUpConfiguration;
  /** absent in versions that were recorded before there was one: the defaults */
  messages?: MessageConfiguration;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const same = (seconds: number): BudgetsSeconds => ({ urgent: seconds, 'same-day': seconds, routine: seconds });

export const defaultMessageConfiguration: MessageConfiguration = {
  quietHours: defaultQuietHours,
  patientMessagesPerDay: 3,
  callSeconds: { urgent: 2 * HOUR, 'same-day': 4 * HOUR, routine: 24 * HOUR },
  letterSeconds: 72 * HOUR,
  callsUnanswered: 3,
  callAgainAfterSeconds: 2 * HOUR,
  confirmSeconds: 24 * HOUR,
};

/** The defaults; an alliance changes them by recording a new version. */
export const defaultReferralConfiguration: ReferralConfiguration = {
  budgetsSeconds: {
    draft: same(24 * HOUR),
    received: { urgent: 30 * MINUTE, 'same-day': 4 * HOUR, routine: 24 * HOUR },
    accepted: { urgent: 4 * HOUR, 'same-day': 24 * HOUR },
    reopened: same(24 * HOUR),
    noShow: { urgent: 4 * HOUR, 'same-day': 24 * HOUR, routine: 24 * HOUR },
    appointmentCancelled: { urgent: 4 * HOUR, 'same-day': 24 * HOUR, routine: 24 * HOUR },
    afterAppointment: same(24 * HOUR),
    afterInterimNote: same(7 * DAY),
    review: same(72 * HOUR),
    check: same(72 * HOUR),
    consent: same(24 * HOUR),
    firstFollowUp: same(72 * HOUR),
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
};
