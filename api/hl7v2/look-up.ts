/** Finds whom and what a message is about: by the sender's numbers or by ours. */

import { findGivenPatient, type GivenPatient } from '../../db/directory/given-patient.ts';
import { getPatient } from '../../db/directory/patients.ts';
import { findSurvivingRecord } from '../../db/directory/resident-records.ts';
import { findReferralId, type ReferralNumber, referralIdForNumber } from '../../db/hl7v2/messages.ts';
import type { Database } from '../../db/kit/database.ts';
import type { Words } from '../../domain/kit/language.ts';
import { isUuid, toOwnId } from '../../domain/kit/uuid.ts';
import { isNumberOfOther } from '../../domain/residents/identity-number.ts';
import { areOtherNames, findContradiction } from '../../domain/residents/same-person.ts';
import { APPLICATION } from '../../interop/hl7v2/kit/acknowledgement.ts';
import { Hl7Error, wrongValueError } from '../../interop/hl7v2/kit/hl7-error.ts';
import type { Identifier, ReadMessage } from '../../interop/hl7v2/kit/read-message.ts';
import type { ReadPerson } from '../../interop/hl7v2/kit/read-person.ts';
import type { Caller } from '../kit/auth.ts';

/** A number means something within its authority only: ours are those that name us, or nobody. */
const ourIdIn = ({ authority, value }: Identifier): string | undefined =>
  (authority === '' || authority === APPLICATION) && isUuid(value) ? toOwnId(value) : undefined;

/** A local number belongs to the sender where the message does not say otherwise. */
const numberOf = ({ authority, value }: Identifier, caller: Caller): ReferralNumber => ({
  authority: authority || caller.institutionId,
  value,
});

/** Our id of the one patient that all known identifiers name. Throws Hl7Error (AE) when none is known or two are at odds. */
export async function patientIn(db: Database, { patient, person }: Pick<ReadMessage, 'patient' | 'person'>): Promise<string> {
  const found = new Map<string, Identifier>();
  for (const identifier of patient) {
    const id = await findGivenPatient(db, toGivenPatient(identifier));
    // What was known under the number of a record that has been merged is the survivor's.
    const survivorId = id && (await findSurvivingRecord(db, id));
    if (survivorId) found.set(survivorId, identifier);
  }
  const [id, ...others] = found.keys();
  const first = patient[0]?.place ?? null;
  if (id === undefined) throw wrongValueError('204', first, { zh: '没有此患者标识', en: 'no patient has this identifier' });
  const [other] = others;
  if (other !== undefined)
    throw wrongValueError('204', found.get(other)?.place ?? first, {
      zh: '患者标识属于不同的患者',
      en: 'the identifiers belong to different patients',
    });
  await refuseOtherPerson(db, id, person);
  return id;
}

/** Whom a message means: undefined where nobody is known, or nobody can be sure. `given` is how it names them. */
export interface MeantPatient {
  patientId: string | undefined;
  given: GivenPatient;
}

/** As `patientIn`, for what is stored and waits for people instead of being refused. */
export async function findMeantPatient(db: Database, { patient, person }: Pick<ReadMessage, 'patient' | 'person'>): Promise<MeantPatient> {
  const given = patient[0] ? toGivenPatient(patient[0]) : { patientId: '' };
  try {
    const patientId = await patientIn(db, { patient, person });
    return { patientId, given: await keepNamed(db, patient, given) };
  } catch (error) {
    if (error instanceof Hl7Error) return { patientId: undefined, given };
    throw error;
  }
}

/** The first of the numbers that is known, so that the message is stored under one that names somebody. */
async function keepNamed(db: Database, patient: readonly Identifier[], first: GivenPatient): Promise<GivenPatient> {
  for (const identifier of patient) {
    const given = toGivenPatient(identifier);
    if ((await findGivenPatient(db, given)) !== undefined) return given;
  }
  return first;
}

/** The record that the first known number names, as it was before any merger; and how the message names it, for a fact about somebody who is not known. */
export async function recordIn(
  db: Database,
  identifiers: readonly Identifier[],
): Promise<{ recordId: string | undefined; given: GivenPatient }> {
  const givens = identifiers.map(toGivenPatient);
  for (const given of givens) {
    const recordId = await findGivenPatient(db, given);
    if (recordId !== undefined) return { recordId, given: { patientId: recordId } };
  }
  return { recordId: undefined, given: givens[0] ?? { patientId: '' } };
}

const toGivenPatient = ({ authority, value }: Identifier): GivenPatient =>
  authority === APPLICATION ? { patientId: toOwnId(value) } : { localId: { system: authority, value } };

/**
 * A number names a patient only together with who they are: another birth date, sex or identity number is another person, and another name is where nothing
 * else agrees. Throws Hl7Error (AE).
 */
async function refuseOtherPerson(db: Database, id: string, { birthDate, sex, name, identityNumber }: ReadPerson): Promise<void> {
  const patient = await getPatient(db, id);
  if (!patient) return;
  const contradiction = findContradiction(patient, { birthDate, sex: sex ?? 'unknown' });
  const other = (field: number, words: Words) => wrongValueError('204', { segment: 'PID', sequence: 1, field }, words);
  if (contradiction)
    throw other(contradiction === 'birthDate' ? 7 : 8, {
      zh: '患者标识与出生日期或性别不符',
      en: 'the patient of this identifier has another birth date or sex',
    });
  if (identityNumber !== undefined && isNumberOfOther(identityNumber, patient))
    throw other(3, { zh: '患者标识与身份证号不符', en: 'the patient of this identifier has another identity number' });
  if (birthDate === '' && name !== undefined && areOtherNames(name, patient.name))
    throw other(5, {
      zh: '患者标识与姓名不符，又没有出生日期可以核对',
      en: 'the patient of this identifier has another name, and there is no birth date to compare',
    });
}

/** The sender's number of a new referral, and the id that the referral has or will have. Throws Hl7Error (AE) when there is no number. */
export async function identify(
  db: Database,
  { placerNumber }: ReadMessage,
  caller: Caller,
): Promise<{ number: ReferralNumber; referralId: string }> {
  if (!placerNumber)
    throw wrongValueError(
      '101',
      { segment: 'ORC', sequence: 1, field: 2 },
      { zh: '缺少申请单号（转诊标识）', en: 'the placer order number, the referral id, is missing' },
    );
  const number = numberOf(placerNumber, caller);
  return { number, referralId: await referralIdForNumber(db, number) };
}

/** The referral that a message is about: by our id in ORC-2 or ORC-3, or by the number its initiator gave it. */
export async function referralIn(db: Database, { placerNumber, fillerNumber }: ReadMessage, caller: Caller): Promise<string | undefined> {
  const byNumber = placerNumber ? await findReferralId(db, numberOf(placerNumber, caller)) : undefined;
  if (byNumber !== undefined) return byNumber;
  const named = placerNumber ?? fillerNumber;
  return named ? ourIdIn(named) : undefined;
}
