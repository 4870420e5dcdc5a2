/**
 * The shape of an alliance configuration as it stands in its table. A row may be older than this release: a setting that it lacks gets its
 * default. It may be newer, while two releases run side by side: a setting that is not known is left alone.
 */
import { z } from 'zod';
import {
  type AllianceConfiguration,
  type BudgetsSeconds,
  defaultFollowUpConfiguration,
  defaultInterfaceConfiguration,
  defaultMessageConfiguration,
  defaultReferralConfiguration,
  type FollowUpConfiguration,
  type InterfaceConfiguration,
  type MessageConfiguration,
  type PackageConfiguration,
  type ReferralConfiguration,
} from '../../domain/alliance/configuration.ts';

const seconds = z
  .int()
  .min(1)
  .max(10 * 366 * 86_400);
const days = z
  .int()
  .min(1)
  .max(10 * 366);
const count = z.int().min(1).max(1_000_000);
const percent = z.int().min(1).max(1_000);
const minuteOfDay = z
  .int()
  .min(0)
  .max(24 * 60 - 1);
const institutionIds = z.array(z.string().min(1).max(100)).max(1_000);
const code = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/);

const buildBudgetsSchema = ({ urgent, 'same-day': sameDay, routine }: BudgetsSeconds) =>
  z.object({ urgent: seconds.default(urgent), 'same-day': seconds.default(sameDay), routine: seconds.default(routine) }).prefault({});

function buildReferralSchema({ budgetsSeconds: of, ...standard }: ReferralConfiguration) {
  const accepted = { urgent: seconds.default(of.accepted.urgent), 'same-day': seconds.default(of.accepted['same-day']) };
  return z.object({
    budgetsSeconds: z
      .object({
        draft: buildBudgetsSchema(of.draft),
        received: buildBudgetsSchema(of.received),
        accepted: z.object(accepted).prefault({}),
        reopened: buildBudgetsSchema(of.reopened),
        noShow: buildBudgetsSchema(of.noShow),
        appointmentCancelled: buildBudgetsSchema(of.appointmentCancelled),
        afterAppointment: buildBudgetsSchema(of.afterAppointment),
        afterInterimNote: buildBudgetsSchema(of.afterInterimNote),
        review: buildBudgetsSchema(of.review),
        check: buildBudgetsSchema(of.check),
        consent: buildBudgetsSchema(of.consent),
        firstFollowUp: buildBudgetsSchema(of.firstFollowUp),
      })
      .prefault({}),
    rungPercents: z.array(percent).min(1).max(20).default(standard.rungPercents),
    emergencyRepeatPercent: percent.default(standard.emergencyRepeatPercent),
    checkAfterSeconds: seconds.default(standard.checkAfterSeconds),
    reopenWithinSeconds: seconds.default(standard.reopenWithinSeconds),
    rerouteInstitutionIds: z
      .object({
        up: institutionIds.default(standard.rerouteInstitutionIds.up),
        down: institutionIds.default(standard.rerouteInstitutionIds.down),
      })
      .prefault({}),
  }) satisfies z.ZodType<ReferralConfiguration>;
}

const buildPackageSchema = ({ visitMode, remoteMonitoringEveryDays }: PackageConfiguration) =>
  z
    .object({
      visitMode: z.enum(['clinic', 'home']).default(visitMode),
      remoteMonitoringEveryDays: days.nullable().default(remoteMonitoringEveryDays),
    })
    .prefault({});

const buildFollowUpSchema = (standard: Required<FollowUpConfiguration>) =>
  z.object({
    reminderHour: z.int().min(0).max(23).default(standard.reminderHour),
    expiresAfterDays: days.default(standard.expiresAfterDays),
    againWithinDays: days.default(standard.againWithinDays),
    lostAfterMissedWindows: count.default(standard.lostAfterMissedWindows),
    pauseReviewAfterDays: days.default(standard.pauseReviewAfterDays),
    reopenWithinDays: days.default(standard.reopenWithinDays),
    reviewWithinSeconds: seconds.default(standard.reviewWithinSeconds),
    urgentReviewWithinSeconds: seconds.default(standard.urgentReviewWithinSeconds),
    departmentCodes: z.record(code, code).default(standard.departmentCodes),
    packages: z
      .object({ basic: buildPackageSchema(standard.packages.basic), personalised: buildPackageSchema(standard.packages.personalised) })
      .prefault({}),
    consultationWithinSeconds: seconds.default(standard.consultationWithinSeconds),
    sameVisitWithinSeconds: seconds.default(standard.sameVisitWithinSeconds),
    searchWithinSeconds: z
      .object({
        'home-visit': seconds.default(standard.searchWithinSeconds['home-visit']),
        community: seconds.default(standard.searchWithinSeconds.community),
        decision: seconds.default(standard.searchWithinSeconds.decision),
      })
      .prefault({}),
  }) satisfies z.ZodType<Required<FollowUpConfiguration>>;

const buildMessageSchema = (standard: MessageConfiguration) =>
  z.object({
    quietHours: z
      .object({
        fromMinute: minuteOfDay.default(standard.quietHours.fromMinute),
        untilMinute: minuteOfDay.default(standard.quietHours.untilMinute),
      })
      .prefault({}),
    patientMessagesPerDay: count.default(standard.patientMessagesPerDay),
    callSeconds: buildBudgetsSchema(standard.callSeconds),
    letterSeconds: seconds.default(standard.letterSeconds),
    callsUnanswered: count.default(standard.callsUnanswered),
    callAgainAfterSeconds: seconds.default(standard.callAgainAfterSeconds),
    letterAfterContactSeconds: seconds.default(standard.letterAfterContactSeconds),
    channelTriedForSeconds: z
      .object({
        emergency: seconds.default(standard.channelTriedForSeconds.emergency),
        other: seconds.default(standard.channelTriedForSeconds.other),
      })
      .prefault({}),
    digestMinute: minuteOfDay.default(standard.digestMinute),
    confirmSeconds: seconds.default(standard.confirmSeconds),
  }) satisfies z.ZodType<MessageConfiguration>;

const buildInterfaceSchema = (standard: InterfaceConfiguration) =>
  z.object({
    unansweredForSeconds: buildBudgetsSchema(standard.unansweredForSeconds),
    refusedForSeconds: seconds.default(standard.refusedForSeconds),
    handleWithinSeconds: buildBudgetsSchema(standard.handleWithinSeconds),
  }) satisfies z.ZodType<InterfaceConfiguration>;

/** As rows are read: the parts that a row lacks altogether stay away, as its pathways know them. */
export const ConfigurationSchema = z.object({
  referral: buildReferralSchema(defaultReferralConfiguration).prefault({}),
  followUp: buildFollowUpSchema(defaultFollowUpConfiguration).optional(),
  messages: buildMessageSchema(defaultMessageConfiguration).optional(),
  interfaces: buildInterfaceSchema(defaultInterfaceConfiguration).optional(),
});

/** Returns the settings of a row, each with its value or its default. Throws for a row that says what cannot be. */
export function parseConfiguration(stored: unknown): AllianceConfiguration {
  const { referral, ...others } = ConfigurationSchema.parse(stored);
  const { followUp, messages, interfaces } = others;
  return { referral, ...(followUp ? { followUp } : {}), ...(messages ? { messages } : {}), ...(interfaces ? { interfaces } : {}) };
}
