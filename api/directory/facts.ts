/** What other systems report: stored once, never refused for what it says of the past or of people we do not know. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { type FactDetails, type ReportedFact, recordFact } from '../../db/directory/facts.ts';
import type { GivenPatient } from '../../db/directory/given-patient.ts';
import { type RetractionReport, recordRetraction } from '../../db/directory/retracted-facts.ts';
import { recordVisitMessage, type VisitReport } from '../../db/discharge/visits/record-visit-message.ts';
import { type InErrorReport, recordInError } from '../../db/follow-up/reported-in-error.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { PatientFact } from '../../domain/kit/facts.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, PendingSchema, Text } from '../kit/schemas.ts';
import { CLOCK_SKEW_MS, commonMembers } from './fact-members.ts';
import { deathOfStay, type FactOfStay, toVisitReport, visitFactSchemas } from './visit-facts.ts';

const tag = 'fact';

const FactBody = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('patient-died'), ...commonMembers }),
    z.strictObject({ type: z.literal('patient-moved'), ...commonMembers, homeInstitutionId: Id }),
    ...visitFactSchemas,
    z.strictObject({ type: z.literal('patients-merged'), ...commonMembers, survivorPatientId: Id }),
    z.strictObject({
      type: z.literal('fact-retracted'),
      ...commonMembers,
      retracts: z.strictObject({ source: Text(100), messageId: Text(200) }),
    }),
    z.strictObject({
      type: z.literal('entered-in-error'),
      ...commonMembers,
      /** the reading by our id, or by the message that has brought it */
      readingId: z.uuid().optional(),
      reading: z.strictObject({ source: Text(200), messageId: Text(200) }).optional(),
      /** a whole visit */
      visitId: z.uuid().optional(),
    }),
  ])
  .openapi('Fact', {
    example: {
      source: 'his-h1',
      messageId: 'MSG00001',
      type: 'patient-moved',
      occurredAt: '2026-03-01T08:00:00Z',
      localId: { system: 'urn:alliance:his-h1', value: 'LL00000003' },
      homeInstitutionId: 'inst-c02',
    },
  });
type FactBody = z.output<typeof FactBody>;

const Receipt = z.strictObject({ factId: z.string(), duplicate: z.boolean() }).openapi('FactReceipt');

type PatientFactBody = Extract<FactBody, { type: PatientFact }>;
type InErrorBody = Extract<FactBody, { type: 'entered-in-error' }>;
type RetractionBody = Extract<FactBody, { type: 'fact-retracted' }>;

/** Throws Problem 422. */
function whenOf({ occurredAt: given }: FactBody): Date {
  const occurredAt = new Date(given);
  if (occurredAt.getTime() > Date.now() + CLOCK_SKEW_MS)
    throw invalidRequestProblem('occurredAt', { zh: '在将来', en: 'lies in the future' });
  return occurredAt;
}

/** Undefined where the message names nobody. Throws Problem 422 where it names them twice. */
function namedPatientOf({ patientId, localId }: FactBody): GivenPatient | undefined {
  if (patientId !== undefined && localId !== undefined) throw eitherProblem();
  if (patientId !== undefined) return { patientId };
  return localId === undefined ? undefined : { localId };
}

const eitherProblem = () =>
  invalidRequestProblem('patientId', { zh: '须给出 patientId 或 localId，且只给其一', en: 'give either patientId or localId' });

/** Throws Problem 422. */
function factOf(body: PatientFactBody, bodyHash: Buffer): ReportedFact {
  const { source, messageId, type } = body;
  const occurredAt = whenOf(body);
  const patient = namedPatientOf(body);
  if (!patient) throw eitherProblem();
  return { source, messageId, type, occurredAt, patient, details: detailsOf(body), bodyHash };
}

const isOfStay = (body: Exclude<FactBody, RetractionBody | InErrorBody>): body is FactOfStay =>
  'visitNumber' in body && body.visitNumber !== undefined;

/** Throws Problem 422. */
function stayReportOf(body: FactOfStay, bodyHash: Buffer): VisitReport {
  const occurredAt = whenOf(body);
  const patient = namedPatientOf(body);
  if (!patient) throw eitherProblem();
  return toVisitReport(body, { patient, occurredAt, bodyHash });
}

/** Throws Problem 422. */
function retractionOf(body: RetractionBody, bodyHash: Buffer): RetractionReport {
  const { source, messageId, retracts } = body;
  return { source, messageId, retracts, occurredAt: whenOf(body), patient: namedPatientOf(body), bodyHash };
}

/** Throws Problem 422. */
function inErrorOf(body: InErrorBody, bodyHash: Buffer): InErrorReport {
  const { source, messageId, readingId, reading, visitId } = body;
  const named = [readingId === undefined ? [] : { readingId }, reading ?? [], visitId === undefined ? [] : { visitId }].flat();
  const [entry] = named;
  if (entry === undefined || named.length > 1)
    throw invalidRequestProblem('readingId', {
      zh: '须给出 readingId、reading 或 visitId，且只给其一',
      en: 'give one of readingId, reading and visitId',
    });
  return { source, messageId, entry, occurredAt: whenOf(body), patient: namedPatientOf(body), bodyHash };
}

function detailsOf(body: PatientFactBody): FactDetails {
  switch (body.type) {
    case 'patient-died':
      return {};
    case 'patient-moved':
      return { homeInstitutionId: body.homeInstitutionId };
    case 'patient-admitted':
      return { institutionId: body.institutionId };
    case 'patients-merged':
      return { survivorPatientId: body.survivorPatientId };
  }
}

/** People may be unknown to us; institutions are the alliance's own, so an unknown one is a mistake in the message. Throws Problem 422. */
async function checkInstitution(trx: Trx, { homeInstitutionId, institutionId }: FactDetails): Promise<void> {
  const id = homeInstitutionId ?? institutionId;
  if (id === undefined) return;
  const institution = await findInstitution(trx, id);
  if (institution && institution.kind !== 'sterile-supply-department') return;
  throw invalidRequestProblem(homeInstitutionId === undefined ? 'institutionId' : 'homeInstitutionId', {
    zh: '联盟内没有这家医院或社康中心',
    en: 'no such hospital or centre in the alliance',
  });
}

const postFact = operation({
  id: 'recordFact',
  method: 'post',
  path: '/v1/facts',
  tag,
  summary:
    '登记外部事实：死亡、迁出、入院、转科、出院及其撤销、检查结果、合并档案、撤回、读数或随访误录 / Report what has happened: died, moved, admitted, transferred, discharged or any of these taken back, a result, records merged, an earlier message taken back, a reading or a visit entered in error',
  body: FactBody,
  answers: {
    202: {
      description: 'Stored, with its first id if it had come before; it reaches the pathways of the patient from here',
      schema: z.union([Receipt, PendingSchema]),
    },
  },
  async handle(request) {
    const { body, actor, requestId, requestHash } = request;
    if (body.type === 'fact-retracted') {
      const report = retractionOf(body, requestHash);
      return runOnce(request, async (trx) => ({ status: 202, body: await recordRetraction(trx, report, { actor, requestId }) }));
    }
    if (body.type === 'entered-in-error') {
      const report = inErrorOf(body, requestHash);
      return runOnce(request, async (trx) => ({ status: 202, body: await recordInError(trx, report, { actor, requestId }) }));
    }
    if (isOfStay(body)) {
      const report = stayReportOf(body, requestHash);
      return runOnce(request, async (trx) => {
        await checkInstitution(trx, { institutionId: report.hospitalId });
        // The death comes first, so that an episode which begins with this message begins with it.
        if (report.disposition === 'died') await recordFact(trx, deathOfStay(report), { actor, requestId });
        const { factId, duplicate } = await recordVisitMessage(trx, report, { actor, requestId });
        return { status: 202, body: { factId, duplicate } };
      });
    }
    const fact = factOf(body, requestHash);
    return runOnce(request, async (trx) => {
      await checkInstitution(trx, fact.details);
      return { status: 202, body: await recordFact(trx, fact, { actor, requestId }) };
    });
  },
});

export const factOperations: Operation[] = [postFact];
