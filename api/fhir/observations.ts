/** Readings as FHIR R4 Observations: one, or a batch that is stored as a whole. */
import type { BundleEntry, OperationOutcome } from '@medplum/fhirtypes';
import { inTransaction } from '../../db/kit/transaction.ts';
import type { ReadingResult } from '../../db/readings/record.ts';
import { type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { defaultContextOf, storeReadings } from '../readings/incoming.ts';
import { newReadingOf } from '../readings/routes.ts';
import { FHIR_JSON, fhirFailure } from './operation-outcome.ts';
import { readingIn } from './read-observation.ts';
import { type BatchBody, type ObservationBody, ObservationSchema, resourceSchema } from './schemas.ts';

/** The identifier is the key: no other is needed, as what comes twice is stored once. Throws Problem 422. */
async function recordObservations(
  request: OperationRequest,
  observations: readonly ObservationBody[],
  placeOf: (n: number) => string,
): Promise<ReadingResult[]> {
  const { deps, actor, caller } = request;
  const context = defaultContextOf(caller);
  const bodies = await Promise.all(observations.map((observation, n) => readingIn(observation, placeOf(n))));
  const readings = bodies.map((body) => newReadingOf({ ...body, context: body.context ?? context }));
  return inTransaction(deps.db, actor, (trx) => storeReadings(trx, request, readings, (n) => `${placeOf(n)}.subject`));
}

const statuses: Record<ReadingResult['result'], { status: 200 | 201 | 202; reason: string; words: string }> = {
  recorded: { status: 201, reason: 'Created', words: '已登记 / recorded' },
  duplicate: { status: 200, reason: 'OK', words: '此前已登记 / had been recorded before' },
  quarantined: { status: 202, reason: 'Accepted', words: '已存储，数值存疑，未采用 / stored, but put aside' },
  held: { status: 202, reason: 'Accepted', words: '已存储，待核身份 / stored, waits for an identity review' },
};

function outcomeOf(each: ReadingResult): OperationOutcome {
  const { words } = statuses[each.result];
  const code = each.result === 'recorded' ? 'recorded' : each.reason.code;
  return {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: each.result === 'recorded' || each.result === 'duplicate' ? 'information' : 'warning',
        code: 'informational',
        details: { coding: [{ system: 'urn:carepath:reading-result', code }], text: words },
        ...(each.result === 'quarantined' ? { diagnostics: JSON.stringify(each.reason.evidence) } : {}),
      },
    ],
  };
}

const locationOf = ({ readingId }: ReadingResult): string => `Observation/${readingId}`;

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
    return { status: statuses[result.result].status, body: outcomeOf(result), headers: { location: `/fhir/${locationOf(result)}` } };
  },
});

export async function recordBatch(request: OperationRequest, { entry }: BatchBody): Promise<Reply> {
  const observations = entry.map(({ resource }) => resource);
  const results = await recordObservations(request, observations, (n) => `Bundle.entry[${n}].resource`);
  const responses = results.map((each): BundleEntry => {
    const { status, reason } = statuses[each.result];
    return { response: { status: `${status} ${reason}`, location: locationOf(each), outcome: outcomeOf(each) } };
  });
  return { status: 200, body: { resourceType: 'Bundle', type: 'batch-response', entry: responses } };
}
