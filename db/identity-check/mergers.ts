/** Mergers that staff propose: one person says that two records are of one resident, a second one confirms it or not. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { recordFact } from '../directory/facts.ts';
import { listRecordsOfResident } from '../directory/resident-records.ts';
import type { Database } from '../kit/database.ts';
import { SENDER } from '../kit/pathway-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { contradict } from './contradiction.ts';
import { decideCheck, lockOpenCheck } from './decide-check.ts';
import { openCheck } from './open-check.ts';
import { partRecords } from './part-records.ts';
import type { MergerTable } from './tables.ts';

export interface Merger {
  id: string;
  state: MergerTable['state'];
  patientId: string;
  intoId: string;
  institutionId: string;
  reason: string;
  proposedBy: string;
  proposedAt: Date;
  mergedAt: Date | null;
}

const columns = sql`id, state, patient_id as "patientId", into_id as "intoId", institution_id as "institutionId", reason,
  proposed_by ->> 'personId' as "proposedBy", proposed_at as "proposedAt", merged_at as "mergedAt"`;

export async function findMerger(db: Database, id: string): Promise<Merger | undefined> {
  const { rows } = await sql<Merger>`select ${columns} from merger where id = ${id}`.execute(db);
  return rows[0];
}

/** Newest first. One more than `limit` when there are more. `institutionId`: only those that this centre answers. */
export async function listMergers(
  db: Database,
  { state, institutionId }: { state: MergerTable['state'] | undefined; institutionId: string | undefined },
  { limit, before }: { limit: number; before: string | undefined },
): Promise<Merger[]> {
  const { rows } = await sql<Merger>`
    select ${columns} from merger
    where (${state ?? null}::text is null or state = ${state ?? null}) and (${institutionId ?? null}::text is null or institution_id = ${institutionId ?? null})
      and (${before ?? null}::uuid is null or id < ${before ?? null})
    order by id desc limit ${limit + 1}`.execute(db);
  return rows;
}

/**
 * - contradicts: the birth dates or sexes of the two records contradict each other
 * - one-already: the two are records of one resident already
 * - proposed-already: the record has a merger that is proposed or done
 */
export type Proposal = { result: 'proposed'; id: string } | { result: 'contradicts' | 'one-already' | 'proposed-already' };

export async function proposeMerger(
  trx: Trx,
  { patientId, intoId, reason }: { patientId: string; intoId: string; reason: string },
  by: RecordedBy,
): Promise<Proposal> {
  const records = await trx
    .selectFrom('patient')
    .select(['id', 'home_institution_id as institutionId', 'merged_into_id as mergedIntoId'])
    .where('id', 'in', [patientId, intoId])
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  if ((await listRecordsOfResident(trx, intoId)).includes(patientId)) return { result: 'one-already' };
  if (await contradict(trx, patientId, intoId)) return { result: 'contradicts' };
  const open = await trx
    .selectFrom('merger')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('state', 'in', ['proposed', 'merged', 'retracting'])
    .executeTakeFirst();
  if (open || records.find(({ id }) => id === patientId)?.mergedIntoId) return { result: 'proposed-already' };
  const institutionId = records.find(({ id }) => id === intoId)?.institutionId ?? by.actor.institutionId;
  const id = uuid();
  await trx
    .insertInto('merger')
    .values({
      id,
      patient_id: patientId,
      into_id: intoId,
      institution_id: institutionId,
      state: 'proposed',
      reason,
      proposed_by: JSON.stringify(by.actor),
    })
    .execute();
  const about = { patientId, intoId };
  await openCheck(trx, { kind: 'merger', patientId, mergerId: id, institutionId, reason, about }, by, new Date());
  return { result: 'proposed', id };
}

/** 'contradicts': a record was corrected meanwhile, and the two cannot be one person any more. */
export type MergerAnswer = 'done' | 'nothing-open' | 'same-person' | 'contradicts';

/** The two records are one from this transaction on. */
export async function confirmMerger(trx: Trx, merger: Merger, by: RecordedBy): Promise<MergerAnswer> {
  const { id, patientId, intoId } = merger;
  const check = await lockOpenCheck(trx, { kind: 'merger', mergerId: id });
  if (!check) return 'nothing-open';
  if (check.openedBy.personId === by.actor.personId) return 'same-person';
  if (await contradict(trx, patientId, intoId)) return 'contradicts';
  await decideCheck(trx, check, { confirmed: true, decision: {}, by: by.actor, closedBy: 'confirm' });
  const messageId = `merger-confirmed:${id}`;
  await recordFact(
    trx,
    {
      source: SENDER,
      messageId,
      type: 'patients-merged',
      occurredAt: new Date(),
      patient: { patientId },
      details: { survivorPatientId: intoId },
      bodyHash: createHash('sha256').update(messageId).digest(),
    },
    by,
  );
  return 'done';
}

/** The two stay two records; or, of a retraction that was proposed, they stay one. */
export async function rejectMerger(trx: Trx, { id }: Merger, by: RecordedBy): Promise<MergerAnswer> {
  const proposed = await lockOpenCheck(trx, { kind: 'merger', mergerId: id });
  const check = proposed ?? (await lockOpenCheck(trx, { kind: 'merger-retraction', mergerId: id }));
  if (!check) return 'nothing-open';
  if (check.openedBy.personId === by.actor.personId) return 'same-person';
  await decideCheck(trx, check, { confirmed: false, decision: {}, by: by.actor, closedBy: 'reject' });
  await trx
    .updateTable('merger')
    .set({ state: proposed ? 'rejected' : 'merged' })
    .where('id', '=', id)
    .execute();
  return 'done';
}

/** Somebody says that the two are two persons after all. 'nothing-open': they are two records already. Proposed again: the same question. */
export async function proposeMergerRetraction(
  trx: Trx,
  { id, patientId, intoId, institutionId }: Merger,
  reason: string,
  by: RecordedBy,
): Promise<MergerAnswer> {
  const state = await lockMerger(trx, id);
  if (state === 'retracting') return 'done';
  if (state !== 'merged') return 'nothing-open';
  const about = { undoes: 'merger', patientId, intoId };
  await openCheck(trx, { kind: 'merger-retraction', patientId: intoId, mergerId: id, institutionId, reason, about }, by, new Date());
  await trx.updateTable('merger').set({ state: 'retracting' }).where('id', '=', id).execute();
  return 'done';
}

/** The two records are two again from this transaction on. */
export async function confirmMergerRetraction(trx: Trx, { id, patientId }: Merger, by: RecordedBy): Promise<MergerAnswer> {
  const check = await lockOpenCheck(trx, { kind: 'merger-retraction', mergerId: id });
  if (!check) return 'nothing-open';
  if (check.openedBy.personId === by.actor.personId) return 'same-person';
  await decideCheck(trx, check, { confirmed: true, decision: {}, by: by.actor, closedBy: 'confirm-retraction' });
  await takeMergerBack(trx, { id, patientId }, by);
  return 'done';
}

/** Parts the two records. The caller has settled the question about it. */
async function takeMergerBack(trx: Trx, { id, patientId }: Pick<Merger, 'id' | 'patientId'>, by: RecordedBy): Promise<void> {
  const {
    merged_at: mergedAt,
    home_before: homeBefore,
    into_home_before: intoHomeBefore,
  } = await trx
    .selectFrom('merger')
    .select(['merged_at', 'home_before', 'into_home_before'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
  await partRecords(trx, { patientId, mergedAt: mergedAt ?? new Date(0), homeBefore, intoHomeBefore }, by);
  await trx.updateTable('merger').set({ state: 'retracted' }).where('id', '=', id).execute();
}

/** A review has found that the merger was reported wrongly: a proposal to take it back is answered by it. False where the two are two already. */
export async function undoReportedMerger(
  trx: Trx,
  { factId, patientId }: { factId: string; patientId: string },
  by: RecordedBy,
): Promise<boolean> {
  const merger = await trx
    .selectFrom('merger')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('state', 'in', ['merged', 'retracting'])
    .forUpdate()
    .executeTakeFirst();
  if (!merger) return false;
  const check = await lockOpenCheck(trx, { kind: 'merger-retraction', mergerId: merger.id });
  if (check) await decideCheck(trx, check, { confirmed: true, decision: { factId }, by: by.actor, closedBy: 'identity-review' });
  await takeMergerBack(trx, { id: merger.id, patientId }, by);
  return true;
}

async function lockMerger(trx: Trx, id: string): Promise<MergerTable['state']> {
  const { state } = await trx.selectFrom('merger').select('state').where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
  return state;
}
