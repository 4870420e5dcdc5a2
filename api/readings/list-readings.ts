/** Readings as they are shown: of a resident, and what was put aside of an institution. */
import { z } from '@hono/zod-openapi';
import { findNamedPatients } from '../../db/directory/named-patients.ts';
import { listRecordsOfResident } from '../../db/directory/resident-records.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { listReadings, type Reading } from '../../db/readings/readings.ts';
import { quarantineCodes } from '../../domain/readings/quarantine.ts';
import { type CarriesComparators, comparators, readingContexts, readingKinds, standardUnits } from '../../domain/readings/reading.ts';
import { findVisiblePatient } from '../directory/access.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { reachOf } from '../kit/reach.ts';
import { Id, Instant, NamedPatientSchema, PageQuery, pageOf } from '../kit/schemas.ts';

export const Evidence = z.record(z.string(), z.union([z.string(), z.number()]));
export const Quarantined = z.strictObject({ code: z.enum(quarantineCodes), evidence: Evidence });

const ReadingSchema = z
  .strictObject({
    id: z.string(),
    patientId: z.string(),
    kind: z.enum(readingKinds),
    measuredAt: Instant,
    receivedAt: Instant,
    source: z.string(),
    context: z.enum(readingContexts),
    /** of a blood pressure */
    systolic: z.number().optional(),
    diastolic: z.number().optional(),
    /** of all others */
    value: z.number().optional(),
    /** beside a value that is at least, or at most, what is given */
    comparator: z.enum(comparators).optional(),
    systolicComparator: z.enum(comparators).optional(),
    diastolicComparator: z.enum(comparators).optional(),
    unit: z.enum(Object.values(standardUnits)),
    /** The value as it was sent, where that was in another unit or beyond the range of the meter. */
    given: z
      .strictObject({
        systolic: z.number().optional(),
        diastolic: z.number().optional(),
        value: z.number().optional(),
        comparator: z.enum(comparators).optional(),
        systolicComparator: z.enum(comparators).optional(),
        diastolicComparator: z.enum(comparators).optional(),
        unit: z.string(),
      })
      .optional(),
    status: z.enum(['recorded', 'quarantined', 'entered-in-error']),
    reason: Quarantined.optional(),
  })
  .openapi('Reading');

function toReadingResource(reading: Reading): unknown {
  const { systolic, diastolic, value, given, reason, measuredAt, receivedAt, ...rest } = reading;
  const { kind: _, ...asSent } = (given ?? {}) as CarriesComparators & { kind?: string };
  const { comparator, systolicComparator, diastolicComparator } = asSent;
  return {
    ...rest,
    measuredAt: measuredAt.toISOString(),
    receivedAt: receivedAt.toISOString(),
    ...(systolic === null ? { value } : { systolic, diastolic }),
    ...(comparator && { comparator }),
    ...(systolicComparator && { systolicComparator }),
    ...(diastolicComparator && { diastolicComparator }),
    unit: standardUnits[rest.kind],
    ...(given === null ? {} : { given: asSent }),
    ...(reason === null ? {} : { reason }),
  };
}

const ListedReadingSchema = z
  .strictObject({ ...ReadingSchema.shape, patient: NamedPatientSchema.optional().openapi({ description: 'in a list of an institution' }) })
  .openapi('ListedReading');

/** All records of the resident. Throws Problem 404 for somebody whom the caller may not know of. */
export async function findVisibleRecordIds(
  request: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>,
  patientId: string,
): Promise<string[]> {
  if (!(await findVisiblePatient(request, patientId))) throw new Problem('not-found');
  return listRecordsOfResident(request.deps.db, patientId);
}

/** A list without a resident is of the caller's own institution, or of everybody for those whose reach is the alliance. */
export async function findHomeWithinReach(
  request: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>,
  { isOfOne, institutionId }: { isOfOne: boolean; institutionId: string | undefined },
): Promise<{ institutionId: string | undefined; isBeyondReach: boolean }> {
  const reach = await reachOf(request);
  const own = isOfOne || reach.over === 'alliance' ? undefined : request.caller.institutionId;
  const home = institutionId ?? own;
  return { institutionId: home, isBeyondReach: own !== undefined && home !== own };
}

export const getReadings = operation({
  id: 'listReadings',
  method: 'get',
  path: '/v1/readings',
  tag: 'reading',
  summary:
    '患者的读数，或本机构居民被搁置的读数，新的在前 / Readings of a patient, or what was put aside of an institution, the latest measured first',
  query: z.strictObject({
    ...PageQuery,
    patientId: Id.optional().openapi({ description: 'needed but for what was put aside (status=quarantined)' }),
    institutionId: Id.optional().openapi({ description: '居民所属机构 / The home institution of the resident' }),
    kind: z.enum(readingKinds).optional(),
    from: Instant.optional().openapi({ description: 'measured at or after' }),
    to: Instant.optional().openapi({ description: 'measured before' }),
    status: z.enum(['recorded', 'quarantined', 'entered-in-error']).default('recorded'),
  }),
  answers: { 200: { description: 'A page of readings', schema: pageOf(ListedReadingSchema) } },
  async handle(request) {
    const { deps, actor, query, requestId } = request;
    const { patientId, institutionId, status, kind, from, to, limit, cursor } = query;
    if (patientId === undefined && status !== 'quarantined')
      throw invalidRequestProblem('patientId', {
        zh: '必填；仅被搁置的读数可按机构列出',
        en: 'is needed: only what was put aside is listed without',
      });
    const recordIds = patientId === undefined ? undefined : await findVisibleRecordIds(request, patientId);
    const home = await findHomeWithinReach(request, { isOfOne: recordIds !== undefined, institutionId });
    const after = decodeCursor(cursor, z.strictObject({ measuredAt: z.string(), id: z.uuid() }));
    const filter = { recordIds, homeInstitutionId: home.institutionId, status, kind, from, to };
    const rows = home.isBeyondReach ? [] : await listReadings(deps.db, filter, { limit, after });
    const patientIds = patientId === undefined ? [...new Set(rows.slice(0, limit).map((row) => row.patientId))] : [patientId];
    const patients = patientId === undefined ? await findNamedPatients(deps.db, patientIds) : undefined;
    await auditRead(deps.db, { actor, action: 'reading.list', targetType: 'patient', targetId: patientId ?? null, patientIds, requestId });
    const shown = toPage(
      rows,
      limit,
      ({ measuredAt, id }) => ({ measuredAt: measuredAt.toISOString(), id }),
      (row) => ({ ...(toReadingResource(row) as object), ...(patients && { patient: patients.get(row.patientId) }) }),
    );
    return { status: 200, body: shown };
  },
});
