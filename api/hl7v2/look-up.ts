/** Finds whom and what a message is about: by the sender's numbers or by ours. */

import { getPatient } from '../../db/directory/patients.ts';
import { findPatientByLocalId, findReferralId, type ReferralNumber, referralIdForNumber } from '../../db/hl7v2/messages.ts';
import type { Database } from '../../db/kit/database.ts';
import { APPLICATION } from '../../interop/hl7v2/kit/acknowledgement.ts';
import { wrongValueError } from '../../interop/hl7v2/kit/hl7-error.ts';
import type { Identifier, ReadMessage } from '../../interop/hl7v2/kit/read-message.ts';
import type { Caller } from '../kit/auth.ts';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A local number belongs to the sender where the message does not say otherwise. */
const numberOf = ({ authority, value }: Identifier, caller: Caller): ReferralNumber => ({
  authority: authority || caller.institutionId,
  value,
});

/** Our id of the one patient that all known identifiers name. Throws Hl7Error (AE) when none is known or two are at odds. */
export async function patientIn(db: Database, { patient }: Pick<ReadMessage, 'patient'>): Promise<string> {
  const found = new Map<string, Identifier>();
  for (const identifier of patient) {
    const { authority, value } = identifier;
    const id = authority === APPLICATION ? (await getPatient(db, value))?.id : await findPatientByLocalId(db, { authority, value });
    if (id) found.set(id, identifier);
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
  return id;
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
  if (placerNumber && uuidPattern.test(placerNumber.value)) return placerNumber.value;
  const byNumber = placerNumber ? await findReferralId(db, numberOf(placerNumber, caller)) : undefined;
  if (byNumber !== undefined || placerNumber) return byNumber;
  return fillerNumber && uuidPattern.test(fillerNumber.value) ? fillerNumber.value : undefined;
}
