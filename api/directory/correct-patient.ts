/** A resident's record is corrected by the clinicians of the home centre, with a reason; what was there before stays readable. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import {
  type CorrectedField,
  correctPatient,
  isTeamOf,
  listPatientChanges,
  lockPatient,
  type PatientChange,
  type PatientCorrection,
} from '../../db/directory/correct-patient.ts';
import type { Contact, Patient } from '../../db/directory/patients.ts';
import { findSameIdentity } from '../../db/directory/possible-duplicates.ts';
import { auditRead, auditWrite } from '../../db/kit/audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { maskIdentityNumber } from '../../domain/residents/identity-number.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { DateOnly, Id, Instant, pendingAnswer, SexSchema, Text } from '../kit/schemas.ts';
import { findVisiblePatientById } from './access.ts';
import { ContactBody, checkBirth, checkIdentity, IdentityNumber, Phone } from './patient-fields.ts';
import { isClinicianOf, PatientSchema, patientReply } from './patient-resource.ts';
import { duplicateProblem } from './patients.ts';

const tag = 'patient';

export const PatientCorrectionBody = z
  .strictObject({
    name: Text(100).optional(),
    sex: SexSchema.optional(),
    birthDate: DateOnly.optional(),
    identityNumber: IdentityNumber.nullable().optional(),
    phone: Phone.nullable().optional(),
    address: Text(300).nullable().optional(),
    contacts: z
      .array(z.strictObject({ id: Id.optional(), ...ContactBody.shape }))
      .max(20)
      .nullable()
      .optional()
      .openapi({ description: 'All of them; one that keeps its id is the same contact' }),
    teamId: Id.nullable().optional(),
    allergies: z.array(Text(200)).max(50).nullable().optional(),
    reason: Text(2_000),
  })
  .openapi('PatientCorrection', { example: { phone: '13800000000', reason: '居民来电更正' } });

/** A contact that is named by its id stays that contact, and so does one that is written as it was. Throws Problem 422. */
function contactsOf(before: Patient, given: NonNullable<z.output<typeof PatientCorrectionBody>['contacts']>): Contact[] {
  const used = new Set(given.flatMap(({ id }) => id ?? []));
  if (used.size < given.filter(({ id }) => id !== undefined).length)
    throw invalidRequestProblem('contacts', { zh: '同一联系人出现两次', en: 'one contact is named twice' });
  return given.map(({ id, name, relation, phone }, index) => {
    const known = before.contacts.find((contact) => contact.id === id);
    if (id !== undefined && !known) throw invalidRequestProblem(`contacts.${index}.id`, { zh: '没有这位联系人', en: 'no such contact' });
    const same = before.contacts.find((contact) => !used.has(contact.id) && contact.name === name && contact.phone === phone);
    if (id === undefined && same) used.add(same.id);
    return { id: id ?? same?.id ?? uuid(), name, relation, phone };
  });
}

/** Throws Problem 422 or 409. */
async function checkCorrection(trx: Trx, before: Patient, body: z.output<typeof PatientCorrectionBody>): Promise<PatientCorrection> {
  const { reason: _, contacts, allergies, ...given } = body;
  if (body.birthDate !== undefined) checkBirth(body.birthDate);
  const { identityNumber = before.identityNumber, birthDate = before.birthDate, sex = before.sex } = body;
  checkIdentity(identityNumber, { birthDate, sex });
  if (body.teamId && !(await isTeamOf(trx, body.teamId, before.homeInstitutionId)))
    throw invalidRequestProblem('teamId', { zh: '不是居民所属机构的团队', en: "is not a team of the resident's institution" });
  if (body.identityNumber) {
    const others = await findSameIdentity(trx, body.identityNumber, before.id);
    if (others.length > 0) throw duplicateProblem(others);
  }
  return {
    ...given,
    ...(contacts === undefined ? {} : { contacts: contactsOf(before, contacts ?? []) }),
    ...(allergies === undefined ? {} : { allergies: allergies ?? [] }),
  };
}

export interface AskedCorrection {
  id: string;
  body: z.output<typeof PatientCorrectionBody>;
  /** The version of the record that the caller has seen. */
  ifVersion?: number | undefined;
  actor: Actor;
  requestId: string;
}

/** The one way to correct a record, whoever asks for it. Throws Problem 412, 422 or 409. */
export async function correctResident(trx: Trx, { id, body, ifVersion, actor, requestId }: AskedCorrection): Promise<Patient> {
  const before = await lockPatient(trx, id);
  if (ifVersion !== undefined && ifVersion !== before.version) throw new Problem('version-changed');
  const correction = await checkCorrection(trx, before, body);
  const patient = await correctPatient(trx, before, correction, { actor, reason: body.reason });
  if (patient === 'identity-number-taken') throw duplicateProblem(await findSameIdentity(trx, body.identityNumber ?? '', id));
  await auditWrite(trx, { actor, action: 'patient.correct', targetType: 'patient', targetId: id, patientId: id, requestId });
  return patient;
}

const patchPatient = operation({
  id: 'correctPatient',
  method: 'patch',
  path: '/v1/patients/{id}',
  tag,
  summary: '更正居民档案 / Correct the record of a resident',
  params: z.object({ id: Id }),
  body: PatientCorrectionBody,
  answers: { 200: { description: 'The record as it is now', schema: PatientSchema }, 202: pendingAnswer },
  find: findVisiblePatientById,
  may: ({ resource, caller }) => isClinicianOf(resource, caller),
  async handle(request) {
    const { actor, resource, body, ifVersion, requestId } = request;
    const { id } = resource;
    return runOnce(request, async (trx) =>
      patientReply(request, await correctResident(trx, { id, body, ifVersion, actor, requestId }), { db: trx }),
    );
  },
});

const ChangeSchema = z
  .strictObject({
    at: Instant,
    by: z.strictObject({ id: z.string(), name: z.string().nullable() }),
    field: z.enum([
      'name',
      'sex',
      'birthDate',
      'identityNumber',
      'phone',
      'address',
      'contacts',
      'teamId',
      'allergies',
    ] satisfies CorrectedField[]),
    before: z.unknown(),
    after: z.unknown(),
    reason: z.string(),
  })
  .openapi('PatientChange');

function toChangeResource({ at, field, before, after, ...change }: PatientChange) {
  const shown = (value: unknown) => (field === 'identityNumber' && typeof value === 'string' ? maskIdentityNumber(value) : value);
  return { ...change, at: at.toISOString(), field, before: shown(before), after: shown(after) };
}

const listChanges = operation({
  id: 'listPatientChanges',
  method: 'get',
  path: '/v1/patients/{id}/changes',
  tag,
  summary: '档案更正记录，新的在前 / What was corrected in the record, newest first',
  params: z.object({ id: Id }),
  answers: { 200: { description: 'Field by field', schema: z.strictObject({ items: z.array(ChangeSchema) }) } },
  find: findVisiblePatientById,
  may: ({ resource, caller }) => isClinicianOf(resource, caller),
  async handle({ deps, actor, resource, requestId }) {
    const { id } = resource;
    const changes = await listPatientChanges(deps.db, id);
    await auditRead(deps.db, { actor, action: 'patient.changes.read', targetType: 'patient', targetId: id, patientIds: [id], requestId });
    return { status: 200, body: { items: changes.map(toChangeResource) } };
  },
});

export const correctionOperations: Operation[] = [patchPatient, listChanges];
