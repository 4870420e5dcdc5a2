/** Readings of devices, of staff and of residents themselves: taken in batches, shown by person; and the episodes that they raised. */
import { z } from '@hono/zod-openapi';
import { findCrisisReading, findOpenCrisisReadingOf } from '../../db/crisis-reading/crisis-readings.ts';
import { findNamedPatients } from '../../db/directory/named-patients.ts';
import type { Patient } from '../../db/directory/patients.ts';
import { findSurvivingRecord, listRecordsOfResident } from '../../db/directory/resident-records.ts';
import { auditRead, auditWrite } from '../../db/kit/audit.ts';
import type { Database } from '../../db/kit/database.ts';
import { closeEpisode, type EpisodePlace, findEpisode, holderOf, listEpisodes, type ReadingEpisode } from '../../db/readings/episodes.ts';
import type { NewReading } from '../../db/readings/record.ts';
import { comparators, readingContexts, readingKinds } from '../../domain/readings/reading.ts';
import { confirmSteps } from '../crisis-reading/commands.ts';
import { findVisiblePatient } from '../directory/access.ts';
import { closeEpisodeCommand } from '../follow-up/commands.ts';
import { runCommand } from '../kit/commands.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Flag, Id, Instant, NamedPatientSchema, PageQuery, PendingSchema, pageOf, pendingAnswer, Text, toIso } from '../kit/schemas.ts';
import type { TaskReport } from '../kit/task-completion.ts';
import { markReadingInError } from './entered-in-error.ts';
import { defaultContextOf, LocalId, MOST_READING_BYTES, MOST_READINGS, ReadingNumber, storeReadings } from './incoming.ts';
import { Evidence, findHomeWithinReach, findVisibleRecordIds, getReadings, Quarantined } from './list-readings.ts';
import { keepCrisesOfList } from './refused-readings.ts';

const tag = 'reading';

// --- taken in -----------------------------------------------------------------------------

const Beyond = z.enum(comparators).optional().openapi({ description: 'of a meter that shows HI or LO: beyond its range' });

/** The part that all kinds share. `source` and `messageId` together are the reading's message, whoever sends it again. */
const common = {
  source: Text(200),
  messageId: Text(200),
  patientId: Id.optional(),
  localId: LocalId.optional(),
  measuredAt: Instant,
  context: z
    .enum(readingContexts)
    .optional()
    .openapi({ description: 'who or what took it; device by default for a gateway, clinic for staff' }),
};

export const NewReadingBody = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('blood-pressure'),
      ...common,
      systolic: ReadingNumber,
      diastolic: ReadingNumber,
      systolicComparator: Beyond,
      diastolicComparator: Beyond,
      unit: z.enum(['mmHg', 'kPa']),
    }),
    z.strictObject({
      kind: z.enum(['fasting-glucose', 'random-glucose']),
      ...common,
      value: ReadingNumber,
      comparator: Beyond,
      unit: z.enum(['mmol/L', 'mg/dL']),
    }),
    z.strictObject({ kind: z.literal('heart-rate'), ...common, value: ReadingNumber, comparator: Beyond, unit: z.literal('/min') }),
    z.strictObject({ kind: z.literal('weight'), ...common, value: ReadingNumber, comparator: Beyond, unit: z.literal('kg') }),
    z.strictObject({ kind: z.literal('temperature'), ...common, value: ReadingNumber, comparator: Beyond, unit: z.literal('Cel') }),
  ])
  .openapi('NewReading');
export type NewReadingBody = z.output<typeof NewReadingBody>;

const Batch = z.strictObject({ readings: z.array(NewReadingBody).min(1).max(MOST_READINGS) }).openapi('NewReadings', {
  example: {
    readings: [
      {
        source: 'gateway-c01',
        messageId: 'd41-000017',
        localId: { system: 'urn:alliance:his-h1', value: 'LL00000003' },
        kind: 'blood-pressure',
        measuredAt: '2026-03-01T08:00:00Z',
        systolic: 138,
        diastolic: 86,
        unit: 'mmHg',
      },
    ],
  },
});

const Result = z
  .discriminatedUnion('result', [
    z.strictObject({ result: z.literal('recorded'), readingId: z.string() }),
    z.strictObject({ result: z.literal('quarantined'), readingId: z.string(), reason: Quarantined }),
    z.strictObject({ result: z.literal('held'), readingId: z.string(), reason: z.strictObject({ code: z.literal('unknown-patient') }) }),
    z.strictObject({
      result: z.literal('duplicate'),
      readingId: z.string(),
      reason: z.strictObject({ code: z.enum(['same-message', 'message-differs', 'same-reading']) }),
    }),
  ])
  .openapi('ReadingResult');
const Results = z.strictObject({ results: z.array(Result) }).openapi('ReadingResults');

/** Throws Problem 422. */
function checkNames(readings: readonly NewReadingBody[]): void {
  const errors = readings.flatMap(({ patientId, localId }, n) =>
    (patientId === undefined) === (localId === undefined) ? [{ path: `readings.${n}.patientId`, message: oneName }] : [],
  );
  if (errors.length > 0) throw new Problem('invalid-request', { errors });
}

const oneName = { zh: '须给出 patientId 或 localId，且只给其一', en: 'give either patientId or localId' };

export const newReadingOf = ({ source, messageId, patientId, localId, measuredAt, context, ...measured }: NewReadingBody): NewReading => ({
  source,
  messageId,
  patient: localId === undefined ? { patientId: patientId as string } : { localId },
  measured,
  measuredAt: new Date(measuredAt),
  context: context ?? 'device',
});

const postReadings = operation({
  id: 'recordReadings',
  method: 'post',
  path: '/v1/readings',
  tag,
  summary: '登记读数：血压、血糖、心率、体重、体温，一次至多 1000 条 / Record readings, at most 1000 at once: all of them or none',
  body: Batch,
  maxBodyBytes: MOST_READING_BYTES,
  answers: {
    202: {
      description: 'Stored; what became of each, in their order. What raises an episode reaches the pathway of the patient from here',
      schema: z.union([Results, PendingSchema]),
    },
  },
  async handle(request) {
    const { body, caller } = request;
    checkNames(body.readings);
    const context = defaultContextOf(caller);
    const readings = body.readings.map((each) => newReadingOf({ ...each, context: each.context ?? context }));
    const pathOf = (n: number) => `readings.${n}.${body.readings[n]?.localId === undefined ? 'patientId' : 'localId'}`;
    return runOnce(request, async (trx) => ({
      status: 202,
      body: { results: await storeReadings(trx, request, readings, pathOf) },
    }));
  },
  list: { name: 'readings' },
  keepOfRefused: (request, given) => keepCrisesOfList(request, readingsIn(given)),
});

const readingsIn = (given: unknown): unknown[] => {
  const readings: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, 'readings') : undefined;
  return Array.isArray(readings) ? readings : [];
};

// --- shown --------------------------------------------------------------------------------

const EpisodeSchema = z
  .strictObject({
    id: z.string(),
    patientId: z.string(),
    rule: z.string(),
    protocol: z.string(),
    readingId: z.string(),
    evidence: Evidence,
    measuredAt: Instant,
    raisedAt: Instant,
    times: z.number().int(),
    lastMeasuredAt: Instant,
    closedAt: Instant.nullable(),
    closedById: z.string().nullable(),
    done: z.string().nullable(),
  })
  .openapi('ReadingEpisode');

const toEpisodeResource = ({ measuredAt, raisedAt, lastMeasuredAt, closedAt, ...rest }: ReadingEpisode): z.infer<typeof EpisodeSchema> => ({
  ...rest,
  measuredAt: measuredAt.toISOString(),
  raisedAt: raisedAt.toISOString(),
  lastMeasuredAt: lastMeasuredAt.toISOString(),
  closedAt: toIso(closedAt),
});

// Not an extension: in the contract that would be two closed shapes at once, which nothing satisfies.
const ListedEpisodeSchema = z
  .strictObject({ ...EpisodeSchema.shape, patient: NamedPatientSchema.nullable() })
  .openapi('ListedReadingEpisode');

const EpisodePlaceSchema: z.ZodType<EpisodePlace> = z.strictObject({ raisedAt: z.string(), id: z.uuid() });

const getEpisodes = operation({
  id: 'listReadingEpisodes',
  method: 'get',
  path: '/v1/reading-episodes',
  tag,
  summary: '读数事件：危急值、连续三日高血糖、血压骤升，新的在前 / Episodes that readings raised, newest first',
  query: z.strictObject({
    ...PageQuery,
    patientId: Id.optional(),
    open: Flag.optional(),
    institutionId: Id.optional().openapi({ description: '居民所属机构 / The home institution of the resident' }),
    kind: z.enum(readingKinds).optional().openapi({ description: '读数种类 / The kind of the reading' }),
  }),
  answers: { 200: { description: 'A page of episodes', schema: pageOf(ListedEpisodeSchema) } },
  async handle(request) {
    const { deps, actor, query, requestId } = request;
    const { patientId, open, institutionId, kind, limit, cursor } = query;
    const recordIds = patientId === undefined ? undefined : await findVisibleRecordIds(request, patientId);
    const home = await findHomeWithinReach(request, { isOfOne: recordIds !== undefined, institutionId });
    const after = decodeCursor(cursor, EpisodePlaceSchema);
    const filter = { recordIds, homeInstitutionId: home.institutionId, open, kind };
    const rows = home.isBeyondReach ? [] : await listEpisodes(deps.db, filter, { limit, after });
    const patientIds = rows.slice(0, limit).map((episode) => episode.patientId);
    const patients = await findNamedPatients(deps.db, patientIds);
    const targetId = patientId ?? null;
    await auditRead(deps.db, { actor, action: 'reading-episode.list', targetType: 'patient', targetId, patientIds, requestId });
    const shown = toPage(
      rows,
      limit,
      ({ raisedAt, id }) => ({ raisedAt: raisedAt.toISOString(), id }),
      (row) => ({ ...toEpisodeResource(row), patient: patients.get(row.patientId) ?? null }),
    );
    return { status: 200, body: shown };
  },
});

interface KnownEpisode {
  recordIds: string[];
  episode: ReadingEpisode;
  patient: Patient;
}

/** The person's, by the record that is kept up. */
async function findVisibleEpisode(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<KnownEpisode | undefined> {
  const { deps, params } = request;
  const episode = await findEpisode(deps.db, params.id);
  const survivorId = episode && (await findSurvivingRecord(deps.db, episode.patientId));
  const patient = survivorId && (await findVisiblePatient(request, survivorId));
  return episode && patient ? { episode, patient, recordIds: await listRecordsOfResident(deps.db, patient.id) } : undefined;
}

const closeEpisodeOperation = operation({
  id: 'closeReadingEpisode',
  method: 'post',
  path: '/v1/reading-episodes/{id}/close',
  tag,
  summary:
    '处理读数事件，说明已做什么；居民不在随访中也可 / Say what was done about an episode, whether the resident is in follow-up or not',
  params: z.object({ id: z.uuid() }),
  body: z.strictObject({ done: Text(2_000) }),
  answers: { 200: { description: 'Closed', schema: EpisodeSchema }, 202: pendingAnswer },
  find: findVisibleEpisode,
  may: ({ resource, caller }) => resource.patient.homeInstitutionId === caller.institutionId,
  async handle(request) {
    const { deps, body, actor, resource, requestId } = request;
    const { recordIds } = resource;
    const { id } = resource.episode;
    const render = async (db: Database = deps.db) => ({
      status: 200,
      body: toEpisodeResource((await findEpisode(db, id)) as ReadingEpisode),
    });
    const crisisReadingId = await findOpenCrisisReadingOf(deps.db, id);
    if (crisisReadingId) return closeCrisisEpisode(request, crisisReadingId, () => render());
    const { followUp } = await holderOf(deps.db, id, { recordIds, lock: false });
    if (followUp) {
      const steps = { check: async () => {}, command: () => closeEpisodeCommand(followUp, id, body.done), render: () => render() };
      return runCommand(steps, request);
    }
    return runOnce(request, async (trx) => {
      const holder = await holderOf(trx, id, { recordIds, lock: true });
      // A follow-up is about to take the episode up: it will stand in its worklist within a second, and is closed there.
      if (holder.followUp || holder.isUnderWay) throw new Problem('unavailable', { headers: { 'retry-after': '2' } });
      if (!(await closeEpisode(trx, { id, closedAt: new Date(), closedBy: actor, done: body.done }))) throw new Problem('episode-closed');
      const patientId = resource.patient.id;
      await auditWrite(trx, { actor, action: 'reading-episode.close', targetType: 'reading-episode', targetId: id, patientId, requestId });
      return render(trx);
    });
  },
});

/** An episode of one value is closed with its crisis reading, by whoever may confirm that. */
async function closeCrisisEpisode(
  request: OperationRequest<{ id: string }, unknown, { done: string }, KnownEpisode>,
  crisisReadingId: string,
  render: () => Promise<Reply>,
): Promise<Reply> {
  const resource = await findCrisisReading(request.deps.db, crisisReadingId);
  if (!resource) throw new Problem('unavailable', { headers: { 'retry-after': '2' } });
  const body: TaskReport = { outcome: 'confirmed', note: request.body.done };
  return runCommand({ ...confirmSteps, render }, { ...request, body, resource });
}

export const readingOperations: Operation[] = [postReadings, getReadings, markReadingInError, getEpisodes, closeEpisodeOperation];
