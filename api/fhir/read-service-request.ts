/** A ServiceRequest of another system as a new referral. */
import type { Database } from '../../db/database.ts';
import { findInstitution } from '../../db/directory.ts';
import { findPatientByLocalId, type ReferralNumber } from '../../db/messages-of-others.ts';
import type { Language } from '../../domain/errors.ts';
import { parseBody } from '../edge.ts';
import { invalid, Problem } from '../problem.ts';
import { NewReferral } from '../routes/referrals.ts';
import { systems, urgencyOf } from './codes.ts';
import type { Concept, Reference, ServiceRequestBody } from './schemas.ts';

/** Paths of the API's body, and the elements they come from. */
const ELEMENTS: Record<string, string> = {
  patientId: 'ServiceRequest.subject',
  toInstitutionId: 'ServiceRequest.performer',
  toDepartmentId: 'ServiceRequest.performer',
  direction: 'ServiceRequest.performer',
  reason: 'ServiceRequest.reasonCode',
  summary: 'ServiceRequest.note',
  consent: "ServiceRequest.contained.where($this is Consent)",
  'consent.recordedAt': "ServiceRequest.contained.where($this is Consent).dateTime",
  managementPlan: "ServiceRequest.contained.where($this is CarePlan).description",
};

/** Throws Problem 422 with the element. */
export async function newReferralFrom(db: Database, body: ServiceRequestBody, language: Language): Promise<NewReferral> {
  const institutionId = idIn(body.performer, 'Organization', systems.institution);
  const departmentId = idIn(body.performer, 'HealthcareService', systems.department);
  const patientId = await patientOf(db, body.subject);
  const institution = institutionId === undefined ? undefined : await findInstitution(db, institutionId);
  const consent = body.contained?.find(({ resourceType }) => resourceType === 'Consent');
  const plan = body.contained?.find(({ resourceType }) => resourceType === 'CarePlan');
  const reason = body.reasonCode?.map(textOf).filter(Boolean).join('；');
  const summary = body.note?.map(({ text }) => text).join('\n');
  return withElements(ELEMENTS, () =>
    parseBody(
      NewReferral,
      {
        patientId,
        ...urgencyOf[body.priority],
        direction: institution?.kind === 'community-health-centre' ? 'down' : 'up',
        draft: body.status === 'draft',
        ...(institutionId === undefined ? {} : { toInstitutionId: institutionId }),
        ...(departmentId === undefined ? {} : { toDepartmentId: departmentId }),
        ...(reason ? { reason } : {}),
        ...(summary ? { summary } : {}),
        ...(consent ? { consent: { given: consent.status === 'active', recordedAt: inUtc(consent.dateTime) } } : {}),
        ...(plan?.description === undefined ? {} : { managementPlan: plan.description }),
      },
      language,
    ),
  );
}

/** FHIR lets an instant have any zone. */
const inUtc = (text: string | undefined): string | undefined => {
  const at = new Date(text ?? '');
  return text && /T.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(at.getTime()) ? at.toISOString() : text;
};
export { inUtc };

/** Problems of the API's body become problems of the resource's elements. */
export async function inElements<T>(elements: Record<string, string>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Problem ? renamed(error, elements) : error;
  }
}

function withElements<T>(elements: Record<string, string>, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Problem ? renamed(error, elements) : error;
  }
}

export const serviceRequestElements = ELEMENTS;

function renamed(problem: Problem, elements: Record<string, string>): Problem {
  const { errors, ...details } = problem.details;
  if (!errors) return problem;
  const named = errors.map(({ path, message }) => ({ path: elements[path] ?? elements[path.split('.')[0] ?? ''] ?? path, message }));
  return new Problem(problem.code, { ...details, errors: named });
}

/** The requester's own number: the first identifier that is not ours. */
export function numberOf({ identifier }: ServiceRequestBody): ReferralNumber | undefined {
  const own = identifier?.find(({ system, value }) => value !== undefined && system !== undefined && system !== systems.referral);
  return own && { authority: own.system?.replace(/^urn:oid:/, '') as string, value: own.value as string };
}

const textOf = ({ text, coding }: Concept): string => text ?? coding?.map(({ display, code }) => display ?? code ?? '').join('、') ?? '';

function idIn(references: readonly Reference[], type: string, system: string): string | undefined {
  const found = references.find((each) => each.identifier?.system === system || each.reference?.startsWith(`${type}/`));
  return found?.identifier?.system === system ? found.identifier.value : found?.reference?.slice(type.length + 1);
}

/** Throws Problem 422. */
export async function patientOf(db: Database, { identifier, reference }: Reference): Promise<string> {
  if (identifier?.system === systems.patient && identifier.value) return identifier.value;
  if (identifier?.system && identifier.value) {
    const id = await findPatientByLocalId(db, { authority: identifier.system, value: identifier.value });
    if (id !== null) return id;
  }
  if (reference?.startsWith('Patient/')) return reference.slice('Patient/'.length);
  throw invalid('ServiceRequest.subject', { zh: '没有此患者标识', en: 'no patient has this identifier' });
}
