/** Where the Location of an Observation leads: the reading as it is stored. */
import { z } from '@hono/zod-openapi';
import type { Resource } from '@medplum/fhirtypes';
import { auditRead } from '../../db/kit/audit.ts';
import { findReading, type KnownReading } from '../../db/readings/readings.ts';
import { type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { reaches, reachOf } from '../kit/reach.ts';
import { readers } from '../kit/rule.ts';
import { fhirConventions } from './conventions.ts';
import { FHIR_JSON, fhirFailure } from './operation-outcome.ts';
import { resourceSchema } from './schemas.ts';
import { observationOf } from './write-observation.ts';

const shared = {
  tag: 'fhir',
  method: 'get',
  failure: fhirFailure,
  conventions: fhirConventions,
  answers: { 200: { description: 'The Observation', schema: resourceSchema('Observation'), contentType: FHIR_JSON } },
} as const;

const ById = z.object({ id: z.uuid() });

/** A machine reads what it has sent; staff read what they see of the resident elsewhere. */
async function findVisibleReading(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<KnownReading | undefined> {
  const { deps, params, caller } = request;
  const reading = await findReading(deps.db, params.id);
  if (!reading || reading.senderId === caller.personId) return reading;
  const isReader = caller.roles.some((role) => (readers as readonly string[]).includes(role));
  return isReader && reading.homeInstitutionId !== null && reaches(await reachOf(request), reading.homeInstitutionId) ? reading : undefined;
}

async function answerReading({
  deps,
  actor,
  resource,
  requestId,
}: OperationRequest<unknown, unknown, unknown, KnownReading>): Promise<Reply> {
  const patientIds = resource.patientId === null ? [] : [resource.patientId];
  await auditRead(deps.db, { actor, action: 'reading.fhir.read', targetType: 'reading', targetId: resource.id, patientIds, requestId });
  const observation: Resource = observationOf(resource);
  return { status: 200, body: observation, headers: { etag: 'W/"1"' } };
}

export const readObservation = operation({
  ...shared,
  id: 'fhirReadObservation',
  path: '/fhir/Observation/{id}',
  summary: '读取一条读数 / Read a reading as an Observation',
  params: ById,
  find: findVisibleReading,
  handle: answerReading,
});

export const readObservationVersion = operation({
  ...shared,
  id: 'fhirReadObservationVersion',
  path: '/fhir/Observation/{id}/_history/{version}',
  summary: '读取一条读数，只有一个版本 / Read a reading, which has one version',
  params: ById.extend({ version: z.literal('1') }),
  find: findVisibleReading,
  handle: answerReading,
});
