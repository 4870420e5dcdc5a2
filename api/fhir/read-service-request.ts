/** A ServiceRequest of another system as a new referral. */

import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { findRecordByLocalId } from '../../db/directory/given-patient.ts';
import { getPatient } from '../../db/directory/patients.ts';
import { findSurvivingRecord, listRecordsOfResident } from '../../db/directory/resident-records.ts';
import type { ReferralNumber } from '../../db/hl7v2/messages.ts';
import type { Database } from '../../db/kit/database.ts';
import { oidOf } from '../../domain/kit/oid.ts';
import { toOwnId } from '../../domain/kit/uuid.ts';
import { findContradiction } from '../../domain/residents/same-person.ts';
import { parseBody } from '../kit/edge.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { NewReferral } from '../referral/commands.ts';
import { systems, urgencyOf } from './codes.ts';
import { conceptText } from './concepts.ts';
import { readConsent } from './read-consent.ts';
import { ConceptSchema, type Reference, ReferenceSchema, type ServiceRequestBody } from './schemas.ts';

/** Paths of the API's body, and the elements they come from. */
export const serviceRequestElements: Record<string, string> = {
  patientId: 'ServiceRequest.subject',
  toInstitutionId: 'ServiceRequest.performer',
  toDepartmentId: 'ServiceRequest.performer',
  direction: 'ServiceRequest.performer',
  reason: 'ServiceRequest.reasonCode',
  summary: 'ServiceRequest.note',
  consent: 'ServiceRequest.contained.ofType(Consent)',
  'consent.recordedAt': 'ServiceRequest.contained.ofType(Consent).dateTime',
  managementPlan: 'ServiceRequest.contained.ofType(CarePlan).description',
};

/** The reason in words: of each reference what it says itself, else the code of the contained resource. Throws Problem 422 for one that says nothing here. */
function reasonsOf({ reasonCode = [], reasonReference = [], contained = [] }: ServiceRequestBody): string {
  const referred = reasonReference.map(({ display, reference: ref }, n) => {
    const resource = contained.find(({ id }) => ref === `#${id}`);
    if (resource) refuseWithdrawn(resource, `ServiceRequest.reasonReference[${n}]`);
    const code = ConceptSchema.safeParse(resource?.code).data;
    const said = display ?? (code && conceptText(code));
    if (!said)
      throw invalidRequestProblem(`ServiceRequest.reasonReference[${n}]`, {
        zh: '无法读取，请附 display 或在 reasonCode 中写明',
        en: 'cannot be read here; give its display, or the reason as reasonCode',
      });
    return said;
  });
  return [...new Set([...reasonCode.map(conceptText), ...referred])].filter(Boolean).join('；');
}

type Contained = NonNullable<ServiceRequestBody['contained']>[number];

/** A condition that was refuted, an observation in error, a plan that was revoked: what it says does not hold. Throws Problem 422. */
function refuseWithdrawn(resource: Contained, at: string): void {
  const verification = ConceptSchema.safeParse(resource.verificationStatus).data?.coding?.map(({ code }) => code) ?? [];
  const withdrawn = [resource.status, ...verification].find((code) => code !== undefined && withdrawnStatuses.includes(code));
  if (withdrawn !== undefined) throw invalidRequestProblem(at, { zh: `已不成立（${withdrawn}）`, en: `does not hold: it is ${withdrawn}` });
}

const withdrawnStatuses = ['entered-in-error', 'refuted', 'revoked', 'cancelled', 'stopped', 'not-done', 'on-hold'];

/** What is contained about somebody else than the subject is a slip that nobody would see. Throws Problem 422. */
async function refuseOthers(db: Database, recordIds: readonly string[], contained: readonly Contained[]): Promise<void> {
  for (const [n, resource] of contained.entries())
    for (const element of ['subject', 'patient'] as const) {
      const named = ReferenceSchema.safeParse(resource[element]).data;
      if (resource.resourceType !== 'Consent' && named && !(await isOneOf(db, recordIds, named)))
        throw invalidRequestProblem(`ServiceRequest.contained[${n}].${element}`, {
          zh: '不是本次转诊的患者',
          en: 'is not the patient of this referral',
        });
    }
}

/** Who the subject is said to be beside the number. */
const SaidPatient = z.object({
  birthDate: z.string().optional(),
  gender: z.enum(['male', 'female', 'other', 'unknown']).optional().catch(undefined),
});

/** A contained Patient that is the subject, or the only one there is: another birth date or sex is another person. Throws Problem 422. */
async function refuseOtherPerson(db: Database, patientId: string, { subject, contained = [] }: ServiceRequestBody): Promise<void> {
  const patients = contained.filter(({ resourceType }) => resourceType === 'Patient');
  const said = patients.find(({ id }) => subject.reference === `#${id}`) ?? (patients.length === 1 ? patients[0] : undefined);
  const patient = said && (await getPatient(db, patientId));
  if (!said || !patient) return;
  const { birthDate = '', gender = 'unknown' } = SaidPatient.parse(said);
  const contradiction = findContradiction(patient, { birthDate, sex: gender });
  if (contradiction)
    throw invalidRequestProblem(
      `ServiceRequest.contained[${contained.indexOf(said)}].${contradiction === 'sex' ? 'gender' : contradiction}`,
      {
        zh: '与该标识登记的患者不符',
        en: 'is not that of the patient of this identifier',
      },
    );
}

/** Throws Problem 422 with the element. */
export async function newReferralFrom(db: Database, body: ServiceRequestBody): Promise<NewReferral> {
  const institutionId = idIn(body.performer, 'Organization', systems.institution);
  const departmentId = idIn(body.performer, 'HealthcareService', systems.department);
  const named = await patientOf(db, body.subject);
  // What was known under the number of a record that has been merged is the survivor's.
  const patientId = (await findSurvivingRecord(db, named)) ?? named;
  const institution = institutionId === undefined ? undefined : await findInstitution(db, institutionId);
  const consents = body.contained?.filter(({ resourceType }) => resourceType === 'Consent') ?? [];
  if (consents.length > 1)
    throw invalidRequestProblem('ServiceRequest.contained.ofType(Consent)', { zh: '多于一份同意书', en: 'stands there more than once' });
  const recordIds = await listRecordsOfResident(db, patientId);
  const isSubject = (patient: Reference) => isOneOf(db, recordIds, patient);
  const consent = consents[0] && (await readConsent(consents[0], { isSubject, institutionId, now: Date.now() }));
  await refuseOthers(db, recordIds, body.contained ?? []);
  await refuseOtherPerson(db, patientId, body);
  const plan = body.contained?.find(({ resourceType }) => resourceType === 'CarePlan');
  if (plan) refuseWithdrawn(plan, 'ServiceRequest.contained.ofType(CarePlan).status');
  const reason = reasonsOf(body);
  const summary = body.note?.map(({ text }) => text).join('\n');
  return parseBody(NewReferral, {
    patientId,
    ...urgencyOf[body.priority],
    direction: institution?.kind === 'community-health-centre' ? 'down' : 'up',
    draft: body.status === 'draft',
    ...(institutionId === undefined ? {} : { toInstitutionId: institutionId }),
    ...(departmentId === undefined ? {} : { toDepartmentId: departmentId }),
    ...(reason ? { reason } : {}),
    ...(summary ? { summary } : {}),
    ...(consent ? { consent } : {}),
    ...(plan?.description === undefined ? {} : { managementPlan: plan.description }),
  });
}

/** The requester's own number: the first identifier that is not ours. */
export function numberOf({ identifier }: ServiceRequestBody): ReferralNumber | undefined {
  const own = identifier?.find(({ system, value }) => value !== undefined && system !== undefined && system !== systems.referral);
  return own && { authority: oidOf(own.system as string) ?? (own.system as string), value: own.value as string };
}

export function idIn(references: readonly Reference[], type: string, system: string): string | undefined {
  const found = references.find((each) => each.identifier?.system === system || each.reference?.startsWith(`${type}/`));
  return found?.identifier?.system === system ? found.identifier.value : found?.reference?.slice(type.length + 1);
}

/** Whom a reference names, by its identifier and by its address; both have to mean one resident. Throws Problem 422. */
export async function patientOf(db: Database, { identifier, reference }: Reference): Promise<string> {
  const numbered =
    identifier?.system && identifier.value
      ? identifier.system === systems.patient
        ? toOwnId(identifier.value)
        : await findRecordByLocalId(db, { system: identifier.system, value: identifier.value })
      : undefined;
  const addressed = reference?.startsWith('Patient/') ? toOwnId(reference.slice('Patient/'.length)) : undefined;
  if (numbered !== undefined && addressed !== undefined && numbered !== addressed) {
    const [one, other] = await Promise.all([findSurvivingRecord(db, numbered), findSurvivingRecord(db, addressed)]);
    if (one === undefined || one !== other)
      throw invalidRequestProblem('ServiceRequest.subject', {
        zh: '标识与引用指向不同的患者',
        en: 'the identifier and the reference are of different patients',
      });
  }
  const named = numbered ?? addressed;
  if (named !== undefined) return named;
  throw invalidRequestProblem('ServiceRequest.subject', { zh: '没有此患者标识', en: 'no patient has this identifier' });
}

/**
 * Whether a reference names the resident whom these records are of. A subject whom nobody knows has no records and is refused as the subject, so here
 * everybody may be meant.
 */
async function isOneOf(db: Database, recordIds: readonly string[], reference: Reference): Promise<boolean> {
  if (recordIds.length === 0) return true;
  try {
    return recordIds.includes(await patientOf(db, reference));
  } catch (error) {
    if (error instanceof Problem) return false;
    throw error;
  }
}
