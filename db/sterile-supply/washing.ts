/** Batches of a washer, and inspections after it. */
import { type Selectable, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { NormRules } from '../../domain/sterile-supply/norm-rules.ts';
import {
  type CountSheetLine,
  findWrongMissingItem,
  type InspectionResult,
  type MissingItem,
  needsPretreatment,
  setStatusAfterInspection,
} from '../../domain/sterile-supply/sets.ts';
import { judgeWash, toRowWords, type WashRecord } from '../../domain/sterile-supply/wash.ts';
import type { Database } from '../kit/database.ts';
import { type Act, ActRefused, refuseField } from './act.ts';
import { appendLedger } from './ledger.ts';
import { lockSets, requireSetAct, type SetRow } from './set-instances.ts';
import type { InspectionTable, WashBatchTable } from './tables.ts';

export type WashBatchRow = Selectable<WashBatchTable>;
export type InspectionRow = Selectable<InspectionTable>;

export interface NewWashBatch extends WashRecord {
  washerId: string;
  startedAt: Date;
  endedAt: Date;
  pretreatment: string | null;
  setInstanceIds: string[];
}

/**
 * All sets of the batch or none. One that passes leaves them washed, and free of what its pretreatment was for; one that fails leaves them where they
 * were. Throws ActRefused for a set that waits for no wash, and for a special pathogen without its pretreatment.
 */
export async function recordWashBatch(act: Act, batch: NewWashBatch, rules: NormRules): Promise<WashBatchRow> {
  const { trx, actor } = act;
  const sets = await lockSets(trx, batch.setInstanceIds);
  requireSetAct(sets, 'wash');
  if (sets.some(({ special }) => needsPretreatment(special, batch.pretreatment))) throw new ActRefused('special-path-required');
  const { result, row, a0 } = judgeWash(batch, rules);
  const stored = await trx
    .insertInto('wash_batch')
    .values({
      id: uuid(),
      washer_id: batch.washerId,
      started_at: batch.startedAt,
      ended_at: batch.endedAt,
      temperature_c: batch.temperatureC,
      seconds: batch.seconds,
      direct_use: batch.directUse,
      pretreatment: batch.pretreatment,
      result,
      norm_row: row && toRowWords(row),
      a0,
      set_instance_ids: batch.setInstanceIds,
      recorded_by: JSON.stringify(actor),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  const passed = result === 'pass';
  if (passed)
    await trx
      .updateTable('set_instance')
      .set({ status: 'washed', status_since: batch.endedAt, special: null })
      .where('id', 'in', batch.setInstanceIds)
      .execute();
  await appendLedger(
    act,
    sets.map(({ id, status }) => ({
      thing: { type: 'set-instance', id },
      event: passed ? 'washed' : 'wash-failed',
      from: status,
      to: passed ? 'washed' : status,
      details: { washBatchId: stored.id, washerId: batch.washerId },
    })),
  );
  return stored;
}

export interface NewInspection {
  setInstanceId: string;
  result: InspectionResult;
  missingItems: MissingItem[];
}

const notOnSheet = { zh: '器械清单中没有此物品，或数量不符', en: 'is not on the count sheet, or not so many of it' };

/** All of them or none. Throws ActRefused for a set that is not washed, and for an item that its count sheet does not hold. */
export async function recordInspections(act: Act, items: readonly NewInspection[]): Promise<InspectionRow[]> {
  const { trx, actor, happenedAt } = act;
  const sets = await lockSets(
    trx,
    items.map(({ setInstanceId }) => setInstanceId),
  );
  requireSetAct(sets, 'inspect');
  await checkMissingItems(act, sets, items);
  const stored = await trx
    .insertInto('inspection')
    .values(
      items.map(({ setInstanceId, result, missingItems }) => ({
        id: uuid(),
        set_instance_id: setInstanceId,
        result,
        missing_items: JSON.stringify(missingItems),
        inspected_at: happenedAt,
        inspected_by: JSON.stringify(actor),
      })),
    )
    .returningAll()
    .execute();
  const moves = items.map(({ setInstanceId: id, result, missingItems }) => ({
    id,
    status: setStatusAfterInspection[result],
    missingItems,
  }));
  await sql`
    update set_instance set status = move ->> 'status', status_since = ${happenedAt}, incomplete = false, missing_items = move -> 'missingItems'
    from jsonb_array_elements(${JSON.stringify(moves)}::jsonb) as move where set_instance.id = move ->> 'id'`.execute(trx);
  await appendLedger(
    act,
    items.map(({ setInstanceId, result }) => ({
      thing: { type: 'set-instance', id: setInstanceId },
      event: 'inspected',
      from: 'washed',
      to: setStatusAfterInspection[result],
      details: { result },
    })),
  );
  return stored;
}

async function checkMissingItems({ trx }: Act, sets: readonly SetRow[], items: readonly NewInspection[]): Promise<void> {
  if (items.every(({ missingItems }) => missingItems.length === 0)) return;
  const types = await trx
    .selectFrom('set_type')
    .select(['id', 'count_sheet as sheet'])
    .where(
      'id',
      'in',
      sets.map((set) => set.set_type_id),
    )
    .execute();
  const sheetOf = (setId: string) => {
    const typeId = sets.find(({ id }) => id === setId)?.set_type_id;
    return (types.find(({ id }) => id === typeId)?.sheet ?? []) as CountSheetLine[];
  };
  for (const [index, { setInstanceId, missingItems }] of items.entries()) {
    const wrong = findWrongMissingItem(sheetOf(setInstanceId), missingItems);
    if (wrong >= 0) throw refuseField(`items.${index}.missingItems.${wrong}`, notOnSheet);
  }
}

export const findWashBatch = async (db: Database, id: string): Promise<WashBatchRow | undefined> =>
  db.selectFrom('wash_batch').selectAll().where('id', '=', id).executeTakeFirst();

export const findInspection = async (db: Database, id: string): Promise<InspectionRow | undefined> =>
  db.selectFrom('inspection').selectAll().where('id', '=', id).executeTakeFirst();

/** By id. One more than `limit` when there are more; so does the other list. */
export const listWashBatches = async (
  db: Database,
  { limit, after = '' }: { limit: number; after?: string | undefined },
): Promise<WashBatchRow[]> =>
  db
    .selectFrom('wash_batch')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit + 1)
    .execute();

export const listInspections = async (
  db: Database,
  { limit, after = '' }: { limit: number; after?: string | undefined },
): Promise<InspectionRow[]> =>
  db
    .selectFrom('inspection')
    .selectAll()
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit + 1)
    .execute();
