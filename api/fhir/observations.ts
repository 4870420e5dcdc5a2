/** Readings as FHIR R4 Observations: one, or a batch whose entries are judged each by itself. */
import type { BundleEntry, BundleEntryResponse, OperationOutcome } from '@medplum/fhirtypes';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { findReadingOfMessage, markReadingEnteredInError } from '../../db/readings/entered-in-error.ts';
import type { ReadingResult } from '../../db/readings/record.ts';
import { parseBody } from '../kit/edge.ts';
import { type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { Problem, problemBody } from '../kit/problem.ts';
import { mayMark } from '../readings/entered-in-error.ts';
import { defaultContextOf, storeReadings } from '../readings/incoming.ts';
import { type NewReadingBody, newReadingOf } from '../readings/routes.ts';
import { FHIR_JSON, fhirFailure } from './operation-outcome.ts';
import { readingIn } from './read-observation.ts';
import { type BatchBody, type ObservationBody, ObservationSchema, resourceSchema } from './schemas.ts';

/** What has become of an Observation: of a reading that is stored, and of one that is taken back. */
type ObservationResult = ReadingResult | { result: 'entered-in-error'; readingId: string } | { result: 'unknown' };

/** The identifier is the key: no other is needed, as what comes twice is stored once. All or none. Throws Problem 422. */
async function recordObservations(
  request: OperationRequest,
  observations: readonly ObservationBody[],
  placeOf: (n: number) => string,
): Promise<ObservationResult[]> {
  const { deps, actor, caller } = request;
  const context = defaultContextOf(caller);
  const bodies = await Promise.all(observations.map((observation, n) => readingIn(observation, placeOf(n))));
  const placed = bodies.map((body, n) => ({ n, isInError: observations[n]?.status === 'entered-in-error', body }));
  const final = placed.filter(({ isInError }) => !isInError);
  const readings = final.map(({ body }) => newReadingOf({ ...body, context: body.context ?? context }));
  return inTransaction(deps.db, actor, async (trx) => {
    const stored = readings.length === 0 ? [] : await storeReadings(trx, request, readings, (n) => `${placeOf(final[n]?.n ?? n)}.subject`);
    const results = new Map(final.map(({ n }, at) => [n, stored[at] as ObservationResult]));
    for (const { n, isInError, body } of placed) if (isInError) results.set(n, await takeBack(trx, request, body));
    return placed.map(({ n }) => results.get(n) as ObservationResult);
  });
}

/** Once; one that is taken back already stays so. Throws Problem 403. */
async function takeBack(
  trx: Trx,
  { caller, actor, requestId }: OperationRequest,
  { source, messageId }: NewReadingBody,
): Promise<ObservationResult> {
  const reading = await findReadingOfMessage(trx, source, messageId);
  if (!reading) return { result: 'unknown' };
  const isOwn = reading.senderId === caller.personId && reading.isOfMachine;
  if (!isOwn && !mayMark(reading, caller)) throw new Problem('role-may-not');
  const by = { actor, requestId };
  await markReadingEnteredInError(trx, reading, { reason: 'entered-in-error', at: new Date(), by });
  return { result: 'entered-in-error', readingId: reading.id };
}

const statuses: Record<ObservationResult['result'], { status: 200 | 201 | 202; reason: string; words: string }> = {
  recorded: { status: 201, reason: 'Created', words: '已登记 / recorded' },
  duplicate: { status: 200, reason: 'OK', words: '此前已登记 / had been recorded before' },
  quarantined: { status: 202, reason: 'Accepted', words: '已存储，数值存疑，未采用 / stored, but put aside' },
  held: { status: 202, reason: 'Accepted', words: '已存储，待核身份 / stored, waits for an identity review' },
  'entered-in-error': { status: 200, reason: 'OK', words: '已作误录撤回 / taken back: it was entered in error' },
  unknown: { status: 202, reason: 'Accepted', words: '没有这条读数 / no such reading was stored' },
};

function outcomeOf(each: ObservationResult): OperationOutcome {
  const { words } = statuses[each.result];
  const code = 'reason' in each ? each.reason.code : each.result;
  return {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: statuses[each.result].status === 202 ? 'warning' : 'information',
        code: 'informational',
        details: { coding: [{ system: 'urn:carepath:reading-result', code }], text: words },
        ...(each.result === 'quarantined' ? { diagnostics: JSON.stringify(each.reason.evidence) } : {}),
      },
    ],
  };
}

const locationOf = (each: ObservationResult): string | undefined => ('readingId' in each ? `Observation/${each.readingId}` : undefined);

const outcome = (description: string) => ({ description, schema: resourceSchema('OperationOutcome'), contentType: FHIR_JSON });

export const createObservation = operation({
  id: 'fhirCreateObservation',
  method: 'post',
  path: '/fhir/Observation',
  tag: 'fhir',
  accepts: [FHIR_JSON, 'application/json'],
  failure: fhirFailure,
  keyless: true,
  summary: '登记一条读数 / Record a reading; its identifier is the idempotency key',
  body: ObservationSchema,
  answers: { 201: outcome('Recorded'), 200: outcome('Had come before'), 202: outcome('Stored, and put aside or held') },
  async handle(request) {
    const [result] = await recordObservations(request, [request.body], () => 'Observation');
    if (!result) throw new Error('One reading has one result.');
    const location = locationOf(result);
    return {
      status: statuses[result.result].status,
      body: outcomeOf(result),
      ...(location === undefined ? {} : { headers: { location: `/fhir/${location}` } }),
    };
  },
});

/** Each entry by itself, as FHIR asks of a batch: one that is wrong keeps no crisis out. */
export async function recordBatch(request: OperationRequest, { entry }: BatchBody): Promise<Reply> {
  const placeOf = (n: number) => `Bundle.entry[${n}].resource`;
  const refused = new Map<number, Problem>();
  const readable: { n: number; observation: ObservationBody }[] = [];
  for (const [n, { resource }] of entry.entries()) {
    const problem = await findProblem(async () => {
      const observation = parseBody(ObservationSchema, resource);
      await readingIn(observation, placeOf(n));
      readable.push({ n, observation });
    });
    if (problem) refused.set(n, problem);
  }
  const results = await recordReadable(request, readable, { placeOf, refused });
  const responses = entry.map((_, n): BundleEntry => {
    const each = results.get(n);
    return each ? { response: responseTo(each) } : { response: refusalTo(request, refused.get(n) as Problem) };
  });
  return { status: 200, body: { resourceType: 'Bundle', type: 'batch-response', entry: responses } };
}

/** Stores what may be stored at once. What the store itself refuses, by the place of the entry, is left out, and the rest is stored again. */
async function recordReadable(
  request: OperationRequest,
  readable: readonly { n: number; observation: ObservationBody }[],
  { placeOf, refused }: { placeOf: (n: number) => string; refused: Map<number, Problem> },
): Promise<Map<number, ObservationResult>> {
  for (let left = readable; left.length > 0; ) {
    const tried = left;
    const placeOfTried = (at: number) => placeOf(tried[at]?.n ?? at);
    let stored: ObservationResult[] = [];
    const problem = await findProblem(async () => {
      const observations = tried.map(({ observation }) => observation);
      stored = await recordObservations(request, observations, placeOfTried);
    });
    if (!problem) return new Map(tried.map(({ n }, at) => [n, stored[at] as ObservationResult]));
    const wrong = tried.filter(({ n }) => problem.details.errors?.some(({ path }) => path.startsWith(`${placeOf(n)}.`)));
    // A refusal without a place is about every entry.
    for (const { n } of wrong.length > 0 ? wrong : tried) refused.set(n, problem);
    left = wrong.length > 0 ? tried.filter((each) => !wrong.includes(each)) : [];
  }
  return new Map();
}

async function findProblem(work: () => Promise<void>): Promise<Problem | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function responseTo(each: ObservationResult): BundleEntryResponse {
  const { status, reason } = statuses[each.result];
  const location = locationOf(each);
  return { status: `${status} ${reason}`, ...(location === undefined ? {} : { location }), outcome: outcomeOf(each) };
}

function refusalTo({ language, requestId }: OperationRequest, problem: Problem): BundleEntryResponse {
  const body = problemBody(problem, language, requestId);
  return { status: `${body.status} ${body.status === 403 ? 'Forbidden' : 'Unprocessable Entity'}`, outcome: fhirFailure.write(body) };
}
