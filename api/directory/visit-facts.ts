/** What other systems report of a stay in hospital as facts: the same messages as in HL7 v2, under names of their own. */
import { z } from '@hono/zod-openapi';
import type { ReportedFact } from '../../db/directory/facts.ts';
import type { VisitReport } from '../../db/discharge/visits/record-visit-message.ts';
import { admissionTypes, dispositions, visitEvents } from '../../domain/discharge/standing.ts';
import { factOfVisitEvent, RESULT_REPORTED } from '../../domain/discharge/visit-facts.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, Instant, Text } from '../kit/schemas.ts';
import { CLOCK_SKEW_MS, commonMembers } from './fact-members.ts';

const VisitNumber = Text(100);
const DepartmentCode = Text(50);
const AdmissionType = z.enum(admissionTypes);
const Disposition = z.enum(dispositions);

const common = {
  ...commonMembers,
  institutionId: Id,
  /** When it was written down; without it, when it happened. */
  recordedAt: Instant.optional(),
};
const ofVisit = { ...common, visitNumber: VisitNumber };

export const visitFactSchemas = [
  z.strictObject({
    type: z.literal('patient-admitted'),
    ...common,
    /** Without it no stay is known, only that the person is in hospital. */
    visitNumber: VisitNumber.optional(),
    departmentCode: DepartmentCode.optional(),
    admissionType: AdmissionType.optional(),
    planned: z.boolean().optional(),
  }),
  z.strictObject({ type: z.literal('patient-transferred'), ...ofVisit, departmentCode: DepartmentCode }),
  z.strictObject({
    type: z.literal('visit-updated'),
    ...ofVisit,
    departmentCode: DepartmentCode.optional(),
    admissionType: AdmissionType.optional(),
    admittedAt: Instant.optional(),
    dischargedAt: Instant.optional(),
    disposition: Disposition.optional(),
  }),
  z.strictObject({
    type: z.literal('patient-discharged'),
    ...ofVisit,
    disposition: Disposition.optional(),
    admittedAt: Instant.optional(),
  }),
  z.strictObject({ type: z.literal('admission-cancelled'), ...ofVisit }),
  z.strictObject({ type: z.literal('transfer-cancelled'), ...ofVisit }),
  z.strictObject({ type: z.literal('discharge-cancelled'), ...ofVisit }),
  z.strictObject({
    type: z.literal(RESULT_REPORTED),
    ...ofVisit,
    number: Text(100),
    name: Text(200),
    abnormal: z.boolean().optional(),
    critical: z.boolean().optional(),
  }),
] as const;

type VisitFactBody = z.output<(typeof visitFactSchemas)[number]>;
export type FactOfStay = VisitFactBody & { visitNumber: string };

/** What a type does not have is absent in it. */
const absent = {
  departmentCode: undefined,
  admissionType: undefined,
  admittedAt: undefined,
  dischargedAt: undefined,
  disposition: undefined,
  planned: undefined,
};

/** Throws Problem 422. */
export function toVisitReport(
  body: FactOfStay,
  { patient, occurredAt, bodyHash }: Pick<VisitReport, 'patient' | 'bodyHash'> & { occurredAt: Date },
): VisitReport {
  const { source, messageId, institutionId: hospitalId, visitNumber } = body;
  const { departmentCode, admissionType, admittedAt, dischargedAt, disposition, planned } = { ...absent, ...body };
  return {
    source,
    messageId,
    event: visitEvents.find((event) => factOfVisitEvent[event] === body.type) ?? 'result',
    recordedAt: recordedAtOf(body, occurredAt),
    occurredAt: occurredAt.getTime(),
    admittedAt: toInstant(admittedAt),
    dischargedAt: toInstant(dischargedAt),
    departmentCode: departmentCode ?? null,
    // Whoever only says that it was planned says that it was elective.
    admissionType: admissionType ?? (planned ? 'elective' : null),
    disposition: disposition ?? null,
    isInpatient: true,
    hospitalId,
    visitNumber,
    patient,
    result:
      body.type === RESULT_REPORTED
        ? { number: body.number, name: body.name, abnormal: body.abnormal ?? false, critical: body.critical ?? false }
        : null,
    bodyHash,
  };
}

const toInstant = (at: string | undefined): number | null => (at === undefined ? null : Date.parse(at));

function recordedAtOf({ recordedAt }: FactOfStay, occurredAt: Date): number {
  if (recordedAt === undefined) return occurredAt.getTime();
  const at = Date.parse(recordedAt);
  if (at > Date.now() + CLOCK_SKEW_MS) throw invalidRequestProblem('recordedAt', { zh: '在将来', en: 'lies in the future' });
  return at;
}

/** Whoever has left the hospital dead has died; the same message says both. */
export const deathOfStay = ({ source, messageId, patient, dischargedAt, occurredAt, recordedAt, bodyHash }: VisitReport): ReportedFact => ({
  source,
  messageId: `${messageId}:2`,
  type: 'patient-died',
  occurredAt: new Date(dischargedAt ?? occurredAt ?? recordedAt),
  patient,
  details: {},
  bodyHash,
});
