/**
 * Facts from outside. A fact is never refused: in one transaction it is stored with its audit entry, takes effect on the directory and is owed to
 * the resident's pathways; or it is held, with its audit entry and a review, where nobody can be sure whom it means.
 */
import { v7 as uuid } from 'uuid';
import type { PatientFact } from '../../domain/kit/facts.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { noteMerger } from '../identity-check/note-merger.ts';
import { restWhileDeathIsAsked, settleReportedDeath } from '../identity-check/settle-report.ts';
import { oweDeliveries } from '../kit/fact-deliveries.ts';
import { applyMerger, settleSubjectsOf } from '../kit/registry.ts';
import type { Trx } from '../kit/transaction.ts';
import { moveWaitingMessages } from '../messages/move-messages.ts';
import type { PatientCorrection } from './correct-patient.ts';
import { auditFact, type RecordedBy } from './fact-audit.ts';
import { findGivenPatient, type GivenPatient, givenColumns } from './given-patient.ts';
import { findReasonToHold, type HeldFactType, openReview } from './held-facts.ts';
import type { NamedContact } from './named-contacts.ts';
import { holdRecordsTogether, lockResident, mergeRecord, updateResident } from './resident-records.ts';
import { listHomes, tellWhatWasKnown } from './tell-after-merger.ts';

/** The ids that belong to a type. */
export interface FactDetails {
  /** patient-moved */
  homeInstitutionId?: string;
  /** patient-admitted, and everything that is said of a stay */
  institutionId?: string;
  /** What is said of a stay: the hospital's number of it. */
  visitNumber?: string;
  /** patients-merged */
  survivorPatientId?: string;
  /** fact-retracted */
  retracts?: { source: string; messageId: string };
  /** person-reported: what the system says, as a correction of the record */
  correction?: PersonSaid;
}

/** What a system says of a person that a record has members for. */
export type PersonSaid = Pick<PatientCorrection, 'name' | 'sex' | 'birthDate' | 'identityNumber' | 'phone' | 'address'> & {
  /** Those whom it names; the others stay. */
  contacts?: NamedContact[];
};

export interface ReportedFact {
  source: string;
  messageId: string;
  type: PatientFact;
  occurredAt: Date;
  patient: GivenPatient;
  details: FactDetails;
  /** SHA-256 of the whole message: it tells a repetition from another message under the same id */
  bodyHash: Buffer;
}

export interface FactReceipt {
  factId: string;
  /** A message with the same id has come before. The first one counts, even if this one says something else. */
  duplicate: boolean;
}

export async function recordFact(trx: Trx, fact: ReportedFact, by: RecordedBy): Promise<FactReceipt> {
  const earlier = await findRepeated(trx, fact, by);
  if (earlier) return earlier;

  await holdRecordsTogether(trx, { merging: fact.type === 'patients-merged' });
  const patientId = await findGivenPatient(trx, fact.patient);
  const holdReason = await findReasonToHold(trx, patientId, fact.details, fact);
  const factId = uuid();
  const stored = await trx
    .insertInto('fact')
    .values({
      id: factId,
      source: fact.source,
      message_id: fact.messageId,
      type: fact.type,
      occurred_at: fact.occurredAt,
      sender_id: by.actor.personId,
      sender_institution_id: by.actor.institutionId,
      ...givenColumns(fact.patient),
      details: JSON.stringify(fact.details),
      body_hash: fact.bodyHash,
      status: 'held',
      patient_id: patientId ?? null,
    })
    .onConflict((conflict) => conflict.columns(['source', 'message_id']).doNothing())
    .executeTakeFirst();
  // The same message came in at the same time, and the insertion has waited until it was stored.
  if (stored.numInsertedOrUpdatedRows === 0n) return (await findRepeated(trx, fact, by)) as FactReceipt;

  if (holdReason) await openReview(trx, { factId, reason: holdReason, institutionId: reviewingInstitutionOf(fact.details, by.actor) });
  else await applyFact(trx, { ...fact, id: factId, patientId: patientId as string });
  await auditFact(trx, by, {
    action: `fact.${fact.type}`,
    factId,
    occurredAt: fact.occurredAt,
    patientId: patientId ?? null,
    code: holdReason ?? null,
  });
  return { factId, duplicate: false };
}

export async function findRepeated(
  trx: Trx,
  fact: Pick<ReportedFact, 'source' | 'messageId' | 'bodyHash' | 'occurredAt'>,
  by: RecordedBy,
): Promise<FactReceipt | undefined> {
  const first = await trx
    .selectFrom('fact')
    .select(['id', 'body_hash', 'patient_id'])
    .where('source', '=', fact.source)
    .where('message_id', '=', fact.messageId)
    .executeTakeFirst();
  if (!first) return undefined;
  if (!first.body_hash.equals(fact.bodyHash))
    await auditFact(trx, by, {
      action: 'fact-differs',
      factId: first.id,
      occurredAt: fact.occurredAt,
      patientId: first.patient_id,
      code: 'fact-differs',
    });
  return { factId: first.id, duplicate: true };
}

/** Says whether a fact waits until somebody has said whom it means. */
export async function isHeld(trx: Trx, factId: string): Promise<boolean> {
  const { status } = await trx.selectFrom('fact').select('status').where('id', '=', factId).executeTakeFirstOrThrow();
  return status === 'held';
}

export interface CertainFact {
  id: string;
  type: HeldFactType;
  occurredAt: Date;
  patientId: string;
  details: FactDetails;
}

/**
 * Applies a fact of which nothing is in doubt any more: the directory changes, and every open pathway of the resident is to hear of it. Returns the
 * surviving record.
 */
export async function applyFact(trx: Trx, { id, type, occurredAt, patientId, details }: CertainFact): Promise<string> {
  const before = await lockResident(trx, patientId);
  // Only the pathways of the record that goes over into another one need to hear of a merger, so this comes before it.
  await oweDeliveries(trx, { factId: id, type, recordIds: before.recordIds });
  const { senderInstitutionId } = await trx
    .updateTable('fact')
    .set({ status: 'recorded', patient_id: patientId })
    .where('id', '=', id)
    .returning('sender_institution_id as senderInstitutionId')
    .executeTakeFirstOrThrow();
  const { survivorPatientId } = details;
  let resident = before;
  if (survivorPatientId !== undefined && before.survivorId === patientId) {
    await noteMerger(trx, { factId: id, patientId, intoId: survivorPatientId });
    await mergeRecord(trx, patientId, survivorPatientId);
    resident = await lockResident(trx, survivorPatientId);
  }
  if (survivorPatientId !== undefined) {
    const homeInstitutionId = await getHomeInstitutionId(trx, resident.survivorId);
    await applyMerger(trx, { ...resident, factId: id, occurredAt, senderInstitutionId, homeInstitutionId });
  }
  const homesBefore = survivorPatientId === undefined ? [] : await listHomes(trx, resident.recordIds);
  await updateResident(trx, resident.recordIds);
  if (type === 'patient-died') await settleReportedDeath(trx, resident.recordIds, id);
  if (survivorPatientId !== undefined) {
    await moveWaitingMessages(trx, resident.recordIds, resident.survivorId);
    const deathId = await tellWhatWasKnown(trx, resident.recordIds, homesBefore);
    if (deathId === undefined) await restWhileDeathIsAsked(trx, resident.recordIds);
    else await settleReportedDeath(trx, resident.recordIds, deathId);
  }
  if (type === 'patient-died' || survivorPatientId !== undefined) await settleSubjectsOf(trx, resident);
  const input = await buildInput(trx, resident.survivorId, occurredAt, details);
  await trx
    .updateTable('fact')
    .set({ input: JSON.stringify(input) })
    .where('id', '=', id)
    .execute();
  return resident.survivorId;
}

/**
 * What pathways are told: ids and instants. Of a move it is where the resident lives now, which a late report of an earlier move does not
 * change; of a merger, the surviving record.
 */
async function buildInput(
  trx: Trx,
  survivorId: string,
  occurredAt: Date,
  { homeInstitutionId, institutionId, survivorPatientId }: FactDetails,
): Promise<Record<string, string | number>> {
  return {
    occurredAt: occurredAt.getTime(),
    toldLateByMs: Math.max(0, Date.now() - occurredAt.getTime()),
    ...(homeInstitutionId === undefined ? {} : { homeInstitutionId: await getHomeInstitutionId(trx, survivorId) }),
    ...(institutionId === undefined ? {} : { institutionId }),
    ...(survivorPatientId === undefined ? {} : { survivorPatientId: survivorId }),
  };
}

async function getHomeInstitutionId(trx: Trx, patientId: string): Promise<string> {
  const { home_institution_id } = await trx
    .selectFrom('patient')
    .select('home_institution_id')
    .where('id', '=', patientId)
    .executeTakeFirstOrThrow();
  return home_institution_id;
}

/** The institution whose desk reviews the fact: the one that the fact names, else the one that sent it. */
const reviewingInstitutionOf = ({ homeInstitutionId, institutionId }: FactDetails, sender: Actor): string =>
  homeInstitutionId ?? institutionId ?? sender.institutionId;
