/** What a hospital's register says of a person (ADT): a correction of their record, or a fact about them. No message undoes a death or a merger: it opens a review that people decide. */
import type { RecordedBy } from '../../db/directory/fact-audit.ts';
import { type FactDetails, type FactReceipt, recordFact } from '../../db/directory/facts.ts';
import type { GivenPatient } from '../../db/directory/given-patient.ts';
import { holdReport } from '../../db/directory/held-reports.ts';
import { withNamedContacts } from '../../db/directory/named-contacts.ts';
import { getPatient, type Patient } from '../../db/directory/patients.ts';
import { findReportedMerger, findRetractable } from '../../db/directory/retractable-facts.ts';
import { recordRetraction } from '../../db/directory/retracted-facts.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { PatientFact } from '../../domain/kit/facts.ts';
import { identityKeyOf } from '../../domain/residents/identity-number.ts';
import { findContradiction } from '../../domain/residents/same-person.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import { type ReadAdt, readAdt } from '../../interop/hl7v2/adt/read-adt.ts';
import { type Complaint, type Place, wrongValueError } from '../../interop/hl7v2/kit/hl7-error.ts';
import { correctResident, PatientCorrectionBody } from '../directory/correct-patient.ts';
import { checkBirth, checkIdentity } from '../directory/patient-fields.ts';
import { parseBody } from '../kit/edge.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';
import { runOnce } from '../kit/once.ts';
import type { Reply } from '../kit/operation.ts';
import { patientIn, recordIn } from './look-up.ts';
import type { MessageReader } from './understood-message.ts';

export const adtMessages: MessageReader = {
  types: ['ADT'],
  understand(message) {
    const read = readAdt(message);
    return { read, carryOut: (request) => carryOut(read, request) };
  },
};

/** One message, and what it is named by: the institution and its control id. */
interface Reporting {
  trx: Trx;
  request: KeyedRequest;
  read: ReadAdt;
  by: RecordedBy;
  source: string;
  /** MSH-10; what a message says further has a number behind it. */
  messageId: string;
  occurredAt: Date;
}

const CLOCK_SKEW_MS = 5 * 60_000;

async function carryOut(read: ReadAdt, request: KeyedRequest): Promise<{ reply: Reply; notices: Complaint[] }> {
  const { actor, requestId, idempotencyKey } = request;
  const [, facility = '', ...controlId] = idempotencyKey.split(':');
  const occurredAt = checkPast(read.occurredAt === null ? Date.now() : Date.parse(read.occurredAt), {
    segment: 'EVN',
    sequence: 1,
    field: 2,
  });
  const notices: Complaint[] = [];
  const reply = await runOnce(request, async (trx) => {
    const named = { source: `hl7v2:${facility}`, messageId: controlId.join(':'), occurredAt };
    notices.push(...(await report({ trx, request, read, by: { actor, requestId }, ...named })));
    return { status: 200, body: {} };
  });
  return { reply, notices };
}

/** Throws Hl7Error (AE) for an instant that has not come yet. */
function checkPast(at: number, place: Place): Date {
  if (at > Date.now() + CLOCK_SKEW_MS) throw wrongValueError('102', place, { zh: '在将来', en: 'lies in the future' });
  return new Date(at);
}

/** Returns what was understood and changes nothing. Throws Hl7Error or Problem. */
async function report(reporting: Reporting): Promise<Complaint[]> {
  const { read } = reporting;
  switch (read.meaning) {
    case 'merged':
      return reportMergers(reporting);
    case 'unlinked':
      return reportUnlinked(reporting);
    case 'corrected':
      await correctOrAsk(reporting);
      return reportDeathIfAny(reporting, 2);
    case 'discharged':
      return (read.death && (await reportDeathIfAny(reporting, 1))) ?? [nothingFollows('MSH', 9)];
    case 'admission-cancelled':
      return takeBack(reporting, 'patient-admitted');
    case 'discharge-cancelled':
      return takeBack(reporting, 'patient-died');
  }
}

const nothingFollows = (segment: string, field: number): Complaint => ({
  condition: '0',
  place: { segment, sequence: 1, field },
  code: 'nothing-follows',
  words: { zh: '已收到；本系统据此无需变更', en: 'taken; nothing follows from it here' },
});

function note(
  { trx, request, by, source, messageId, occurredAt }: Reporting,
  type: PatientFact,
  patient: GivenPatient,
  details: FactDetails,
  more: { number?: number; at?: Date } = {},
): Promise<FactReceipt> {
  const { number = 1, at = occurredAt } = more;
  const fact = { source, messageId: number === 1 ? messageId : `${messageId}:${number}`, type, occurredAt: at };
  return recordFact(trx, { ...fact, patient, details, bodyHash: request.requestHash }, by);
}

// --- who somebody is ---------------------------------------------------------------------

/**
 * The same correction as the one of the HTTP API. Another birth date, sex or identity number than the register has says that the number may be somebody
 * else's: then nothing is corrected, and people decide.
 */
async function correctOrAsk(reporting: Reporting): Promise<void> {
  const { trx, request, read, by, source, messageId, occurredAt } = reporting;
  const said = parseBody(PatientCorrectionBody, { ...read.body, reason: `HL7 v2 ${source.slice('hl7v2:'.length)} ${messageId}` });
  const id = await patientIn(trx, { patient: read.patient, person: { birthDate: '', sex: null } });
  const patient = (await getPatient(trx, id)) as Patient;
  const { reason: _, name, birthDate, sex, identityNumber, phone, address, contacts } = said;
  if (!isContradiction(patient, read, identityNumber)) {
    const body = contacts ? { ...said, contacts: withNamedContacts(patient.contacts, contacts) } : said;
    await correctResident(trx, { id, body, actor: by.actor, requestId: by.requestId });
    return;
  }
  if (birthDate !== undefined) checkBirth(birthDate);
  if (identityNumber) checkIdentity(identityNumber, { birthDate: birthDate ?? patient.birthDate, sex: sex ?? patient.sex });
  const held = { type: 'person-reported', reason: 'person-contradicts', patientId: id, patient: { patientId: id } } as const;
  const correction = { name, birthDate, sex, identityNumber, phone, address, ...(contacts ? { contacts } : {}) };
  await holdReport(trx, { ...held, source, messageId, occurredAt, bodyHash: request.requestHash, details: { correction } }, by);
}

function isContradiction(patient: Patient, { person }: ReadAdt, identityNumber: string | null | undefined): boolean {
  if (findContradiction(patient, { birthDate: person.birthDate, sex: person.sex ?? 'unknown' })) return true;
  const known = patient.identityNumber;
  return Boolean(known && identityNumber && identityKeyOf(known) !== identityKeyOf(identityNumber));
}

// --- what has happened -------------------------------------------------------------------

/** PID-29 and PID-30, of somebody who is alive by the register: a hospital's system repeats them with every message afterwards. */
async function reportDeathIfAny(reporting: Reporting, number: number): Promise<Complaint[]> {
  const { trx, read, occurredAt } = reporting;
  const { death, person, patient } = read;
  if (!death) return [];
  // Of a person whose record is in doubt nobody says in the same breath that they have died.
  const patientId = await patientIn(trx, { patient, person });
  if ((await getPatient(trx, patientId))?.diedOn) return [];
  const written = death.at === null ? occurredAt.getTime() : Date.parse(death.at);
  const at = checkPast(written, death.place);
  // A day stands for its end, as in a confirmation by people.
  const isDay = death.at !== null && (written + SHANGHAI_OFFSET_MS) % DAY_MS === 0;
  await note(
    reporting,
    'patient-died',
    { patientId },
    {},
    { number, at: isDay ? new Date(Math.min(written + DAY_MS - 1, Date.now())) : at },
  );
  return [];
}

const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

async function reportMergers(reporting: Reporting): Promise<Complaint[]> {
  const { trx, read } = reporting;
  const survivorPatientId = await patientIn(trx, read);
  const notices: Complaint[] = [];
  for (const [index, identifiers] of read.others.entries()) {
    const { recordId, given } = await recordIn(trx, identifiers);
    // Two numbers of one record, or a merger that is known already, are one person here.
    if (recordId !== undefined && (await patientIn(trx, { patient: identifiers, person: NOBODY })) === survivorPatientId)
      notices.push({ ...nothingFollows('MRG', 1), place: identifiers[0]?.place ?? null });
    else await note(reporting, 'patients-merged', given, { survivorPatientId }, { number: index + 1 });
  }
  return notices;
}

const NOBODY = { birthDate: '', sex: null };

// --- what was wrong ----------------------------------------------------------------------

async function reportUnlinked(reporting: Reporting): Promise<Complaint[]> {
  const { trx, read } = reporting;
  const [one, other] = [await recordIn(trx, read.patient), await recordIn(trx, read.others[0] ?? [])];
  const found = one.recordId && other.recordId ? await findReportedMerger(trx, one.recordId, other.recordId) : undefined;
  if (!found)
    throw wrongValueError('204', read.others[0]?.[0]?.place ?? null, {
      zh: '这两个标识没有被合并为同一人',
      en: 'no merger has made these two one person',
    });
  return ask(reporting, found);
}

async function takeBack(reporting: Reporting, type: PatientFact): Promise<Complaint[]> {
  const { trx, read, request } = reporting;
  const patientId = await patientIn(trx, read);
  // Whoever has not admitted somebody cannot take it back; a death is the same whoever has told it.
  const senderInstitutionId = type === 'patient-admitted' ? request.caller.institutionId : undefined;
  const found = await findRetractable(trx, { patientId, type, senderInstitutionId });
  return found ? ask(reporting, found) : [nothingFollows('MSH', 9)];
}

/** The review says which message is taken back; whoever decides it undoes it, or leaves it. */
async function ask(reporting: Reporting, retracts: { source: string; messageId: string }): Promise<Complaint[]> {
  const { trx, request, by, source, messageId, occurredAt } = reporting;
  await recordRetraction(trx, { source, messageId, occurredAt, retracts, bodyHash: request.requestHash, patient: undefined }, by);
  return [
    {
      condition: '0',
      place: { segment: 'MSH', sequence: 1, field: 9 },
      code: 'review-opened',
      words: { zh: '已提交人工核对，核对前不作变更', en: 'people decide it; until then nothing changes' },
    },
  ];
}
