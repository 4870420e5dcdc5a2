/** Crisis readings: read one, and what happened on it. Its task is completed at `/v1/tasks/{id}/complete`. */
import { timelineOf } from '../../db/kit/timeline.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { TimelineSchema, timelineResource } from '../kit/timeline.ts';
import { auditCrisisReadingRead, CrisisReadingById, findVisibleCrisisReading } from './access.ts';
import { CrisisReadingSchema, crisisReadingReply } from './resource.ts';

const tag = 'reading';

const getCrisisReading = operation({
  id: 'getCrisisReading',
  method: 'get',
  path: '/v1/crisis-readings/{id}',
  tag,
  summary: '查看危急值 / Read a critical reading',
  params: CrisisReadingById,
  answers: { 200: { description: 'The critical reading', schema: CrisisReadingSchema } },
  find: findVisibleCrisisReading,
  async handle(request) {
    await auditCrisisReadingRead(request, 'crisis-reading.read');
    return crisisReadingReply(request.resource);
  },
});

const getTimeline = operation({
  id: 'getCrisisReadingTimeline',
  method: 'get',
  path: '/v1/crisis-readings/{id}/timeline',
  tag,
  summary: '时间线 / Timeline',
  params: CrisisReadingById,
  answers: { 200: { description: 'Everything that happened, in order', schema: TimelineSchema } },
  find: findVisibleCrisisReading,
  async handle(request) {
    await auditCrisisReadingRead(request, 'crisis-reading.timeline.read');
    return { status: 200, body: timelineResource('crisis-reading', await timelineOf(request.deps.db, request.resource.id)) };
  },
});

export const crisisReadingOperations: Operation[] = [getCrisisReading, getTimeline];
