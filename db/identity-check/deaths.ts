/**
 * A resident's death: somebody reports it, a GP or the head confirms or refutes it, and a confirmed one can be taken back by two people. From the report
 * on nothing asks for the resident; the confirmation is the fact `patient-died`.
 */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import { startOf } from '../../domain/time/local-date.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { recordFact } from '../directory/facts.ts';
import { lockResident } from '../directory/resident-records.ts';
import { SENDER } from '../kit/pathway-facts.ts';
import { publishFact } from '../kit/publish-facts.ts';
import { settleSubjectsOf } from '../kit/registry.ts';
import { reopenPathways } from '../kit/reopen-pathways.ts';
import type { Trx } from '../kit/transaction.ts';
import { decideCheck, lockOpenCheck } from './decide-check.ts';
import { holdTasks, releaseTasks, sendHeldMessages } from './hold.ts';
import { openCheck } from './open-check.ts';

export interface DeathReport {
  patientId: string;
  /** The local date of the death; null where whoever told it did not know. */
  diedOn: string | null;
  heardFrom: string;
}

interface Resident {
  recordIds: readonly string[];
  survivorId: string;
  homeInstitutionId: string;
  deceasedAt: Date | null;
}

async function lockWhole(trx: Trx, patientId: string): Promise<Resident> {
  const { survivorId, recordIds } = await lockResident(trx, patientId);
  const { home_institution_id: homeInstitutionId, deceased_at: deceasedAt } = await trx
    .selectFrom('patient')
    .select(['home_institution_id', 'deceased_at'])
    .where('id', '=', survivorId)
    .executeTakeFirstOrThrow();
  return { survivorId, recordIds, homeInstitutionId, deceasedAt };
}

/**
 * Somebody has said that the resident has died: one question about it is asked, however often it is said, and everything that would ask for the
 * resident rests until it is answered. Emergencies go on. Writes in the caller's transaction; may be called again and by anybody at once.
 * - reported: the question is open, `checkId` says which
 * - died: the death is confirmed already, nothing was written
 */
export async function reportDeath(
  trx: Trx,
  { patientId, diedOn, heardFrom }: DeathReport,
  by: RecordedBy,
): Promise<{ result: 'reported'; checkId: string } | { result: 'died' }> {
  const { survivorId, recordIds, homeInstitutionId, deceasedAt } = await lockWhole(trx, patientId);
  if (deceasedAt) return { result: 'died' };
  const open = await lockOpenCheck(trx, { kind: 'death', recordIds });
  if (open) return { result: 'reported', checkId: open.id };
  const check = {
    kind: 'death',
    patientId: survivorId,
    namedPatientId: patientId,
    institutionId: homeInstitutionId,
    statedOn: diedOn,
    reason: heardFrom,
  } as const;
  const checkId = await openCheck(trx, { ...check, about: { diedOn } }, by, new Date());
  await holdTasks(trx, recordIds);
  await tellPathways(trx, { type: 'death-reported', checkId, patientId: survivorId, institutionId: homeInstitutionId });
  return { result: 'reported', checkId };
}

export interface ConfirmedDeath {
  diedOn: string;
  cause: string;
  evidence: string;
}

/** 'nothing-open': nobody has reported a death, or it has been answered. 'held': the fact contradicts the record and waits for an identity review. */
export type DeathAnswer = 'done' | 'nothing-open' | 'held';

/** From this transaction on the resident has died: the fact is published in it. */
export async function confirmDeath(trx: Trx, patientId: string, death: ConfirmedDeath, by: RecordedBy): Promise<DeathAnswer> {
  const { recordIds } = await lockWhole(trx, patientId);
  const check = await lockOpenCheck(trx, { kind: 'death', recordIds });
  if (!check) return 'nothing-open';
  await decideCheck(trx, check, { confirmed: true, decision: { ...death }, by: by.actor, closedBy: 'confirm-death' });
  const messageId = `death-confirmed:${check.id}`;
  await recordFact(
    trx,
    {
      source: SENDER,
      messageId,
      type: 'patient-died',
      occurredAt: new Date(Math.min(startOf(death.diedOn) + DAY_MS - 1, Date.now())),
      // Should the merger be taken back, the death stays with the record about which it was told.
      patient: { patientId: check.namedPatientId },
      details: {},
      bodyHash: createHash('sha256').update(messageId).digest(),
    },
    by,
  );
  return 'done';
}

/** The resident lives: what rested goes on. */
export async function refuteDeath(trx: Trx, patientId: string, reason: string, by: RecordedBy): Promise<DeathAnswer> {
  const { recordIds } = await lockWhole(trx, patientId);
  const check = await lockOpenCheck(trx, { kind: 'death', recordIds });
  if (!check) return 'nothing-open';
  await decideCheck(trx, check, { confirmed: false, decision: { reason }, by: by.actor, closedBy: 'refute-death' });
  await releaseTasks(trx, recordIds);
  await sendHeldMessages(trx, recordIds);
  const { id: checkId, patientId: askedOf, institutionId } = check;
  await tellPathways(trx, { type: 'death-refuted', checkId, patientId: askedOf, institutionId });
  return 'done';
}

/** Whoever would go on looking for the resident rests until the question is answered. */
const tellPathways = (
  trx: Trx,
  told: { type: 'death-reported' | 'death-refuted'; checkId: string; patientId: string; institutionId: string },
): Promise<void> =>
  publishFact(trx, {
    type: told.type,
    messageId: `${told.type}:${told.checkId}`,
    addressee: { type: 'patient', patientId: told.patientId },
    institutionId: told.institutionId,
    occurredAt: new Date(),
    input: {},
  });

/** 'nothing-open': the resident has not died. Proposed again: the same question. */
export async function proposeDeathRetraction(
  trx: Trx,
  patientId: string,
  reason: string,
  by: RecordedBy,
): Promise<'done' | 'nothing-open'> {
  const { survivorId, recordIds, homeInstitutionId, deceasedAt } = await lockWhole(trx, patientId);
  if (!deceasedAt) return 'nothing-open';
  if (await lockOpenCheck(trx, { kind: 'death-retraction', recordIds })) return 'done';
  await openCheck(
    trx,
    { kind: 'death-retraction', patientId: survivorId, institutionId: homeInstitutionId, reason, about: { undoes: 'death' } },
    by,
    new Date(),
  );
  return 'done';
}

/** What the death has ended goes on where it stood. 'same-person': whoever has proposed it may not confirm it. */
export async function confirmDeathRetraction(
  trx: Trx,
  patientId: string,
  by: RecordedBy,
): Promise<'done' | 'nothing-open' | 'same-person'> {
  const resident = await lockWhole(trx, patientId);
  const check = await lockOpenCheck(trx, { kind: 'death-retraction', recordIds: resident.recordIds });
  if (!check) return 'nothing-open';
  if (check.openedBy.personId === by.actor.personId) return 'same-person';
  await decideCheck(trx, check, { confirmed: true, decision: {}, by: by.actor, closedBy: 'confirm-retraction' });
  await undoDeath(trx, resident, { checkId: check.id, actor: by.actor });
  return 'done';
}

/** A review has found that the death was told wrongly: a proposal to take it back is answered by it. False where nobody has died. */
export async function undoReportedDeath(
  trx: Trx,
  { factId, patientId }: { factId: string; patientId: string },
  by: RecordedBy,
): Promise<boolean> {
  const resident = await lockWhole(trx, patientId);
  if (!resident.deceasedAt) return false;
  const check = await lockOpenCheck(trx, { kind: 'death-retraction', recordIds: resident.recordIds });
  if (check) await decideCheck(trx, check, { confirmed: true, decision: { factId }, by: by.actor, closedBy: 'identity-review' });
  await undoDeath(trx, resident, { checkId: check?.id ?? factId, actor: by.actor });
  return true;
}

async function undoDeath(
  trx: Trx,
  { recordIds, survivorId }: Resident,
  { checkId, actor }: { checkId: string; actor: Actor },
): Promise<void> {
  const ids = sql<string>`any(${[...recordIds]}::text[])`;
  const retracted = await trx
    .updateTable('fact')
    .set({ status: 'retracted' })
    .where('type', '=', 'patient-died')
    .where('status', '=', 'recorded')
    .where('patient_id', '=', ids)
    .returning('id')
    .execute();
  await trx
    .updateTable('patient')
    .set((eb) => ({ deceased_at: null, version: eb('version', '+', 1) }))
    .where('id', '=', ids)
    .execute();
  await reopenPathways(trx, { factIds: retracted.map(({ id }) => id), type: 'death-retracted' });
  await publishFact(trx, {
    type: 'death-retracted',
    messageId: `death-retracted:${checkId}`,
    addressee: { type: 'patient', patientId: survivorId },
    institutionId: actor.institutionId,
    occurredAt: new Date(),
    input: {},
  });
  await settleSubjectsOf(trx, { survivorId });
  await releaseTasks(trx, recordIds);
  await sendHeldMessages(trx, recordIds);
}
