/**
 * Facts from outside. A fact is never refused: in one transaction it is stored with its audit entry, takes effect on the directory and is owed to
 * the person's pathways; or it is held, with its audit entry and a review, where nobody can be sure whom it means.
 */
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { WriteAction } from '../audit-actions.ts';
import { joinFollowUps } from '../follow-up/merged-follow-ups.ts';
import { appendAudit } from '../kit/audit.ts';
import type { Database } from '../kit/database.ts';
import { oweDeliveries } from '../kit/fact-deliveries.ts';
import type { OutsideFactType } from '../kit/tables.ts';
import type { Trx } from '../kit/transaction.ts';
import { tellOfOpenEpisodes } from '../readings/episodes.ts';
import type { LocalId } from './directory.ts';
import { holdRecordsTogether, listRecordsLeadingToSurvivor, lockResident, mergeRecord, updateResident } from './resident-records.ts';
import type { IdentityReviewTable } from './tables.ts';

export type FactType = OutsideFactType;
export type HoldReason = IdentityReviewTable['reason'];

/** The ids that belong to a type. */
export interface FactDetails {
  /** patient-moved */
  homeInstitutionId?: string;
  /** patient-admitted */
  institutionId?: string;
  /** patients-merged */
  survivorPatientId?: string;
}

export type GivenPatient = { patientId: string } | { localId: LocalId };

export const givenColumns = (patient: GivenPatient) =>
  'patientId' in patient
    ? { given_patient_id: patient.patientId, local_id_system: null, local_id_value: null }
    : { given_patient_id: null, local_id_system: patient.localId.system, local_id_value: patient.localId.value };

export interface NewFact {
  source: string;
  messageId: string;
  type: FactType;
  occurredAt: Date;
  patient: GivenPatient;
  details: FactDetails;
  /** of the whole message: tells a repetition from another message under the same id */
  bodyHash: Buffer;
}

export interface RecordedBy {
  actor: Actor;
  requestId: string;
}

export interface FactReceipt {
  factId: string;
  /** it had come before: that one counts, whatever this one says */
  duplicate: boolean;
}

export async function recordFact(trx: Trx, fact: NewFact, by: RecordedBy): Promise<FactReceipt> {
  const earlier = await findRepeated(trx, fact, by);
  if (earlier) return earlier;

  await holdRecordsTogether(trx, { merging: fact.type === 'patients-merged' });
  const patientId = await identify(trx, fact.patient);
  const holdReason = await reasonToHold(trx, patientId, fact.details);
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
  // The same message came in at the same time: its transaction has been waited for.
  if (stored.numInsertedOrUpdatedRows === 0n) return (await findRepeated(trx, fact, by)) as FactReceipt;

  if (holdReason) await openReview(trx, { factId, reason: holdReason, institutionId: institutionConcerned(fact.details, by.actor) });
  else await takeEffect(trx, { ...fact, id: factId, patientId: patientId as string });
  await auditFact(trx, by, {
    action: `fact.${fact.type}`,
    factId,
    occurredAt: fact.occurredAt,
    patientId: patientId ?? null,
    code: holdReason ?? null,
  });
  return { factId, duplicate: false };
}

async function findRepeated(trx: Trx, fact: NewFact, by: RecordedBy): Promise<FactReceipt | undefined> {
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

/** The patient that the message names; undefined for nobody we know. */
export async function identify(db: Database, given: GivenPatient): Promise<string | undefined> {
  if ('patientId' in given) {
    const patient = await db.selectFrom('patient').select('id').where('id', '=', given.patientId).executeTakeFirst();
    return patient?.id;
  }
  const { system, value } = given.localId;
  const known = await db
    .selectFrom('patient_local_id')
    .select('patient_id')
    .where('system', '=', system)
    .where('value', '=', value)
    .executeTakeFirst();
  return known?.patient_id;
}

/** Why a person has to look at it first; undefined when everything is certain. */
export async function reasonToHold(
  trx: Trx,
  patientId: string | undefined,
  { survivorPatientId }: FactDetails,
): Promise<HoldReason | undefined> {
  if (patientId === undefined) return 'unknown-patient';
  if (survivorPatientId === undefined) return undefined;
  const survivors = await listRecordsLeadingToSurvivor(trx, survivorPatientId);
  if (survivors.length === 0) return 'unknown-survivor';
  if (survivors.includes(patientId)) return 'merge-cycle';
  const records = await listRecordsLeadingToSurvivor(trx, patientId);
  const isMerged = records.length > 1;
  return isMerged && records.at(-1) !== survivors.at(-1) ? 'merged-already' : undefined;
}

export interface CertainFact {
  id: string;
  type: FactType;
  occurredAt: Date;
  patientId: string;
  details: FactDetails;
}

/**
 * Nothing is in doubt any more: the directory changes, and every open pathway of the resident is to hear of the fact. Returns the surviving record.
 */
export async function takeEffect(trx: Trx, { id, type, occurredAt, patientId, details }: CertainFact): Promise<string> {
  const before = await lockResident(trx, patientId);
  // Of a merger only those need to hear whose record goes over into the other.
  await oweDeliveries(trx, { factId: id, type, recordIds: before.recordIds });
  await trx.updateTable('fact').set({ status: 'recorded', patient_id: patientId }).where('id', '=', id).execute();
  const { survivorPatientId } = details;
  let resident = before;
  if (survivorPatientId !== undefined && before.survivorId === patientId) {
    await mergeRecord(trx, patientId, survivorPatientId);
    resident = await lockResident(trx, survivorPatientId);
  }
  if (survivorPatientId !== undefined) {
    await joinFollowUps(trx, { factId: id, occurredAt, ...resident });
    await tellOfOpenEpisodes(trx, resident.recordIds, await homeOf(trx, resident.survivorId));
  }
  await updateResident(trx, resident.recordIds);
  const input = await inputFor(trx, resident.survivorId, occurredAt, details);
  await trx
    .updateTable('fact')
    .set({ input: JSON.stringify(input) })
    .where('id', '=', id)
    .execute();
  return resident.survivorId;
}

/**
 * What pathways are told: ids and instants. Of a move, where the person lives now, which a late report of an earlier move does not change;
 * of a merger, the record that is left at the end of the chain.
 */
async function inputFor(
  trx: Trx,
  survivorId: string,
  occurredAt: Date,
  { homeInstitutionId, institutionId, survivorPatientId }: FactDetails,
): Promise<Record<string, string | number>> {
  return {
    occurredAt: occurredAt.getTime(),
    ...(homeInstitutionId === undefined ? {} : { homeInstitutionId: await homeOf(trx, survivorId) }),
    ...(institutionId === undefined ? {} : { institutionId }),
    ...(survivorPatientId === undefined ? {} : { survivorPatientId: survivorId }),
  };
}

async function homeOf(trx: Trx, patientId: string): Promise<string> {
  const { home_institution_id } = await trx
    .selectFrom('patient')
    .select('home_institution_id')
    .where('id', '=', patientId)
    .executeTakeFirstOrThrow();
  return home_institution_id;
}

/** Whose desk looks at it: the institution that the fact names, else the one that sent it. */
const institutionConcerned = ({ homeInstitutionId, institutionId }: FactDetails, sender: Actor): string =>
  homeInstitutionId ?? institutionId ?? sender.institutionId;

export async function openReview(
  trx: Trx,
  { factId, reason, institutionId }: { factId: string; reason: HoldReason; institutionId: string },
): Promise<void> {
  await trx.insertInto('identity_review').values({ id: uuid(), fact_id: factId, reason, institution_id: institutionId }).execute();
}

export interface FactAudit {
  action: WriteAction;
  factId: string;
  occurredAt: Date;
  patientId: string | null;
  code: string | null;
}

export async function auditFact(
  trx: Trx,
  { actor, requestId }: RecordedBy,
  { action, factId, occurredAt, patientId, code }: FactAudit,
): Promise<void> {
  await appendAudit(trx, {
    happenedAt: occurredAt,
    actor,
    institutionId: actor.institutionId,
    action,
    targetType: 'fact',
    targetId: factId,
    patientId,
    outcome: 'done',
    code,
    requestId,
  });
}
