/** An enrolment in follow-up as a caller sees it. */
import { z } from '@hono/zod-openapi';
import { type EnrolmentRecord, findEnrolment } from '../../db/follow-up/enrolments.ts';
import { allowedCommands, type EnrolmentCommandName } from '../../domain/follow-up/allowed-commands.ts';
import {
  enrolmentStatuses,
  enrolmentStatusWords,
  tiers,
  tierWords,
  visitActions,
  visitActionWords,
} from '../../domain/follow-up/code-words.ts';
import type { Because } from '../../domain/follow-up/evaluation.ts';
import { type FollowUpCommandName, followUpEvents } from '../../domain/follow-up/events.ts';
import { itemsDue } from '../../domain/follow-up/items.ts';
import type { Protocol } from '../../domain/follow-up/protocol.ts';
import { screenVisits } from '../../domain/follow-up/screening.ts';
import { lostReasons, lostReasonWords } from '../../domain/follow-up/search-outcomes.ts';
import { type Enrolment, type FollowUpState, lessonsOf, protocolOf, searchStages, visitsOf } from '../../domain/follow-up/state.ts';
import type { Visit } from '../../domain/follow-up/visit.ts';
import { isConfirmed } from '../../domain/time/calendar.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import type { Caller } from '../kit/auth.ts';
import { codesOf } from '../kit/code-list.ts';
import type { AnsweredCommand, Asking } from '../kit/commands.ts';
import type { Reply } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { DateOnly, Instant, ReasonSchema, reasonResources, toIso } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { itemWords, PlanSchema, planResource } from './plan.ts';
import { TargetSchema } from './visit-indicators.ts';

export const BecauseSchema = z.strictObject({ ...ReasonSchema.shape, source: z.string() }).openapi('Because');

/** The reasons of a follow-up as their readers see them, each once. */
export const toBecause = (reasons: readonly Because[]): z.infer<typeof BecauseSchema>[] => reasonResources('follow-up', reasons);

/** With 'confirm-reading' a crisis value that was told or taken at home has to be measured again at once. */
export const VisitActionSchema = codesOf('VisitAction', visitActions, visitActionWords);

export const Title = z.strictObject({ zh: z.string(), en: z.string() });
const TierSchema = codesOf('RiskTier', tiers, tierWords);
/** Three highs on different days are a provisional diagnosis, to be confirmed by a hospital. null where the protocol does not screen. */
export const ScreeningSchema = z
  .strictObject({ result: z.enum(['clear', 'recheck', 'provisional']), dates: z.array(DateOnly) })
  .openapi('Screening');

export function screeningOf(protocol: Protocol, visits: readonly Visit[]): z.infer<typeof ScreeningSchema> | null {
  if (!protocol.screening) return null;
  const { result, dates } = screenVisits(protocol, visits);
  return { result, dates };
}

const WindowSchema = z.strictObject({ opensOn: DateOnly, dueOn: DateOnly });

export const EnrolmentSchema = z
  .strictObject({
    id: z.string(),
    pathwayId: z.string(),
    version: z.number().int(),
    patientId: z.string(),
    institutionId: z.string(),
    protocol: z.strictObject({ id: z.string(), version: z.number().int(), title: Title }),
    startedOn: DateOnly,
    package: z.enum(['basic', 'personalised']),
    status: codesOf('EnrolmentStatus', enrolmentStatuses, enrolmentStatusWords),
    statusReason: z.string().nullable(),
    /** Why somebody has said that the resident is lost to follow-up; null when nobody has. */
    lostReason: z.strictObject({ code: z.enum(lostReasons), zh: z.string(), en: z.string() }).nullable(),
    /** How far the search for a resident has come whom nobody reaches; null when nobody has to look for them. */
    search: z
      .strictObject({
        since: Instant,
        stage: z.enum(searchStages),
        learned: z.enum(lostReasons).nullable(),
        dueAt: Instant.nullable(),
      })
      .nullable(),
    /** when this protocol wants its next visit; not confirmed: it falls into a year whose working days are not published yet, and may move when they are */
    nextVisit: WindowSchema.extend({ calendarConfirmed: z.boolean() }).nullable(),
    /** The one visit that the resident is asked to next, with all enrolments that share it. */
    visitPlan: WindowSchema.extend({
      enrolmentIds: z.array(z.string()),
      stage: z.enum(['planned', 'open', 'overdue']),
      mode: z.enum(['clinic', 'home', 'phone']),
    }).nullable(),
    /** of the protocol */
    phase: z.string().nullable(),
    /** What the next visit has to look at and do. */
    items: z.array(z.strictObject({ code: z.string(), title: Title })),
    /** Lessons that were handed out in this phase or before. The next visit asks about those that are not understood yet. */
    education: z.array(
      z.strictObject({
        code: z.string(),
        title: Title,
        handedOutAt: Instant,
        acknowledgedAt: Instant.nullable(),
        askedAt: Instant.nullable(),
        understood: z.boolean().nullable(),
      }),
    ),
    screening: ScreeningSchema.nullable(),
    /** The risk of the resident. The tier is null while too little is known. */
    risk: z
      .strictObject({
        tier: TierSchema.nullable(),
        scored: TierSchema.nullable(),
        setByClinician: TierSchema.nullable(),
        score: z.number().int(),
        missing: z.array(z.string()),
        actions: z.array(z.string()),
        scoredAt: Instant,
        signOff: z.enum(['pending', 'signed']),
      })
      .nullable(),
    missedWindows: z.number().int(),
    lastVisit: z
      .strictObject({
        id: z.string(),
        visitedAt: Instant,
        class: z.number().int().nullable(),
        classes: z.array(z.number().int()),
        classOverride: z.number().int().nullable(),
        target: TargetSchema,
        action: VisitActionSchema,
        referral: z.enum(['none', 'routine', 'urgent']),
        because: z.array(BecauseSchema),
      })
      .nullable(),
    referrals: z.array(
      z.strictObject({
        id: z.string(),
        urgency: z.enum(['routine', 'same-day', 'urgent']),
        startedAt: Instant,
        reviewedAt: Instant.nullable(),
      }),
    ),
    /** What the hospital that has sent the resident back asks for, and whether the last visit has done it. */
    plan: PlanSchema.nullable(),
    episodes: z.array(z.strictObject({ id: z.string(), rule: z.string(), dueAt: Instant.nullable() })),
    now: Instant,
    allowed: z.array(z.enum(followUpEvents.commands)),
  })
  .openapi('Enrolment');

type EnrolmentResource = z.infer<typeof EnrolmentSchema>;

/** The operation of each command: what the policy says of it. */
export const operationOf = {
  'record-visit': 'recordVisit',
  pause: 'pauseEnrolment',
  resume: 'resumeEnrolment',
  withdraw: 'withdrawEnrolment',
  reopen: 'reopenEnrolment',
  transfer: 'transferEnrolment',
  'change-package': 'changePackage',
  'change-phase': 'changePhase',
  'change-tier': 'changeTier',
  'acknowledge-education': 'acknowledgeEducation',
  'move-version': 'moveEnrolment',
  'close-episode': 'closeEpisode',
  'report-search': 'reportSearch',
} as const satisfies Record<EnrolmentCommandName, OperationId>;

/** Says whether the policy lets one of these roles give the command. */
export const mayCommand = (name: EnrolmentCommandName, roles: readonly string[]): boolean => mayDo(operationOf[name], roles);

/** The commands open to the caller: by the decider's rules, and by the policy for their posts. */
export const openCommands = (state: FollowUpState, enrolment: Enrolment, { institutionId, roles }: Caller): EnrolmentCommandName[] =>
  allowedCommands(state, enrolment, institutionId).filter((name) => mayCommand(name, roles));

function riskResource({ risk, riskModel }: FollowUpState): EnrolmentResource['risk'] {
  if (!risk || !riskModel) return null;
  const { scored, set, score, missing, at } = risk;
  const tier = set ?? scored;
  return {
    tier,
    scored,
    setByClinician: set,
    score,
    missing,
    actions: [...(riskModel.tiers.find((one) => one.tier === tier)?.actions ?? [])],
    scoredAt: new Date(at).toISOString(),
    signOff: riskModel.signOff,
  };
}

const searchResource = ({ search }: FollowUpState): EnrolmentResource['search'] =>
  search && {
    since: new Date(search.since).toISOString(),
    stage: search.stage,
    learned: search.learned,
    dueAt: toIso(instantOf(search.clock, 100)),
  };

export function enrolmentResource(record: EnrolmentRecord, caller: Caller): EnrolmentResource {
  const { state } = record;
  const enrolment = state.enrolments.find(({ id }) => id === record.id);
  if (!enrolment) throw new Error('An enrolment has its row and its place in the state.');
  const protocol = protocolOf(state, enrolment);
  const wordsOfItem = itemWords(record);
  const { last, next } = enrolment;
  const shared = state.plan?.enrolmentIds.includes(enrolment.id) ? state.plan : null;
  return {
    id: enrolment.id,
    pathwayId: record.pathwayId,
    version: record.version,
    patientId: state.patientId,
    institutionId: state.centreId,
    protocol: { id: protocol?.id ?? '', version: protocol?.version ?? 0, title: protocol?.title ?? { zh: '', en: '' } },
    startedOn: enrolment.startedOn,
    package: enrolment.package,
    status: enrolment.status,
    statusReason: enrolment.endReason ?? enrolment.pause?.reason ?? null,
    lostReason: enrolment.lostReason ? { code: enrolment.lostReason, ...lostReasonWords[enrolment.lostReason] } : null,
    search: enrolment.status === 'active' ? searchResource(state) : null,
    nextVisit: next && { opensOn: next.opensOn, dueOn: next.dueOn, calendarConfirmed: isConfirmed(state.calendar, next.dueOn) },
    visitPlan: shared && {
      opensOn: shared.opensOn,
      dueOn: shared.dueOn,
      enrolmentIds: shared.enrolmentIds,
      stage: shared.stage,
      mode: shared.mode ?? 'clinic',
    },
    phase: enrolment.phase ?? null,
    items:
      next && protocol
        ? itemsDue(protocol, enrolment.phase, visitsOf(state, enrolment.id), next.dueOn).map(({ code, title }) => ({
            code,
            title: wordsOfItem(code) ?? title,
          }))
        : [],
    education: lessonsOf(enrolment).map(({ code, pushedAt, acknowledgedAt, askedAt, understood }) => ({
      code,
      title: state.education[enrolment.protocol]?.find((item) => item.code === code)?.title ?? { zh: code, en: code },
      handedOutAt: new Date(pushedAt).toISOString(),
      acknowledgedAt: toIso(acknowledgedAt),
      askedAt: toIso(askedAt),
      understood,
    })),
    risk: riskResource(state),
    screening: protocol ? screeningOf(protocol, visitsOf(state, enrolment.id)) : null,
    missedWindows: enrolment.missed,
    lastVisit: last && {
      id: last.visitId,
      visitedAt: new Date(last.visitedAt).toISOString(),
      class: last.class,
      classes: last.classes,
      classOverride: last.classOverride,
      target: last.target,
      action: last.action,
      referral: last.referral,
      because: toBecause(last.because),
    },
    referrals: state.referrals.map(({ id, urgency, sentAt, reviewedAt }) => ({
      id,
      urgency,
      startedAt: new Date(sentAt).toISOString(),
      reviewedAt: toIso(reviewedAt),
    })),
    plan: planResource(record, enrolment),
    episodes: state.episodes.map(({ id, rule, clock }) => ({ id, rule, dueAt: toIso(instantOf(clock, 100)) })),
    now: new Date(pathwayNow(record)).toISOString(),
    allowed: openCommands(state, enrolment, caller),
  };
}

export function enrolmentReply(record: EnrolmentRecord, caller: Caller, status: number): Reply {
  return { status, body: enrolmentResource(record, caller), headers: { etag: `"${record.version}"` } };
}

/** Commands that make something new. */
const creating: readonly string[] = ['enrol', 'record-visit'] satisfies FollowUpCommandName[];

/** The answer to a command on an enrolment that has happened. */
export async function renderEnrolment({ deps, caller }: Asking, { name, input }: AnsweredCommand): Promise<Reply> {
  const { enrolmentId } = NamesEnrolment.parse(input);
  const record = await findEnrolment(deps.db, enrolmentId);
  if (!record) throw new Error('A decided enrolment has its row.');
  return enrolmentReply(record, caller, creating.includes(name) ? 201 : 200);
}

const NamesEnrolment = z.object({ enrolmentId: z.string() });
