/** Pathways for those who run and audit the service: where each stands, its runs in Temporal, its history in plain words. No personal data. */
import { z } from '@hono/zod-openapi';
import type { Client } from '@temporalio/client';
import type { ReadAction } from '../../db/audit-actions.ts';
import { auditRead } from '../../db/kit/audit.ts';
import {
  decisionsOf,
  findPathway,
  listPathways,
  listUnansweredCommands,
  type PathwayRecord,
  type PathwayRow,
} from '../../db/kit/pathways.ts';
import { findEarliest, withNewFields, workflowId } from '../../domain/kit/pathway.ts';
import { findDecider, pathwayKinds } from '../../domain/kit/registry.ts';
import { fetchHistory, listRuns, type PathwayRuns, type Run, runStatuses, TemporalUnavailable } from '../../platform/pathway-runs.ts';
import { ObligationSchema, PathwayKindSchema } from '../kit/codes.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Flag, Id, Instant, PageQuery, pageOf, toIso } from '../kit/schemas.ts';
import { type Line, linesOfDecisions, linesOfRun, lineTypes } from './pathway-history.ts';
import { readableState } from './readable-state.ts';

const tag = 'pathway';
const ById = z.object({ id: z.uuid() });

const summaryShape = {
  id: z.string(),
  kind: PathwayKindSchema,
  status: z.enum(['open', 'ended']),
  version: z.number().int(),
  institutionId: z.string().nullable(),
  nextDueAt: Instant.nullable(),
  overdue: z.boolean(),
  createdAt: Instant,
  endedAt: Instant.nullable(),
  unanswered: z.number().int(),
};
const PathwaySummarySchema = z.strictObject(summaryShape).openapi('PathwaySummary');

const summaryOf = (row: PathwayRow): z.infer<typeof PathwaySummarySchema> => ({
  id: row.id,
  kind: row.kind,
  status: row.status,
  version: row.version,
  institutionId: row.institutionId,
  nextDueAt: toIso(row.nextDueAt),
  overdue: row.overdue,
  createdAt: row.createdAt.toISOString(),
  endedAt: toIso(row.endedAt),
  unanswered: row.unanswered,
});

const list = operation({
  id: 'listPathways',
  method: 'get',
  path: '/v1/pathways',
  tag,
  summary: '路径列表，新的在前 / Pathways of every kind, newest first',
  query: z.strictObject({
    ...PageQuery,
    kind: z.enum(pathwayKinds).optional(),
    status: z.enum(['open', 'ended']).optional(),
    institutionId: Id.optional(),
    overdue: Flag.optional(),
  }),
  answers: { 200: { description: 'A page of pathways', schema: pageOf(PathwaySummarySchema) } },
  async handle({ deps, query }) {
    const { limit, cursor, ...filter } = query;
    const before = decodeCursor(cursor, z.uuid());
    const rows = await listPathways(deps.db, filter, { limit, before });
    return { status: 200, body: toPage(rows, limit, (row) => row.id, summaryOf) };
  },
});

const find = ({ deps, params }: OperationRequest<{ id: string }, unknown, unknown, undefined>) => findPathway(deps.db, params.id);

type Inspecting = Pick<OperationRequest<unknown, unknown, unknown, PathwayRecord>, 'deps' | 'actor' | 'resource' | 'requestId'>;

/** Ids only, but of a patient's pathway: who looked stands in the record. */
const audit = ({ deps, actor, resource, requestId }: Inspecting, action: ReadAction) =>
  auditRead(deps.db, {
    actor,
    action,
    targetType: resource.kind,
    targetId: resource.id,
    patientIds: resource.patientId === null ? [] : [resource.patientId],
    requestId,
  });

/** Throws Problem 503 when Temporal is away. */
async function orUnavailable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof TemporalUnavailable) throw new Problem('unavailable', { headers: { 'retry-after': '5' } });
    throw error;
  }
}

// --- one pathway --------------------------------------------------------------------------

const RunSchema = z.strictObject({
  runId: z.string(),
  status: z.enum(runStatuses),
  startedAt: Instant,
  closedAt: Instant.nullable(),
  historyLength: z.number().int(),
});

const PathwaySchema = z
  .strictObject({
    ...summaryShape,
    /** as its kind has it, by the names of the code: for whoever looks into what went wrong */
    state: z.record(z.string(), z.unknown()).nullable(),
    pendingObligation: z.strictObject({ name: ObligationSchema, id: z.string(), at: Instant }).nullable(),
    runs: z.array(RunSchema),
    commandsWithoutAnswer: z.array(
      z.strictObject({ id: z.string(), name: z.string(), createdAt: Instant, relayAttempts: z.number().int() }),
    ),
  })
  .openapi('Pathway');

const toRunResource = ({ runId, status, startedAt, closedAt, historyLength }: Run): z.infer<typeof RunSchema> => ({
  runId,
  status,
  startedAt: startedAt.toISOString(),
  closedAt: toIso(closedAt),
  historyLength,
});

/** The obligation that the pathway will act on next, with the instant. */
function pendingObligation({ kind, state }: PathwayRecord): z.infer<typeof PathwaySchema>['pendingObligation'] {
  const decider = findDecider(kind);
  if (!decider || state === null) return null;
  const present = withNewFields(decider, state);
  const next = decider.ended(present) ? undefined : findEarliest(decider.obligations(present));
  return next ? { name: next.name, id: next.id, at: new Date(next.at).toISOString() } : null;
}

const get = operation({
  id: 'getPathway',
  method: 'get',
  path: '/v1/pathways/{id}',
  tag,
  summary: '查看路径的状态与运行 / Where a pathway stands, its runs newest first, its commands without answer',
  params: ById,
  answers: { 200: { description: 'The pathway', schema: PathwaySchema } },
  find,
  async handle(request) {
    const { deps, resource } = request;
    const { runs } = await orUnavailable(listRuns(deps.client, workflowId(resource.kind, resource.id)));
    const waiting = await listUnansweredCommands(deps.db, resource.id);
    await audit(request, 'pathway.read');
    return {
      status: 200,
      body: {
        ...summaryOf(resource),
        state: readableState(resource.kind, resource.state),
        pendingObligation: pendingObligation(resource),
        runs: runs.toReversed().map(toRunResource),
        commandsWithoutAnswer: waiting.map((command) => ({ ...command, createdAt: command.createdAt.toISOString() })),
      },
      headers: { etag: `"${resource.version}"` },
    };
  },
});

// --- its history ---------------------------------------------------------------------------

const HistorySchema = pageOf(
  z.strictObject({
    /** The run; null where carepath's own log answers. */
    runId: z.string().nullable(),
    eventId: z.number().int(),
    at: Instant,
    type: z.enum(lineTypes),
    summary: z.string(),
    waitedSeconds: z.number().int().optional(),
  }),
).extend({
  source: z.enum(['temporal', 'decisions']),
  /** False when Temporal has forgotten the first runs. */
  complete: z.boolean(),
});

/** Where a line stands; a wait comes before the event that ended it. */
const Place = z.strictObject({ runId: z.string().nullable(), eventId: z.number().int(), wait: z.boolean() });
type Place = z.infer<typeof Place>;

interface PlacedLine extends Line {
  runId: string | null;
}

const placeOf = ({ runId, eventId, type }: PlacedLine): Place => ({ runId, eventId, wait: type === 'wait' });

const comesAfter = ({ eventId, type }: Line, place: Place): boolean =>
  eventId > place.eventId || (eventId === place.eventId && place.wait && type !== 'wait');

const getHistory = operation({
  id: 'getPathwayHistory',
  method: 'get',
  path: '/v1/pathways/{id}/history',
  tag,
  summary: '路径的历史，用通俗语言 / The history of a pathway in plain words, over all its runs',
  params: ById,
  query: z.strictObject(PageQuery),
  answers: { 200: { description: 'A page of lines, in order', schema: HistorySchema } },
  find,
  async handle(request) {
    const { deps, resource, query, language } = request;
    const after = decodeCursor(query.cursor, Place);
    const chain = await orUnavailable(listRuns(deps.client, workflowId(resource.kind, resource.id)));
    const source = chain.runs.length > 0 ? 'temporal' : 'decisions';
    const lines =
      source === 'temporal'
        ? await linesOfRuns(deps.client, resource, chain, after, query.limit)
        : await linesOfLog(request, after, query.limit);
    const shown = toPage(lines, query.limit, placeOf, ({ runId, eventId, at, type, summary, waitedSeconds }) => ({
      runId,
      eventId,
      at: at.toISOString(),
      type,
      summary: summary[language],
      ...(waitedSeconds === undefined ? {} : { waitedSeconds }),
    }));
    await audit(request, 'pathway.history.read');
    return { status: 200, body: { ...shown, source, complete: source === 'decisions' || chain.complete } };
  },
});

const foreignCursorProblem = (): Problem => invalidRequestProblem('cursor', { zh: '不是此列表的游标', en: 'not a cursor of this list' });

/** One more line than `limit` when there are more; reads no run that the page does not reach. */
async function linesOfRuns(
  client: Client,
  { kind, id }: PathwayRecord,
  { runs }: PathwayRuns,
  after: Place | undefined,
  limit: number,
): Promise<PlacedLine[]> {
  const start = after ? runs.findIndex(({ runId }) => runId === after.runId) : 0;
  if (start < 0) throw foreignCursorProblem();
  const lines: PlacedLine[] = [];
  for (const { runId } of runs.slice(start)) {
    const history = await orUnavailable(fetchHistory(client, workflowId(kind, id), runId));
    const read = history ? await linesOfRun(client, kind, history) : [];
    lines.push(...read.filter((line) => runId !== after?.runId || comesAfter(line, after)).map((line) => ({ ...line, runId })));
    if (lines.length > limit) break;
  }
  return lines.slice(0, limit + 1);
}

async function linesOfLog({ deps, resource }: Inspecting, after: Place | undefined, limit: number): Promise<PlacedLine[]> {
  if (after && after.runId !== null) throw foreignCursorProblem();
  // The decision that the cursor names is read again: the wait after it is counted from there.
  const decisions = await decisionsOf(deps.db, resource.id, { after: after ? after.eventId - 1 : 0, limit: limit + 2 });
  const lines = linesOfDecisions(resource.kind, decisions).filter((line) => !after || comesAfter(line, after));
  return lines.slice(0, limit + 1).map((line) => ({ ...line, runId: null }));
}

export const pathwayOperations: Operation[] = [list, get, getHistory];
