/** What has happened in a follow-up, and why its next date and last decision are what they are. */
import { z } from '@hono/zod-openapi';
import { timelineOf } from '../../db/kit/timeline.ts';
import { obligationsOf } from '../../domain/follow-up/plan.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { DateOnly } from '../kit/schemas.ts';
import { NextObligationSchema, TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { auditEnrolmentRead, EnrolmentById, findVisibleEnrolment } from './access.ts';
import { BecauseSchema, toBecause, VisitActionSchema } from './resource.ts';

const tag = 'follow-up';

const getTimeline = operation({
  id: 'getEnrolmentTimeline',
  method: 'get',
  path: '/v1/enrolments/{id}/timeline',
  tag,
  summary: '时间线 / Timeline of the person’s follow-up',
  params: EnrolmentById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find: findVisibleEnrolment,
  async handle(request) {
    const rows = await timelineOf(request.deps.db, request.resource.pathwayId);
    await auditEnrolmentRead(request, 'follow-up.timeline.read');
    return { status: 200, body: timelineResource('follow-up', rows) };
  },
});

const WhySchema = z
  .strictObject({
    nextVisit: z.strictObject({ opensOn: DateOnly, dueOn: DateOnly }).nullable(),
    because: z.array(BecauseSchema),
    lastDecision: z.strictObject({ visitId: z.string(), action: VisitActionSchema, because: z.array(BecauseSchema) }).nullable(),
    next: z.array(NextObligationSchema),
  })
  .openapi('EnrolmentWhy');

const getWhy = operation({
  id: 'getEnrolmentWhy',
  method: 'get',
  path: '/v1/enrolments/{id}/why',
  tag,
  summary: '为什么是这个日期、这个决定 / Why this date and this decision',
  params: EnrolmentById,
  answers: { 200: { description: 'Down to rule, clause and observation', schema: WhySchema } },
  find: findVisibleEnrolment,
  async handle(request) {
    const { state, id } = request.resource;
    const enrolment = state.enrolments.find((one) => one.id === id);
    await auditEnrolmentRead(request, 'follow-up.why.read');
    const last = enrolment?.last;
    return {
      status: 200,
      body: {
        nextVisit: enrolment?.next ?? null,
        because: toBecause(enrolment?.because ?? []),
        lastDecision: last ? { visitId: last.visitId, action: last.action, because: toBecause(last.because) } : null,
        next: obligationsOf(state)
          .toSorted((a, b) => a.at - b.at)
          .map(({ name, at }) => ({ obligation: name, at: new Date(at).toISOString() })),
      },
    };
  },
});

export const enrolmentHistoryOperations: Operation[] = [getTimeline, getWhy];
