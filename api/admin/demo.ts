/** Operations that exist in demo mode only: they push a pathway's clock forward and show the messages that went out. */
import { randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { listRecordsOfResident } from '../../db/directory/resident-records.ts';
import { findPathwayClock, listOpenPathways, type PathwayClock, storeClockOffset } from '../../db/kit/pathways.ts';
import { workflowId } from '../../domain/kit/pathway.ts';
import { readClockOffsetMs, skipTime, TimeSkippingUnavailable } from '../../platform/time-skipping.ts';
import { runOnceOutsideTransaction } from '../kit/once.ts';
import { type ApiDependencies, type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id, Instant, pendingAnswer, toIso } from '../kit/schemas.ts';
import { getOutbox } from './demo-outbox.ts';
import { parseDuration } from './duration.ts';

const tag = 'demo';
const TEN_YEARS_MS = 3_653 * 86_400_000;

const FastForwarded = z
  .strictObject({
    /** The latest of the clocks that were moved. */
    now: Instant,
    /** How many pathways were moved. */
    pathways: z.number().int(),
    /** The next three where one pathway was asked for, and null otherwise. */
    pathwayId: z.string().nullable(),
    version: z.number().int().nullable(),
    nextDueAt: Instant.nullable(),
  })
  .openapi('FastForwarded');

const fastForward = operation({
  id: 'fastForward',
  method: 'post',
  path: '/v1/demo/fast-forward',
  tag,
  summary: '快进一条路径、一位居民或一家机构的时钟（仅演示） / Push the clocks of one pathway, one resident or one institution forward',
  demoOnly: true,
  body: z
    .strictObject({
      pathwayId: z.uuid().optional(),
      patientId: Id.optional(),
      institutionId: Id.optional(),
      duration: z.string().max(40),
    })
    .openapi('FastForward', { example: { patientId: 'patient-0001', duration: 'P4D' } }),
  answers: {
    200: { description: 'Everything that came due in the interval has been committed', schema: FastForwarded },
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
    const targets = await findTargets(deps, body);
    return runOnceOutsideTransaction(request, async () => {
      const moved: MovedClock[] = [];
      // One after the other, because the server skips the time of one workflow at a time and what one decides may be a fact to the next.
      for (const target of targets) {
        const clock = await moveClock(deps, target, ms);
        if (clock) moved.push(clock);
        else if (body.pathwayId !== undefined) throw new Problem('pathway-ended');
      }
      const only = body.pathwayId === undefined ? undefined : moved[0];
      const now = Math.max(Date.now(), ...moved.map((each) => each.now));
      return {
        status: 200,
        body: {
          now: new Date(now).toISOString(),
          pathways: moved.length,
          pathwayId: only?.id ?? null,
          version: only?.version ?? null,
          nextDueAt: toIso(only?.nextDueAt),
        },
      };
    });
  },
});

interface ClockTarget {
  id: string;
  kind: string;
}

interface Meant {
  pathwayId?: string | undefined;
  patientId?: string | undefined;
  institutionId?: string | undefined;
}

/** The open pathways that are meant. Throws Problem 422 unless exactly one of the three is given and there, 409 for a pathway that has ended. */
async function findTargets({ db }: ApiDependencies, { pathwayId, patientId, institutionId }: Meant): Promise<ClockTarget[]> {
  const given = Object.entries({ pathwayId, patientId, institutionId }).filter(([, id]) => id !== undefined);
  if (given.length !== 1)
    throw invalidRequestProblem('pathwayId', {
      zh: '须给出 pathwayId、patientId、institutionId 之一，且只给其一',
      en: 'give exactly one of pathwayId, patientId and institutionId',
    });
  if (pathwayId !== undefined) {
    const pathway = await findPathwayClock(db, pathwayId);
    if (!pathway) throw invalidRequestProblem('pathwayId', { zh: '没有此路径', en: 'no such pathway' });
    if (pathway.status === 'ended') throw new Problem('pathway-ended');
    return [{ id: pathwayId, kind: pathway.kind }];
  }
  if (patientId !== undefined) {
    const patientIds = await listRecordsOfResident(db, patientId);
    if (patientIds.length === 0) throw invalidRequestProblem('patientId', { zh: '没有此患者', en: 'no such patient' });
    return listOpenPathways(db, { patientIds });
  }
  const institution = institutionId === undefined ? undefined : await findInstitution(db, institutionId);
  if (!institution) throw invalidRequestProblem('institutionId', { zh: '没有此机构', en: 'no such institution' });
  return listOpenPathways(db, { institutionId: institution.id });
}

interface MovedClock {
  id: string;
  now: number;
  version: number;
  nextDueAt: Date | null;
}

/** Undefined for a pathway that has ended meanwhile, or that was refused its creation: it has no clock any more. */
async function moveClock(deps: ApiDependencies, { id, kind }: ClockTarget, ms: number): Promise<MovedClock | undefined> {
  const target = workflowId(kind, id);
  const { status } = await waitForClock(deps, id, hasBegunOrEnded);
  if (status === 'ended') return undefined;
  try {
    await skipTime(deps.client, target, ms, randomUUID());
  } catch (error) {
    if (error instanceof TimeSkippingUnavailable) throw new Problem('time-skipping-unavailable');
    throw error;
  }
  const offset = await readClockOffsetMs(deps.client, target);
  await storeClockOffset(deps.db, id, offset);
  const { version, nextDueAt } = await waitForClock(deps, id, hasCaughtUp(offset));
  return { id, now: Date.now() + offset, version, nextDueAt };
}

const SETTLE_WITHIN_MS = 30_000;

/** Resolves with the clock of the pathway once it is as wanted. Throws Problem 503 when that takes too long. */
async function waitForClock(
  { db }: ApiDependencies,
  pathwayId: string,
  isReached: (clock: PathwayClock) => boolean,
): Promise<PathwayClock> {
  const deadline = Date.now() + SETTLE_WITHIN_MS;
  for (;;) {
    const clock = await findPathwayClock(db, pathwayId);
    if (!clock) throw new Error('A pathway has vanished.');
    if (isReached(clock)) return clock;
    if (Date.now() > deadline) throw new Problem('unavailable', { headers: { 'retry-after': '5' } });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What another pathway has started may be stored only, and has no clock to push yet. One that was refused its creation has ended without a beginning. */
const hasBegunOrEnded = ({ version, status }: PathwayClock): boolean => version > 0 || status === 'ended';

/** The clock is there; what came due on the way may still be in its commit. */
const hasCaughtUp =
  (offset: number) =>
  ({ status, nextDueAt }: PathwayClock): boolean =>
    status === 'ended' || !nextDueAt || nextDueAt.getTime() > Date.now() + offset;

export const demoOperations: Operation[] = [fastForward, getOutbox];
