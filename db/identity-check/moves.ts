/** Whether a resident has moved: somebody says so when they are to be contacted, and somebody of the home centre finds out. One question a person. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { recordFact } from '../directory/facts.ts';
import { lockResident } from '../directory/resident-records.ts';
import { SENDER } from '../kit/pathway-facts.ts';
import { publishFact } from '../kit/publish-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { decideCheck, lockOpenCheck } from './decide-check.ts';
import { openCheck } from './open-check.ts';

/** Somebody has said that the resident has moved: one question about it is asked, however often and on whichever pathway it is said. */
export async function reportMove(
  trx: Trx,
  { patientId, heardFrom }: { patientId: string; heardFrom: string },
  by: RecordedBy,
): Promise<void> {
  const { survivorId, recordIds } = await lockResident(trx, patientId);
  const { homeInstitutionId, deceasedAt } = await trx
    .selectFrom('patient')
    .select(['home_institution_id as homeInstitutionId', 'deceased_at as deceasedAt'])
    .where('id', '=', survivorId)
    .executeTakeFirstOrThrow();
  if (deceasedAt || (await isMoveAsked(trx, recordIds))) return;
  const check = { kind: 'move', patientId: survivorId, namedPatientId: patientId, institutionId: homeInstitutionId } as const;
  await openCheck(trx, { ...check, reason: heardFrom, about: {} }, by, new Date());
}

/** Also when a call to the resident has opened the question. */
export async function isMoveAsked(trx: Trx, recordIds: readonly string[]): Promise<boolean> {
  const open = await trx
    .selectFrom('task')
    .select('id')
    .where('name', '=', 'confirm-move')
    .where('status', '=', 'open')
    .where('patient_id', '=', sql<string>`any(${[...recordIds]}::text[])`)
    .limit(1)
    .executeTakeFirst();
  return open !== undefined;
}

export interface MoveAnswer {
  confirmed: boolean;
  /** The centre that has the resident now; undefined where they have left the alliance, or have not moved. */
  homeInstitutionId?: string | undefined;
  note: string;
}

/** False when somebody has answered before. */
export async function answerMove(
  trx: Trx,
  patientId: string,
  { confirmed, homeInstitutionId, note }: MoveAnswer,
  by: RecordedBy,
): Promise<boolean> {
  const { recordIds } = await lockResident(trx, patientId);
  const check = await lockOpenCheck(trx, { kind: 'move', recordIds });
  if (!check) return false;
  const outcome = confirmed ? 'confirmed' : 'refuted';
  await decideCheck(trx, check, {
    confirmed,
    decision: { note, homeInstitutionId: homeInstitutionId ?? null },
    by: by.actor,
    closedBy: outcome,
  });
  await trx.updateTable('task').set({ outcome, note }).where('pathway_id', '=', check.id).execute();
  const move = { patientId: check.namedPatientId, questionId: check.id };
  if (confirmed && homeInstitutionId !== undefined) await publishMove(trx, { ...move, homeInstitutionId, by });
  await publishMoveAnswered(trx, { ...move, confirmed, institutionId: check.institutionId });
  return true;
}

export interface Move {
  patientId: string;
  /** What was asked: the move is told once for it. */
  questionId: string;
  homeInstitutionId: string;
  by: RecordedBy;
}

/** The confirmed move is the fact: the record and every pathway follow it. */
export async function publishMove(trx: Trx, { patientId, questionId, homeInstitutionId, by }: Move): Promise<void> {
  const fact = { source: SENDER, messageId: `move-confirmed:${questionId}`, type: 'patient-moved', occurredAt: new Date() } as const;
  const bodyHash = createHash('sha256').update(fact.messageId).digest();
  await recordFact(trx, { ...fact, patient: { patientId }, details: { homeInstitutionId }, bodyHash }, by);
}

/** Whoever rests until it is known goes on. */
export const publishMoveAnswered = (
  trx: Trx,
  {
    patientId,
    questionId,
    confirmed,
    institutionId,
  }: Pick<Move, 'patientId' | 'questionId'> & { confirmed: boolean; institutionId: string },
): Promise<void> =>
  publishFact(trx, {
    type: 'move-answered',
    messageId: `move-answered:${questionId}`,
    addressee: { type: 'patient', patientId },
    institutionId,
    occurredAt: new Date(),
    input: { confirmed },
  });
