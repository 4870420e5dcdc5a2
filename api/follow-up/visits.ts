/** Visits of an enrolment: recorded, judged, listed. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import type { EnrolmentRecord } from '../../db/follow-up/enrolments.ts';
import { listVisits } from '../../db/follow-up/visits.ts';
import type { Because } from '../../domain/follow-up/evaluation.ts';
import type { RecordVisit } from '../../domain/follow-up/events.ts';
import type { BothIndicators } from '../../domain/follow-up/indicators.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { RoleSchema } from '../kit/codes.ts';
import { commandOperation } from '../kit/command-operation.ts';
import type { CommandSteps } from '../kit/commands.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { withRecordOf } from '../kit/record-of-resident.ts';
import { DateOnly, DayOrInstant, Id, Instant, PageQuery, pageOf, Text } from '../kit/schemas.ts';
import { auditEnrolmentRead, EnrolmentById, findVisibleEnrolment, uuidPattern } from './access.ts';
import { keepCrisesOfForm } from './refused-form.ts';
import { BecauseSchema, EnrolmentSchema, renderEnrolment, toBecause } from './resource.ts';
import { ChangedFactsSchema, refuseImpossibleTimes, VisitFormSchema, visitOf } from './visit-form.ts';
import { VisitIndicatorsSchema } from './visit-indicators.ts';
import { buildRecordVisit } from './visit-input.ts';

const tag = 'follow-up';

const { visitedAt: VisitedAt, mode: Mode } = VisitFormSchema.shape;

const NewVisit = z
  .strictObject({
    patientId: Id.optional(),
    visitedAt: VisitedAt,
    mode: Mode,
    form: VisitFormSchema.omit({ visitedAt: true, mode: true }),
    /** What has changed about the resident; absent when nothing has. */
    person: ChangedFactsSchema.optional(),
    late: z.boolean().default(false),
    /** There was another visit in the same mode on that day. */
    allowSecondSameDay: z.boolean().default(false),
    classOverride: z
      .strictObject({ class: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)]), reason: Text(2_000) })
      .optional(),
    referral: z
      .strictObject({
        consent: z.strictObject({ given: z.boolean(), recordedAt: DayOrInstant }).optional(),
        toInstitutionId: Id.optional(),
        toDepartmentId: Id.optional(),
      })
      .optional(),
  })
  .openapi('NewVisit');

const recordVisitSteps: CommandSteps<z.output<typeof NewVisit>, EnrolmentRecord, RecordVisit> = {
  async check({ body, resource, deps, actor }) {
    const { state } = resource;
    const visit = visitOf({ ...body.form, visitedAt: body.visitedAt, mode: body.mode });
    const at = pathwayNow(resource);
    refuseImpossibleTimes('', visit, state.person, at);
    const enrolment = state.enrolments.find(({ id }) => id === resource.id);
    if (!enrolment) throw new Error('An enrolment has its place in the state.');
    if (localDateOf(visit.visitedAt) < enrolment.startedOn)
      throw invalidRequestProblem('visitedAt', { zh: '早于纳入随访之日', en: 'lies before the enrolment' });
    const input = await buildRecordVisit(
      deps.db,
      { state, enrolments: [enrolment], actor, at },
      { ...body, visit },
      {
        ...(await withRecordOf(deps.db, { patientId: body.patientId }, resource)),
        classOverride: body.classOverride?.class ?? null,
        joins: true,
      },
    );
    if (body.referral?.toInstitutionId !== undefined) {
      const institution = await findInstitution(deps.db, body.referral.toInstitutionId);
      if (institution?.kind !== 'hospital')
        throw invalidRequestProblem('referral.toInstitutionId', { zh: '没有这家医院', en: 'no such hospital' });
    }
    return input;
  },
  command: ({ body, resource }, input) => ({
    kind: 'follow-up',
    pathwayId: resource.pathwayId,
    name: 'record-visit',
    input,
    texts: { form: body.form, overrideReason: body.classOverride?.reason, referral: body.referral },
    seen: resource.version,
  }),
  render: renderEnrolment,
};

const recordVisit = commandOperation({
  ...recordVisitSteps,
  id: 'recordVisit',
  path: '/v1/enrolments/{id}/visits',
  tag,
  summary: '登记随访 / Record a visit',
  params: EnrolmentById,
  body: NewVisit,
  answers: { 201: { description: 'Recorded, judged and the next visit set', schema: EnrolmentSchema } },
  find: findVisibleEnrolment,
  keepOfRefused: (request, given, refusedWith) => {
    const { resource } = request;
    return keepCrisesOfForm(request, { patientId: resource.state.patientId, receivedAt: pathwayNow(resource) }, given, refusedWith);
  },
});

const RecordedBy = z.strictObject({ personId: z.string(), institutionId: z.string(), role: RoleSchema });

const VisitSchema = z
  .strictObject({
    id: z.string(),
    visitedAt: Instant,
    recordedAt: Instant,
    recordedBy: RecordedBy,
    mode: z.enum(['clinic', 'home', 'phone']),
    form: z.record(z.string(), z.unknown()),
    enteredLate: z.boolean(),
    class: z.number().int().nullable(),
    classOverride: z.number().int().nullable(),
    overrideReason: z.string().nullable(),
    because: z.array(BecauseSchema),
    measured: z.boolean().nullable(),
    indicators: VisitIndicatorsSchema,
    opensOn: DateOnly.nullable(),
    dueOn: DateOnly.nullable(),
    referralId: z.string().nullable(),
    /** A visit that was entered in error stays to be read and counts for nothing. */
    enteredInError: z.strictObject({ at: Instant, by: RecordedBy, reason: z.string() }).nullable(),
  })
  .openapi('FollowUpVisit');

const listVisitsOperation = operation({
  id: 'listVisits',
  method: 'get',
  path: '/v1/enrolments/{id}/visits',
  tag,
  summary: '随访记录，新的在前 / Visits, newest first',
  params: EnrolmentById,
  query: z.strictObject(PageQuery),
  answers: { 200: { description: 'A page of visits', schema: pageOf(VisitSchema) } },
  find: findVisibleEnrolment,
  async handle(request) {
    const { query, deps, resource } = request;
    const before = decodeCursor(query.cursor, z.tuple([z.string(), z.string().regex(uuidPattern)]));
    const rows = await listVisits(deps.db, resource.id, { limit: query.limit, before });
    await auditEnrolmentRead(request, 'follow-up.visits.read');
    const shown = toPage(
      rows,
      query.limit,
      (row) => [row.visitedAt.toISOString(), row.id],
      ({ evaluation, indicators, visitedAt, recordedAt, form, ...row }) => ({
        ...row,
        visitedAt: visitedAt.toISOString(),
        recordedAt: recordedAt.toISOString(),
        form: form as Record<string, unknown>,
        indicators: indicators as BothIndicators | null,
        because: toBecause((evaluation as { because?: Because[] } | null)?.because ?? []),
      }),
    );
    return { status: 200, body: shown };
  },
});

export const visitOperations: Operation[] = [recordVisit, listVisitsOperation];
