/** Readings as FHIR R4 Observations: one, or a batch whose entries are judged each by itself. */
import { z } from '@hono/zod-openapi';
import type { BundleEntry, BundleEntryResponse, OperationOutcome } from '@medplum/fhirtypes';
import type { Database } from '../../db/kit/database.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { findReadingOfMessage, markReadingEnteredInError } from '../../db/readings/entered-in-error.ts';
import type { ReadingResult } from '../../db/readings/record.ts';
import { findItemProblem } from '../kit/body.ts';
import { parseBody } from '../kit/edge.ts';
import { type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem, problemBody } from '../kit/problem.ts';
import { mayMark } from '../readings/entered-in-error.ts';
import { defaultContextOf, storeReadings } from '../readings/incoming.ts';
import { keepCrisesOfList } from '../readings/refused-readings.ts';
import { type NewReadingBody, newReadingOf } from '../readings/routes.ts';
import { fhirConventions } from './conventions.ts';
import { inElements } from './elements.ts';
import { leftOutIssues, listLeftOut, type Understood } from './left-out.ts';
import { FHIR_JSON, fhirFailure } from './operation-outcome.ts';
import { isComponentOf, kindOf, readingIn, salvageReading } from './read-observation.ts';
import { patientOf } from './read-service-request.ts';
import { pressureCodes } from './reading-codes.ts';
import {
  type BatchBody,
  type ObservationBody,
  ObservationSchema,
  type ObservationTransactionBody,
  type Reference,
  resourceSchema,
} from './schemas.ts';

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
  for (const [n, { subject }] of observations.entries()) await refuseTwoSubjects(deps.db, subject, `${placeOf(n)}.subject`);
  const bodies = await Promise.all(observations.map((observation, n) => readingIn(observation, placeOf(n))));
  const named = await Promise.all(bodies.map(async (body, n) => ({ ...body, ...(await findKnownMessage(deps.db, observations[n])) })));
  const placed = named.map((body, n) => ({ n, isInError: observations[n]?.status === 'entered-in-error', body }));
  const final = placed.filter(({ isInError }) => !isInError);
  const readings = final.map(({ body }) => newReadingOf({ ...body, context: body.context ?? context }));
  return inTransaction(deps.db, actor, async (trx) => {
    const stored = readings.length === 0 ? [] : await storeReadings(trx, request, readings, (n) => `${placeOf(final[n]?.n ?? n)}.subject`);
    const results = new Map(final.map(({ n }, at) => [n, stored[at] as ObservationResult]));
    for (const { n, isInError, body } of placed) if (isInError) results.set(n, await takeBack(trx, request, body));
    return placed.map(({ n }) => results.get(n) as ObservationResult);
  });
}

/** Identifiers have no order: by whichever a reading is known already, it is that one. */
async function findKnownMessage(
  db: Database,
  observation: ObservationBody | undefined,
): Promise<{ source: string; messageId: string } | undefined> {
  const whole = (observation?.identifier ?? []).flatMap(({ system, value }) =>
    system === undefined || value === undefined ? [] : [{ source: system, messageId: value }],
  );
  if (whole.length < 2) return undefined;
  for (const message of whole) if (await findReadingOfMessage(db, message.source, message.messageId)) return message;
  return undefined;
}

/** An identifier and an address beside it have to mean one resident. Throws Problem 422. */
async function refuseTwoSubjects(db: Database, subject: Reference, at: string): Promise<void> {
  if (subject.identifier?.value === undefined || !subject.reference?.startsWith('Patient/')) return;
  await inElements({ 'ServiceRequest.subject': at }, () => patientOf(db, subject));
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

const quantity: Understood = { value: true, comparator: true, unit: true, system: true, code: true };
const coded: Understood = { coding: true, text: true };
const reference: Understood = { reference: true, type: true, identifier: true, display: true };

/** What becomes of an Observation here, or says nothing beside it. */
const understood: Understood = {
  identifier: true,
  status: true,
  category: true,
  code: coded,
  subject: reference,
  effectiveDateTime: true,
  effectiveInstant: true,
  issued: true,
  performer: true,
  device: true,
  valueQuantity: quantity,
  component: { code: coded, valueQuantity: quantity },
};

/** A pressure has two components; of any other kind a component is not kept, and neither is a value beside a pressure. */
function listLeftOutOf(observation: ObservationBody, at: string): string[] {
  const isPressure = kindOf(observation) === 'blood-pressure';
  const component = observation.component ?? [];
  const others = component.flatMap(({ code }, n) =>
    isPressure && Object.values(pressureCodes).some((loinc) => isComponentOf(code, loinc)) ? [] : [`${at}.component[${n}]`],
  );
  const valueToo = isPressure && observation.valueQuantity !== undefined ? [`${at}.valueQuantity`] : [];
  const inside = listLeftOut(observation, understood, at).filter((place) => !others.some((other) => place.startsWith(`${other}.`)));
  return [...inside, ...others, ...valueToo];
}

function outcomeOf(each: ObservationResult, leftOut: readonly string[]): OperationOutcome {
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
      ...leftOutIssues(leftOut),
    ],
  };
}

/** A reading does not change, so it has one version. */
const locationOf = (each: ObservationResult): string | undefined =>
  'readingId' in each ? `Observation/${each.readingId}/_history/1` : undefined;

const outcome = (description: string) => ({ description, schema: resourceSchema('OperationOutcome'), contentType: FHIR_JSON });

/** What every operation of FHIR that takes a resource has in common: the identifiers in the resource are its key. */
export const takingResource = {
  tag: 'fhir',
  accepts: [FHIR_JSON, 'application/json'],
  failure: fhirFailure,
  conventions: fhirConventions,
  keyless: true,
} as const;

export const createObservation = operation({
  ...takingResource,
  id: 'fhirCreateObservation',
  method: 'post',
  path: '/fhir/Observation',
  summary: '登记一条读数 / Record a reading; its identifier is the idempotency key',
  body: ObservationSchema,
  answers: { 201: outcome('Recorded'), 200: outcome('Had come before'), 202: outcome('Stored, and put aside or held') },
  async handle(request) {
    const [result] = await recordObservations(request, [request.body], () => 'Observation');
    if (!result) throw new Error('One reading has one result.');
    const location = locationOf(result);
    return {
      status: statuses[result.result].status,
      body: outcomeOf(result, listLeftOutOf(request.body, 'Observation')),
      ...(location === undefined ? {} : { headers: { location: `/fhir/${location}` } }),
    };
  },
  keepOfRefused: (request, given) => keepCrisesOfResources(request, [given]),
});

/** Stores and judges every crisis value of these resources that were refused. Resolves with the ids of the readings as a member of the problem. */
export const keepCrisesOfResources = (
  request: Parameters<typeof keepCrisesOfList>[0],
  resources: readonly unknown[],
): Promise<{ readingIds?: string[] }> =>
  keepCrisesOfList(
    request,
    resources.flatMap((resource) => salvageReading(resource) ?? []),
  );

/** The resources that stand in a Bundle, whatever else is wrong with it. */
export function resourcesIn(bundle: unknown): unknown[] {
  const entry: unknown = typeof bundle === 'object' && bundle !== null ? Reflect.get(bundle, 'entry') : undefined;
  return Array.isArray(entry)
    ? entry.map((each: unknown) => (typeof each === 'object' && each !== null ? Reflect.get(each, 'resource') : undefined))
    : [];
}

// --- many at once -----------------------------------------------------------------------

const placeOfEntry = (n: number) => `Bundle.entry[${n}].resource`;

/** All or none. Throws Problem 422. */
export async function recordTransaction(request: OperationRequest, { entry }: ObservationTransactionBody): Promise<Reply> {
  const observations = entry.map(({ resource }) => resource);
  const results = await recordObservations(request, observations, placeOfEntry);
  const responses = results.map(
    (each, n): BundleEntry => ({ response: responseTo(each, listLeftOutOf(observations[n] as ObservationBody, placeOfEntry(n))) }),
  );
  return { status: 200, body: { resourceType: 'Bundle', type: 'transaction-response', entry: responses } };
}

const EntrySchema = z.looseObject({
  resource: z.unknown(),
  request: z.looseObject({ method: z.string().max(20), url: z.string().max(300) }),
});

/** Each entry by itself, as FHIR asks of a batch: one that is wrong keeps no crisis out. */
export async function recordBatch(request: OperationRequest, { entry = [] }: BatchBody): Promise<Reply> {
  const refused = new Map<number, Problem>();
  const readable: { n: number; observation: ObservationBody }[] = [];
  for (const [n, each] of entry.entries()) {
    const problem = await findProblem(async () => {
      const observation = readEntry(each, n);
      await readingIn(observation, placeOfEntry(n));
      readable.push({ n, observation });
    });
    if (problem) refused.set(n, problem);
  }
  const results = await recordReadable(request, readable, refused);
  const responses = await Promise.all(
    entry.map(async (each, n): Promise<BundleEntry> => {
      const result = results.get(n);
      if (result) {
        const observation = readable.find((one) => one.n === n)?.observation;
        return { response: responseTo(result, observation ? listLeftOutOf(observation, placeOfEntry(n)) : []) };
      }
      const kept = await keepCrisesOfResources(request, resourcesIn({ entry: [each] }));
      return { response: refusalTo(request, refused.get(n) as Problem, kept) };
    }),
  );
  return { status: 200, body: { resourceType: 'Bundle', type: 'batch-response', ...(responses.length > 0 ? { entry: responses } : {}) } };
}

/** Throws Problem 405 or 422 with the place in the Bundle. */
function readEntry(given: unknown, n: number): ObservationBody {
  const problem = findItemProblem(given);
  if (problem) throw withPlace(problem, '', 'Bundle');
  const at = `Bundle.entry[${n}]`;
  const { resource, request } = parsePlaced(EntrySchema, given, at);
  if (!/(^|\/)Observation\/?$/.test(request.url))
    throw invalidRequestProblem(`${at}.request.url`, { zh: '批量只接受 Observation', en: 'a batch holds Observations' });
  if (request.method !== 'POST') throw new Problem('method-not-allowed');
  return parsePlaced(ObservationSchema, resource, `${at}.resource`);
}

/** Throws Problem 422 whose paths begin with the place. */
function parsePlaced<T>(schema: z.ZodType<T>, value: unknown, at: string): T {
  try {
    return parseBody(schema, value);
  } catch (error) {
    throw error instanceof Problem ? withPlace(error, at, at) : error;
  }
}

const withPlace = (problem: Problem, at: string, whole: string): Problem =>
  new Problem(problem.code, {
    ...problem.details,
    errors: (problem.details.errors ?? []).map(({ path, message }) => ({
      path: path === '' ? whole : at === '' ? path : `${at}.${path}`,
      message,
    })),
  });

/** Stores what may be stored at once. What the store itself refuses, by the place of the entry, is left out, and the rest is stored again. */
async function recordReadable(
  request: OperationRequest,
  readable: readonly { n: number; observation: ObservationBody }[],
  refused: Map<number, Problem>,
): Promise<Map<number, ObservationResult>> {
  for (let left = readable; left.length > 0; ) {
    const tried = left;
    const placeOfTried = (at: number) => placeOfEntry(tried[at]?.n ?? at);
    let stored: ObservationResult[] = [];
    const problem = await findProblem(async () => {
      const observations = tried.map(({ observation }) => observation);
      stored = await recordObservations(request, observations, placeOfTried);
    });
    if (!problem) return new Map(tried.map(({ n }, at) => [n, stored[at] as ObservationResult]));
    const isNamed = ({ n }: { n: number }) => problem.details.errors?.some(({ path }) => path.startsWith(`${placeOfEntry(n)}.`)) ?? false;
    const wrong = tried.filter(isNamed);
    if (wrong.length === 0 && tried.length > 1) {
      // A refusal without a place is about one of the entries, so each is tried alone.
      const apart = await Promise.all(tried.map((each) => recordReadable(request, [each], refused)));
      return new Map(apart.flatMap((results) => [...results]));
    }
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

function responseTo(each: ObservationResult, leftOut: readonly string[]): BundleEntryResponse {
  const { status, reason } = statuses[each.result];
  const location = locationOf(each);
  return { status: `${status} ${reason}`, ...(location === undefined ? {} : { location }), outcome: outcomeOf(each, leftOut) };
}

const reasonPhrases: Record<number, string> = { 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 409: 'Conflict' };

function refusalTo({ language, requestId }: OperationRequest, problem: Problem, kept: Record<string, unknown>): BundleEntryResponse {
  const body = problemBody(problem, language, requestId);
  return {
    status: `${body.status} ${reasonPhrases[body.status] ?? 'Unprocessable Entity'}`,
    outcome: fhirFailure.write({ ...body, ...kept }),
  };
}
