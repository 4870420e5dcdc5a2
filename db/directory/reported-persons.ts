/** What a system says of a person against the register, once somebody has said whom it means. */
import { v7 as uuid } from 'uuid';
import { findIdentityFlaw } from '../../domain/residents/identity-number.ts';
import type { Trx } from '../kit/transaction.ts';
import { correctPatient, lockPatient } from './correct-patient.ts';
import type { RecordedBy } from './fact-audit.ts';
import type { PersonSaid } from './facts.ts';
import { type NamedContact, withNamedContacts } from './named-contacts.ts';
import type { Contact } from './patients.ts';
import { findSurvivingRecord } from './resident-records.ts';

/** Writes it into the record of this patient, with the history of every correction. False, and nothing is written, where it cannot be true of them. */
export async function applyReportedPerson(trx: Trx, patientId: string, said: PersonSaid, { actor }: RecordedBy): Promise<boolean> {
  const id = await findSurvivingRecord(trx, patientId);
  if (id === undefined) return false;
  const before = await lockPatient(trx, id);
  const { identityNumber = before.identityNumber, birthDate = before.birthDate, sex = before.sex } = said;
  if (identityNumber !== null && findIdentityFlaw(identityNumber, { birthDate, sex })) return false;
  const { contacts, ...members } = said;
  const correction = { ...members, ...(contacts === undefined ? {} : { contacts: withIds(withNamedContacts(before.contacts, contacts)) }) };
  const corrected = await correctPatient(trx, before, correction, { actor, reason: '身份核对 / identity review' });
  return corrected !== 'identity-number-taken';
}

const withIds = (contacts: readonly (NamedContact & { id?: string })[]): Contact[] =>
  contacts.map((contact) => ({ ...contact, id: contact.id ?? uuid() }));
