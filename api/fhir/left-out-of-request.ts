/** What of a ServiceRequest, and of the Task beside it, is not kept. */
import { systems } from './codes.ts';
import { listLeftOut, type Understood } from './left-out.ts';
import { numberOf } from './read-service-request.ts';
import { ConceptSchema, type Reference, type ServiceRequestBody } from './schemas.ts';

const reference: Understood = { reference: true, type: true, identifier: true, display: true };

/** What becomes of a ServiceRequest here, or says nothing beside it. */
const understood: Understood = {
  contained: true,
  identifier: true,
  status: true,
  intent: true,
  doNotPerform: true,
  priority: true,
  category: true,
  // What asks for a referral is done; what asks for something else is not kept.
  code: true,
  authoredOn: true,
  subject: reference,
  requester: reference,
  performer: reference,
  reasonCode: true,
  reasonReference: true,
  supportingInfo: true,
  note: { text: true },
};

/** Of what it contains. A consent is understood or refused. */
const understoodContained: Record<string, Understood | undefined> = {
  CarePlan: { status: true, intent: true, subject: reference, description: true },
};
const understoodReason: Understood = { code: true, status: true, verificationStatus: true, subject: reference, patient: reference };

const keptContained = ['Consent', 'CarePlan'];

/** Returns the places of what is not kept: other elements, other contained resources, and references to what else there is. */
export function listLeftOutOfRequest(body: ServiceRequestBody): string[] {
  const contained = body.contained ?? [];
  const isKept = (ref: string | undefined) =>
    contained.some(({ id, resourceType }) => ref === `#${id}` && keptContained.includes(resourceType));
  const reasons = body.reasonReference ?? [];
  const isReason = (id: string | undefined) => reasons.some(({ reference: ref }) => ref === `#${id}`);
  const own = numberOf(body)?.value;
  return [
    ...listLeftOut(body, understood, 'ServiceRequest'),
    ...(['category', 'code'] as const).flatMap((name) => (asksForReferral(body[name]) ? [] : [`ServiceRequest.${name}`])),
    ...(body.identifier ?? []).flatMap(({ system, value }, n) =>
      system === systems.referral || value === own ? [] : [`ServiceRequest.identifier[${n}]`],
    ),
    ...body.performer.flatMap((each, n) => (isAsked(each, body.performer) ? [] : [`ServiceRequest.performer[${n}]`])),
    ...contained.flatMap((resource, n) => {
      const { resourceType, id } = resource;
      const at = `ServiceRequest.contained[${n}]`;
      const isFirst = contained.findIndex((each) => each.resourceType === resourceType) === n;
      if (keptContained.includes(resourceType) && isFirst)
        return resourceType === 'Consent' ? [] : listLeftOut(resource, understoodContained[resourceType] ?? {}, at);
      return isReason(id) ? listLeftOut(resource, understoodReason, at) : [at];
    }),
    ...(body.supportingInfo ?? []).flatMap(({ reference: ref }, n) => (isKept(ref) ? [] : [`ServiceRequest.supportingInfo[${n}]`])),
  ];
}

/** SNOMED CT and LOINC: a referral, a consultation, a referral note; and the words that we write ourselves. */
const referralCodes = ['3457005', '103696004', '306206005', '11429006', '57133-1'];
const referralWords = /转诊|会诊|referral|refer|consult/i;

/** A code or a category without which nothing is asked for but the referral. */
function asksForReferral(concepts: unknown): boolean {
  const listed: unknown[] = Array.isArray(concepts) ? concepts : concepts === undefined ? [] : [concepts];
  return listed.every((each) => {
    const { text, coding = [] } = ConceptSchema.safeParse(each).data ?? {};
    return coding.some(({ code }) => code !== undefined && referralCodes.includes(code)) || referralWords.test(text ?? '');
  });
}

/** The first institution and the first department are asked; a person, or a second of either, is not. */
function isAsked(each: Reference, all: readonly Reference[]): boolean {
  const isOf = (type: string, system: string) => (one: Reference) =>
    one.identifier?.system === system || one.reference?.startsWith(`${type}/`) === true;
  return all.find(isOf('Organization', systems.institution)) === each || all.find(isOf('HealthcareService', systems.department)) === each;
}

/** The Task that asks for the referral says so, and of whom; whatever else it says is not kept. */
const understoodTask: Understood = {
  status: true,
  intent: true,
  code: true,
  focus: reference,
  basedOn: reference,
  for: reference,
  requester: reference,
  authoredOn: true,
  lastModified: true,
};

export const listLeftOutOfNewTask = (task: unknown): string[] => listLeftOut(task, understoodTask, 'Task');
