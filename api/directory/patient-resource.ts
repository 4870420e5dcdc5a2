/** A resident as callers see them: the identity number whole only for the clinicians of the home centre, contact details for them and for parties. */
import { z } from '@hono/zod-openapi';
import { isPartyFor } from '../../db/directory/parties.ts';
import { findRiskTier, type Patient, type PatientSummary } from '../../db/directory/patients.ts';
import { findResidentStanding } from '../../db/identity-check/standing.ts';
import type { Database } from '../../db/kit/database.ts';
import { patientChannels } from '../../domain/messages/channels.ts';
import { maskIdentityNumber } from '../../domain/residents/identity-number.ts';
import { allowedFor, type ResidentTrigger, residentTriggers } from '../../domain/residents/resident-triggers.ts';
import type { Caller } from '../kit/auth.ts';
import type { OperationRequest, Reply } from '../kit/operation.ts';
import { DateOnly, SexSchema } from '../kit/schemas.ts';

const LocalIdSchema = z.strictObject({ system: z.string(), value: z.string() });

export const PatientSummarySchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    birthDate: DateOnly,
    sex: SexSchema,
    homeInstitutionId: z.string(),
    teamId: z.string().nullable(),
    identityNumber: z
      .string()
      .nullable()
      .openapi({ description: 'Whole for the clinicians of the home centre who read one resident, else with *' }),
    diedOn: DateOnly.nullable(),
    mergedInto: z.string().nullable().openapi({ description: 'The record of the same person that goes on' }),
  })
  .openapi('PatientSummary');

const ContactSchema = z.strictObject({ id: z.string(), name: z.string(), relation: z.string(), phone: z.string() });

// Not an extension: in the contract that would be two closed shapes at once, which nothing satisfies.
export const PatientSchema = z
  .strictObject({
    ...PatientSummarySchema.shape,
    phone: z.string().nullable(),
    address: z.string().nullable(),
    contacts: z.array(ContactSchema),
    channel: z.enum(patientChannels),
    allergies: z.array(z.string()),
    tier: z
      .enum(['low', 'middle', 'high'])
      .nullable()
      .openapi({ description: 'The highest tier of risk of the follow-ups that the resident is in' }),
    localIds: z.array(LocalIdSchema),
    allowed: z.array(z.enum(residentTriggers)),
    version: z.number().int(),
  })
  .openapi('Patient');

export type PatientResource = z.infer<typeof PatientSchema>;

export const toPatientSummary = ({
  id,
  name,
  birthDate,
  sex,
  homeInstitutionId,
  teamId,
  identityNumber,
  diedOn,
  mergedInto,
}: PatientSummary) => ({
  id,
  name,
  birthDate,
  sex,
  homeInstitutionId,
  teamId,
  identityNumber: identityNumber === null ? null : maskIdentityNumber(identityNumber),
  diedOn,
  mergedInto,
});

/** A GP, a nurse or the head of the resident's home centre. */
export const isClinicianOf = ({ homeInstitutionId }: Pick<Patient, 'homeInstitutionId'>, caller: Caller): boolean =>
  caller.institutionId === homeInstitutionId && ['gp', 'nurse', 'head'].some((role) => caller.roles.some((held) => held === role));

/** `db`: the transaction that has just written the record, where there is one. */
export async function toPatientResource(db: Database, caller: Caller, patient: Patient): Promise<PatientResource> {
  const clinician = isClinicianOf(patient, caller);
  const reachable = clinician || (await isPartyFor(db, patient.id, caller.institutionId));
  return {
    ...toWholeResource(patient),
    ...(clinician ? {} : masked(patient)),
    ...(reachable ? {} : unreachable),
    tier: await findRiskTier(db, patient.id),
    allowed: await allowed(db, caller, patient),
  };
}

const masked = ({ identityNumber }: Patient) => ({ identityNumber: identityNumber === null ? null : maskIdentityNumber(identityNumber) });
const unreachable = { phone: null, address: null, contacts: [] };

const toWholeResource = (patient: Patient): Omit<PatientResource, 'allowed' | 'tier'> => ({
  ...toPatientSummary(patient),
  phone: patient.phone,
  address: patient.address,
  contacts: patient.contacts.map(({ id, name, relation, phone }) => ({ id, name, relation, phone })),
  channel: patient.channel,
  identityNumber: patient.identityNumber,
  allergies: patient.allergies,
  localIds: patient.localIds,
  version: patient.version,
});

async function allowed(db: Database, caller: Caller, patient: Patient): Promise<ResidentTrigger[]> {
  if (!isClinicianOf(patient, caller)) return [];
  return allowedFor(await findResidentStanding(db, patient), { personId: caller.personId, roles: caller.roles });
}

export async function patientReply(
  request: Pick<OperationRequest, 'deps' | 'caller'>,
  patient: Patient,
  { status = 200, db = request.deps.db }: { status?: number; db?: Database } = {},
): Promise<Reply> {
  const body = await toPatientResource(db, request.caller, patient);
  return { status, body, headers: { etag: `"${patient.version}"` } };
}
