/** What a hospital's register says of a person (ADT): a correction of their record, or a fact about them. No message undoes a death or a merger: it opens a review that people decide. */
import { type FactDetails, type FactReceipt, isHeld, recordFact } from '../../db/directory/facts.ts';
import type { GivenPatient } from '../../db/directory/given-patient.ts';
import { holdReport } from '../../db/directory/held-reports.ts';
import { withNamedContacts } from '../../db/directory/named-contacts.ts';
import { getPatient, type Patient } from '../../db/directory/patients.ts';
import { findReportedMerger } from '../../db/directory/retractable-facts.ts';
import { recordRetraction } from '../../db/directory/retracted-facts.ts';
import type { PatientFact } from '../../domain/kit/facts.ts';
import { identityKeyOf } from '../../domain/residents/identity-number.ts';
import { findContradiction } from '../../domain/residents/same-person.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import { type ReadAdt, readAdt } from '../../interop/hl7v2/adt/read-adt.ts';
import type { ReadVisit } from '../../interop/hl7v2/adt/read-visit.ts';
import { type Complaint, Hl7Error, type Place, wrongValueError } from '../../interop/hl7v2/kit/hl7-error.ts';
import type { Identifier } from '../../interop/hl7v2/kit/read-message.ts';
import { correctResident, PatientCorrectionBody } from '../directory/correct-patient.ts';
import { checkBirth, checkIdentity } from '../directory/patient-fields.ts';
import { parseBody } from '../kit/edge.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';
import { runOnce } from '../kit/once.ts';
import type { Reply } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import type { Reporting } from './adt-reporting.ts';
import { findMeantPatient, type MeantPatient, patientIn, recordIn } from './look-up.ts';
import type { MessageReader } from './understood-message.ts';
import { heldForReview, reportVisit } from './visit-messages.ts';

export const adtMessages: MessageReader = {
  types: ['ADT'],
  understand(message) {
    const read = readAdt(message);
    return { read, carryOut: (request) => carryOut(read, request) };
  },
};

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
    case 'corrected': {
      const asked = await correctOrAsk(reporting);
      return [...asked, ...(await reportDeathIfAny(reporting, 2))];
    }
    case 'visit':
      return reportStay(reporting);
  }
}

const nothingFollows = (segment: string, field: number): Complaint => ({
  condition: '0',
  place: { segment, sequence: 1, field },
  code: 'nothing-follows',
  words: { zh: '已收到；本系统据此无需变更', en: 'taken; nothing follows from it here' },
});

async function note(
  { trx, request, by, source, messageId, occurredAt }: Reporting,
  type: PatientFact,
  patient: GivenPatient,
  details: FactDetails,
  more: { number?: number; at?: Date } = {},
): Promise<FactReceipt> {
  const { number = 1, at = occurredAt } = more;
  const fact = { source, messageId: numbered(messageId, number), type, occurredAt: at };
  return recordFact(trx, { ...fact, patient, details, bodyHash: request.requestHash }, by);
}

/** The first fact of a message has its id; the others have a number behind it. */
const numbered = (messageId: string, number: number): string => (number === 1 ? messageId : `${messageId}:${number}`);

// --- who somebody is ---------------------------------------------------------------------

/**
 * The same correction as the one of the HTTP API. Another birth date, sex or identity number than the register has says that the number may be somebody
 * else's: then nothing is corrected, and people decide.
 */
async function correctOrAsk(reporting: Reporting, number = 1): Promise<Complaint[]> {
  const { trx, request, read, by, source, messageId, occurredAt } = reporting;
  const said = parseBody(PatientCorrectionBody, { ...read.body, reason: `HL7 v2 ${source.slice('hl7v2:'.length)} ${messageId}` });
  const id = await patientIn(trx, { patient: read.patient, person: { birthDate: '', sex: null } });
  const patient = (await getPatient(trx, id)) as Patient;
  const { reason: _, name, birthDate, sex, identityNumber, phone, address, contacts } = said;
  if (!isContradiction(patient, read, identityNumber)) {
    const body = contacts ? { ...said, contacts: withNamedContacts(patient.contacts, contacts) } : said;
    await correctResident(trx, { id, body, actor: by.actor, requestId: by.requestId });
    return [];
  }
  if (birthDate !== undefined) checkBirth(birthDate);
  if (identityNumber) checkIdentity(identityNumber, { birthDate: birthDate ?? patient.birthDate, sex: sex ?? patient.sex });
  const held = { type: 'person-reported', reason: 'person-contradicts', patientId: id, patient: { patientId: id } } as const;
  const correction = { name, birthDate, sex, identityNumber, phone, address, ...(contacts ? { contacts } : {}) };
  await holdReport(
    trx,
    { ...held, source, messageId: numbered(messageId, number), occurredAt, bodyHash: request.requestHash, details: { correction } },
    by,
  );
  return [heldForReview(read.places.patientId ?? { segment: 'PID', sequence: 1, field: 3 })];
}

function isContradiction(patient: Patient, { person }: ReadAdt, identityNumber: string | null | undefined): boolean {
  if (findContradiction(patient, { birthDate: person.birthDate, sex: person.sex ?? 'unknown' })) return true;
  const known = patient.identityNumber;
  return Boolean(known && identityNumber && identityKeyOf(known) !== identityKeyOf(identityNumber));
}

// --- what has happened -------------------------------------------------------------------

/** The message of a stay is stored in any case; what stands beside it of the person is a correction of the record, or a death. */
async function reportStay(reporting: Reporting): Promise<Complaint[]> {
  const { trx, read } = reporting;
  const visit = read.visit as ReadVisit;
  const meant = await findMeantPatient(trx, read);
  // The death comes first, so that an episode which begins with this message begins with it.
  const died = await reportDeathBeside(reporting, visit, meant);
  const told = await reportVisit(reporting, visit, meant);
  const corrected = visit.event === 'A08' ? await correctBeside(reporting) : [];
  return [...told, ...corrected, ...died];
}

/** What is wrong with the person's data, or of nobody who is known, does not undo what is said of the stay: the answer names it. */
async function correctBeside(reporting: Reporting): Promise<Complaint[]> {
  if (Object.keys(reporting.read.body).length === 0) return [];
  try {
    return await correctOrAsk(reporting, 3);
  } catch (error) {
    if (!(error instanceof Problem || error instanceof Hl7Error)) throw error;
    return [
      {
        condition: '0',
        place: { segment: 'PID', sequence: 1 },
        code: 'content-not-kept',
        words: { zh: '住院信息已保存；患者资料未更正', en: 'the stay was stored; the data of the person corrected nothing' },
      },
    ];
  }
}

/** The death of somebody whom nobody knows waits for the same answer as the stay. */
async function reportDeathBeside(reporting: Reporting, visit: ReadVisit, { patientId, given }: MeantPatient): Promise<Complaint[]> {
  const { read, occurredAt } = reporting;
  if (!read.death) return [];
  if (patientId !== undefined) return reportDeathIfAny(reporting, 2);
  const told = read.death.at ?? visit.occurredAt ?? visit.dischargedAt;
  await note(
    reporting,
    'patient-died',
    given,
    {},
    { number: 2, at: told === null ? occurredAt : checkPast(Date.parse(told), read.death.place) },
  );
  return [];
}

/** PID-29 and PID-30, of somebody who is alive by the register: a hospital's system repeats them with every message afterwards. */
async function reportDeathIfAny(reporting: Reporting, number: number): Promise<Complaint[]> {
  const { trx, read, occurredAt } = reporting;
  const { death, person, patient, visit } = read;
  if (!death) return [];
  // Of a person whose record is in doubt nobody says in the same breath that they have died.
  const patientId = await patientIn(trx, { patient, person });
  if ((await getPatient(trx, patientId))?.diedOn) return [];
  const leftAt = visit?.occurredAt ?? visit?.dischargedAt;
  const written = death.at !== null ? Date.parse(death.at) : leftAt ? Date.parse(leftAt) : occurredAt.getTime();
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
  refuseSameRecord(read);
  const survivor = await findMeantPatient(trx, read);
  // A survivor whom nobody knows is named as the message names them, until people have decided who it is.
  const survivorPatientId = survivor.patientId ?? nameOf(read.patient[0]);
  const notices: Complaint[] = [];
  for (const [index, identifiers] of read.others.entries()) {
    const { recordId, given } = await recordIn(trx, identifiers);
    // Two numbers of one record, or a merger that is known already, are one person here.
    if (recordId !== undefined && (await findMeantPatient(trx, { patient: identifiers, person: NOBODY })).patientId === survivorPatientId)
      notices.push({ ...nothingFollows('MRG', 1), place: identifiers[0]?.place ?? null });
    else {
      const { factId } = await note(reporting, 'patients-merged', given, { survivorPatientId }, { number: index + 1 });
      if (await isHeld(trx, factId)) notices.push(heldForReview(identifiers[0]?.place ?? { segment: 'MRG', sequence: 1, field: 1 }));
    }
  }
  return notices;
}

/** Throws Hl7Error (AE) for a record that would go over into itself. */
function refuseSameRecord({ patient, others }: ReadAdt): void {
  const names = patient.map(nameOf);
  const same = others.flat().find((identifier) => names.includes(nameOf(identifier)));
  if (same) throw wrongValueError('205', same.place, { zh: '被合并的标识与保留的标识相同', en: 'the record is merged into itself' });
}

const nameOf = (identifier: Identifier | undefined): string => `${identifier?.authority ?? ''}:${identifier?.value ?? ''}`;

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
