/** The sheet of a resident: what a visit or a call needs, in one audited read. */
import { z } from '@hono/zod-openapi';
import { type EnrolmentRecord, findFollowUpOfResident } from '../../db/follow-up/enrolments.ts';
import { type Handout, listHandouts, shippedLessons } from '../../db/follow-up/lessons.ts';
import { loadSheetRows, type SheetRows } from '../../db/follow-up/sheet.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { SHIPPED_VERSION } from '../../db/messages/surroundings.ts';
import {
  type AlertCode,
  alertsOf,
  currentTarget,
  isOverTarget,
  type LessonToAsk,
  lastMeasured,
  lessonsToAsk,
  scriptOf,
  strictestTarget,
  toAlert,
} from '../../domain/follow-up/sheet.ts';
import type { FollowUpState } from '../../domain/follow-up/state.ts';
import type { Words } from '../../domain/kit/language.ts';
import {
  type Comparators,
  comparatorsOf,
  type ReadingKind,
  readingContexts,
  readingKinds,
  type StandardValues,
  standardUnits,
  toComparedValues,
  valueText,
} from '../../domain/readings/reading.ts';
import { ageOn, localDateOf } from '../../domain/time/local-date.ts';
import { findVisiblePatient } from '../directory/access.ts';
import { type PatientResource, PatientSchema, toPatientResource } from '../directory/patient-resource.ts';
import type { Caller } from '../kit/auth.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { Id, Instant, toIso } from '../kit/schemas.ts';
import { BecauseSchema, openCommands, Title, toBecause, VisitActionSchema } from './resource.ts';
import { PersonPlanSchema, PersonTaskSchema, ProtocolNameSchema, personPlan, protocolName, ValueSchema } from './visit-answer.ts';
import { TargetSchema } from './visit-indicators.ts';

const LineSchema = z.strictObject({ code: z.string(), zh: z.string(), en: z.string() });

const SheetSchema = z
  .strictObject({
    patient: z.strictObject({ ...PatientSchema.shape, age: z.number().int() }).openapi('SheetPatient'),
    /** The weightiest first. */
    alerts: z.array(LineSchema),
    enrolments: z.array(
      z.strictObject({
        id: z.string(),
        protocol: ProtocolNameSchema,
        phase: z.string().nullable(),
        tier: z.enum(['low', 'middle', 'high']).nullable(),
        status: z.enum(['active', 'paused']),
        target: TargetSchema,
        lastVisit: z.strictObject({ visitedAt: Instant, class: z.number().int().nullable(), action: VisitActionSchema }).nullable(),
      }),
    ),
    visitPlan: PersonPlanSchema.nullable(),
    /** Why the next visit is due when it is. */
    because: z.array(BecauseSchema),
    /** The latest value of each kind, whoever measured it. */
    lastValues: z.array(
      z.strictObject({
        kind: z.enum(readingKinds),
        value: ValueSchema,
        unit: z.string(),
        measuredAt: Instant,
        from: z.enum(readingContexts),
        /** null for a kind without a target */
        overTarget: z.boolean().nullable(),
      }),
    ),
    referrals: z.array(
      z.strictObject({
        id: z.string(),
        status: z.string(),
        urgency: z.string(),
        toInstitutionId: z.string(),
        dueAt: Instant.nullable(),
      }),
    ),
    tasks: z.array(z.strictObject({ ...PersonTaskSchema.shape, id: z.string(), pathwayId: z.string(), ownerId: z.string().nullable() })),
    /** What was handed out and is not understood yet. */
    lessons: z.array(
      z.strictObject({
        enrolmentId: z.string(),
        code: z.string(),
        title: Title,
        handedOutAt: Instant,
        acknowledgedAt: Instant.nullable(),
        /** The version that they were given, and what it says; an https address where that is one. */
        version: z.number().int(),
        body: Title,
      }),
    ),
    /** What to ask, in the order of the conversation. */
    script: z.array(LineSchema),
    allowed: z.array(z.string()),
  })
  .openapi('Sheet');
type Sheet = z.infer<typeof SheetSchema>;

const getSheet = operation({
  id: 'getSheet',
  method: 'get',
  path: '/v1/patients/{id}/sheet',
  tag: 'follow-up',
  summary: '随访前须知：一次取得居民的全部要点 / What a visit or a call needs to know of a resident',
  params: z.object({ id: Id }),
  answers: { 200: { description: 'The sheet', schema: SheetSchema } },
  find: (request: OperationRequest<{ id: string }, unknown, unknown, undefined>) => findVisiblePatient(request, request.params.id),
  may: ({ caller, resource }) => caller.institutionId === resource.homeInstitutionId,
  async handle({ deps, actor, caller, requestId, resource: patient }) {
    const [shown, record, rows] = await Promise.all([
      toPatientResource(deps.db, caller, patient),
      findFollowUpOfResident(deps.db, patient.id),
      loadSheetRows(deps.db, patient.id, caller.institutionId),
    ]);
    await auditRead(deps.db, {
      actor,
      action: 'patient.sheet.read',
      targetType: 'patient',
      targetId: patient.id,
      patientIds: [patient.id],
      requestId,
    });
    const handouts = await listHandouts(deps.db, record?.state.enrolments.map(({ id }) => id) ?? []);
    return { status: 200, body: buildSheet(shown, record, { ...rows, handouts }, caller) };
  },
});

export const sheetOperations: Operation[] = [getSheet];

interface SheetContent extends SheetRows {
  handouts: readonly Handout[];
}

function buildSheet(patient: PatientResource, record: EnrolmentRecord | undefined, rows: SheetContent, caller: Caller): Sheet {
  const at = record ? pathwayNow(record) : Date.now();
  const state = record?.state;
  return {
    patient: { ...patient, age: ageOn(patient.birthDate, localDateOf(at)) },
    alerts: listAlerts(patient, state, rows).map(toAlert),
    enrolments: state ? enrolmentsOf(state, at) : [],
    visitPlan: state ? personPlan(state) : null,
    because: toBecause(state?.enrolments.filter(({ id }) => state.plan?.enrolmentIds.includes(id)).flatMap(({ because }) => because) ?? []),
    lastValues: listLastValues(state, rows.readings, at),
    referrals: rows.referrals.map((referral) => ({ ...referral, dueAt: toUtc(referral.dueAt) })),
    tasks: rows.tasks.map((task) => ({ ...task, about: task.about ?? {}, dueAt: toUtc(task.dueAt) })),
    lessons: state
      ? lessonsToAsk(state).map((lesson) => ({
          ...lesson,
          handedOutAt: new Date(lesson.handedOutAt).toISOString(),
          acknowledgedAt: toIso(lesson.acknowledgedAt),
          ...givenVersion(lesson, rows.handouts),
        }))
      : [],
    script: scriptOf(state, state?.plan?.dueOn ?? localDateOf(at), (lesson) => givenVersion(lesson, rows.handouts).version),
    allowed: rows.isDead ? [] : listAllowed(state, caller),
  };
}

/** The text that somebody has in hand. Of what code of before has handed out only the text that comes with the program is known. */
function givenVersion({ enrolmentId, code, handedOutAt }: LessonToAsk, handouts: readonly Handout[]): { version: number; body: Words } {
  const given = handouts.find((one) => one.enrolmentId === enrolmentId && one.code === code && one.handedOutAt.getTime() === handedOutAt);
  const { zh, en } = given?.body ?? shippedLessons.get(code)?.body ?? { zh: '', en: '' };
  return { version: given?.version ?? SHIPPED_VERSION, body: { zh, en } };
}

/** Postgres writes instants in JSON in the zone of the session. */
const toUtc = (instant: string | null): string | null => toIso(instant === null ? null : new Date(instant));

function listAlerts(
  { phone, contacts }: PatientResource,
  state: FollowUpState | undefined,
  { tasks, referrals, isDead }: SheetRows,
): AlertCode[] {
  const isOpen = (...kinds: string[]) => tasks.some(({ kind }) => kinds.includes(kind));
  return [
    ...(isDead ? (['died'] as const) : []),
    ...(isOpen('confirm-death') ? (['reported-dead'] as const) : []),
    ...(isOpen('confirm-reading', 'reading-episode') ? (['crisis-value'] as const) : []),
    ...(state ? alertsOf(state) : []),
    ...(referrals.some(({ status }) => status !== 'draft') ? (['referral-open'] as const) : []),
    ...(phone === null && contacts.every((contact) => !contact.phone) ? (['no-phone'] as const) : []),
  ];
}

function enrolmentsOf(state: FollowUpState, at: number): Sheet['enrolments'] {
  const tier = state.risk && (state.risk.set ?? state.risk.scored);
  return state.enrolments.flatMap((enrolment) => {
    const { id, phase = null, status, last } = enrolment;
    if (status === 'ended') return [];
    return [
      {
        id,
        protocol: protocolName(state, enrolment),
        phase,
        tier,
        status,
        target: currentTarget(state, enrolment, at),
        lastVisit: last && { visitedAt: new Date(last.visitedAt).toISOString(), class: last.class, action: last.action },
      },
    ];
  });
}

function listLastValues(state: FollowUpState | undefined, readings: SheetRows['readings'], at: number): Sheet['lastValues'] {
  const open = state?.enrolments.filter(({ status }) => status !== 'ended') ?? [];
  const target = strictestTarget(state ? open.map((enrolment) => currentTarget(state, enrolment, at)) : []);
  const known: (StandardValues & {
    comparators: Comparators;
    kind: ReadingKind;
    measuredAt: number;
    from: (typeof readingContexts)[number];
  })[] = [
    ...readings.map(({ given, ...reading }) => ({
      ...reading,
      comparators: comparatorsOf(given),
      measuredAt: Date.parse(reading.measuredAt),
    })),
    ...(state ? lastMeasured(state) : []).map(({ measured, at: measuredAt }) => ({
      kind: measured.kind,
      ...toComparedValues(measured),
      measuredAt,
      from: 'clinic' as const,
    })),
  ];
  return readingKinds.flatMap((kind) => {
    const [latest] = known.filter((one) => one.kind === kind).toSorted((a, b) => b.measuredAt - a.measuredAt);
    if (!latest) return [];
    return [
      {
        kind,
        value: valueText(latest, latest.comparators),
        unit: standardUnits[kind],
        measuredAt: new Date(latest.measuredAt).toISOString(),
        from: latest.from,
        overTarget: isOverTarget(latest, target),
      },
    ];
  });
}

/** A visit may be recorded of everybody who lives; the other commands are those of the enrolments. */
function listAllowed(state: FollowUpState | undefined, caller: Caller): string[] {
  const open = state?.enrolments.filter(({ status }) => status !== 'ended') ?? [];
  const commands = state ? open.flatMap((enrolment) => openCommands(state, enrolment, caller)) : [];
  return [...new Set(['record-visit', ...commands])];
}
