/** Operations that exist in demo mode only: they push a pathway's clock forward and show the messages that went out. */
import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { findPathwayClock, storeClockOffset } from '../../db/kit/pathways.ts';
import { listMessages } from '../../db/messages/sent-messages.ts';
import { workflowId } from '../../domain/kit/pathway.ts';
import { readClockOffsetMs, skipTime, TimeSkippingUnavailable } from '../../platform/time-skipping.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnceOutsideTransaction } from '../kit/once.ts';
import { type ApiDependencies, type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { PageQuery, pageOf, pendingAnswer, toIso } from '../kit/schemas.ts';
import { parseDuration } from './duration.ts';

const tag = 'demo';
const TEN_YEARS_MS = 3_653 * 86_400_000;

const fastForward = operation({
  id: 'fastForward',
  method: 'post',
  path: '/v1/demo/fast-forward',
  tag,
  summary: '快进一条路径的时钟（仅演示） / Push one pathway’s clock forward',
  demoOnly: true,
  body: z
    .strictObject({ pathwayId: z.uuid(), duration: z.string().max(40) })
    .openapi('FastForward', { example: { pathwayId: '0199…', duration: 'P4D' } }),
  answers: {
    200: {
      description: 'Everything that came due in the interval has been committed',
      schema: z.strictObject({ pathwayId: z.string(), now: z.string(), version: z.number().int(), nextDueAt: z.string().nullable() }),
    },
    202: pendingAnswer,
  },
  async handle(request) {
    const { deps, body } = request;
    const ms = parseDuration(body.duration);
    if (ms === undefined || ms < 1_000 || ms > TEN_YEARS_MS)
      throw invalidRequestProblem('duration', {
        zh: '须为 PT1S 至 P3653D 之间的 ISO 8601 时长，如 P4D',
        en: 'an ISO 8601 duration between PT1S and P3653D, such as P4D',
      });
    const pathway = await findPathwayClock(deps.db, body.pathwayId);
    if (!pathway) throw invalidRequestProblem('pathwayId', { zh: '没有此路径', en: 'no such pathway' });
    if (pathway.status === 'ended') throw new Problem('pathway-ended');
    const target = workflowId(pathway.kind, body.pathwayId);
    return runOnceOutsideTransaction(request, async () => {
      try {
        await skipTime(deps.client, target, ms, randomUUID());
      } catch (error) {
        if (error instanceof TimeSkippingUnavailable) throw new Problem('time-skipping-unavailable');
        throw error;
      }
      const offset = await readClockOffsetMs(deps.client, target);
      await storeClockOffset(deps.db, body.pathwayId, offset);
      const { version, nextDueAt } = await waitUntilCaughtUp(deps, body.pathwayId, offset);
      return {
        status: 200,
        body: { pathwayId: body.pathwayId, now: new Date(Date.now() + offset).toISOString(), version, nextDueAt: toIso(nextDueAt) },
      };
    });
  },
});

const SETTLE_WITHIN_MS = 30_000;

/** The clock is there; what came due on the way may still be in its commit. */
async function waitUntilCaughtUp(
  { db }: ApiDependencies,
  pathwayId: string,
  offset: number,
): Promise<{ version: number; nextDueAt: Date | null }> {
  const deadline = Date.now() + SETTLE_WITHIN_MS;
  for (;;) {
    const row = await findPathwayClock(db, pathwayId);
    if (!row) throw new Error('A pathway has vanished.');
    if (row.status === 'ended' || !row.nextDueAt || row.nextDueAt.getTime() > Date.now() + offset) return row;
    if (Date.now() > deadline) throw new Problem('unavailable', { headers: { 'retry-after': '5' } });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const OutboxItem = z.strictObject({
  id: z.string(),
  key: z.string(),
  pathwayId: z.string().nullable(),
  template: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  recipient: z.strictObject({ type: z.enum(['person', 'patient', 'team']), id: z.string() }),
  channel: z.string(),
  status: z.enum(['waiting', 'in-hand', 'sent', 'undeliverable', 'withdrawn']),
  /** what it waits for, until when */
  waitsFor: z.enum(['quiet-hours', 'daily-cap', 'confirmation']).nullable(),
  waitsUntil: z.string().nullable(),
  withdrawnBecause: z.string().nullable(),
  attempts: z.number().int(),
  log: z.array(
    z.strictObject({ attempt: z.number().int(), channel: z.string(), result: z.string().nullable(), detail: z.string().nullable() }),
  ),
  createdAt: z.string(),
  sentAt: z.string().nullable(),
});

const getOutbox = operation({
  id: 'getDemoOutbox',
  method: 'get',
  path: '/v1/demo/outbox',
  tag,
  summary: '已发消息（仅演示） / Messages that went out, newest first',
  demoOnly: true,
  query: z.strictObject({ ...PageQuery, pathwayId: z.uuid().optional() }),
  answers: { 200: { description: 'A page of messages', schema: pageOf(OutboxItem) } },
  async handle({ deps, query }) {
    const cursor = decodeCursor(query.cursor, z.tuple([z.iso.datetime(), z.uuid()]));
    const rows = await listMessages(deps.db, { pathwayId: query.pathwayId, limit: query.limit, before: cursor });
    const shown = toPage(
      rows,
      query.limit,
      (row) => [row.created_at.toISOString(), row.id],
      (row) => ({
        id: row.id,
        key: row.key,
        pathwayId: row.pathway_id,
        template: row.template,
        parameters: row.parameters,
        recipient: { type: row.recipient_type, id: row.recipient_id },
        channel: row.channel,
        status: row.status,
        waitsFor: row.waits_for,
        waitsUntil: row.waits_for && toIso(row.next_attempt_at),
        withdrawnBecause: row.withdrawn_because,
        attempts: row.attempts,
        log: row.log,
        createdAt: row.created_at.toISOString(),
        sentAt: toIso(row.sent_at),
      }),
    );
    return { status: 200, body: shown };
  },
});

export const demoOperations: Operation[] = [fastForward, getOutbox];
