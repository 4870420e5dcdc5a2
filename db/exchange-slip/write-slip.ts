/** Writing slips and their lines. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { type NewSlipLine, restLines } from '../../domain/exchange-slip/lines.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Trx } from '../kit/transaction.ts';
import { findRests } from './rests.ts';

export interface SlipToInsert {
  id: string;
  institutionId: string;
  roundId: string | null;
  /** The stop of a confirmed round that it joins, frozen. */
  joinsStopId: string | null;
  draft: boolean;
  lines: readonly NewSlipLine[];
  overrideReason: string | null;
  createdBy: Actor;
  at: Date;
}

/** Inserts a slip with its lines and with the rests of earlier ones, which only a slip that can still be delivered takes along. Three statements. */
export async function insertSlip(trx: Trx, slip: SlipToInsert): Promise<void> {
  const { id, institutionId, roundId, joinsStopId, draft, lines, overrideReason, createdBy, at } = slip;
  const rests = joinsStopId === null ? restLines(await findRests(trx, institutionId)) : [];
  await trx
    .insertInto('exchange_slip')
    .values({
      id,
      institution_id: institutionId,
      round_id: roundId,
      created_by: JSON.stringify(createdBy),
      override_reason: overrideReason,
      created_at: at,
      ...stateOf({ draft, joinsStopId, at }),
    })
    .execute();
  await insertLines(trx, id, [...lines, ...rests]);
}

function stateOf({ draft, joinsStopId, at }: Pick<SlipToInsert, 'draft' | 'joinsStopId' | 'at'>) {
  if (draft) return { status: 'draft' as const };
  if (joinsStopId === null) return { status: 'submitted' as const, submitted_at: at };
  return { status: 'frozen' as const, submitted_at: at, frozen_at: at, stop_id: joinsStopId };
}

/** The row of a draft becomes that of a submitted slip. One statement. */
export async function submitDraft(trx: Trx, { id, joinsStopId, at }: { id: string; joinsStopId: string | null; at: Date }): Promise<void> {
  await trx
    .updateTable('exchange_slip')
    .set(stateOf({ draft: false, joinsStopId, at }))
    .where('id', '=', id)
    .execute();
}

export async function cancelSlip(trx: Trx, id: string, reason: string): Promise<void> {
  await trx.updateTable('exchange_slip').set({ status: 'cancelled', cancel_reason: reason }).where('id', '=', id).execute();
}

/** A line as it is stored, as far as a changed slip has to be compared with it. */
export interface StoredLine extends NewSlipLine {
  id: string;
}

export async function findLines(trx: Trx, slipId: string): Promise<StoredLine[]> {
  const rows = await trx
    .selectFrom('slip_line')
    .select([
      'id',
      'direction',
      'set_type_id as setTypeId',
      'declared as quantity',
      'set_instance_ids as setInstanceIds',
      'special',
      'carries_on',
    ])
    .where('slip_id', '=', slipId)
    .orderBy('position')
    .execute();
  return rows.map(({ carries_on, ...row }) => ({ ...row, ...(carries_on === null ? {} : { carriesOn: carries_on }) }));
}

/**
 * Replaces the lines of these directions, except the rests of earlier slips. A line that says the same as before keeps its id. Raises the slip's version.
 * Four statements.
 */
export async function replaceLines(
  trx: Trx,
  { slipId, lines, directions }: { slipId: string; lines: readonly NewSlipLine[]; directions: readonly NewSlipLine['direction'][] },
): Promise<void> {
  const before = (await findLines(trx, slipId)).filter((line) => directions.includes(line.direction) && line.carriesOn === undefined);
  const left = [...before];
  const added = lines.filter((line) => {
    const same = left.findIndex((one) => isSame(one, line));
    if (same >= 0) left.splice(same, 1);
    return same < 0;
  });
  if (left.length > 0)
    await trx
      .deleteFrom('slip_line')
      .where(
        'id',
        'in',
        left.map(({ id }) => id),
      )
      .execute();
  await insertLines(trx, slipId, added);
  await sql`update exchange_slip set status = status where id = ${slipId}`.execute(trx);
}

const isSame = (a: NewSlipLine, b: NewSlipLine): boolean =>
  a.direction === b.direction &&
  a.setTypeId === b.setTypeId &&
  a.quantity === b.quantity &&
  a.special === b.special &&
  a.setInstanceIds.join() === b.setInstanceIds.join();

async function insertLines(trx: Trx, slipId: string, lines: readonly NewSlipLine[]): Promise<void> {
  if (lines.length === 0) return;
  const rows = lines.map((line, index) => ({ id: uuid(), n: index + 1, carriesOn: null, ...line }));
  await sql`
    insert into slip_line (id, slip_id, position, direction, set_type_id, declared, set_instance_ids, special, carries_on)
    select (row ->> 'id')::uuid, ${slipId}::uuid, (select coalesce(max(position), 0) from slip_line where slip_id = ${slipId}::uuid) + (row ->> 'n')::int,
      row ->> 'direction', row ->> 'setTypeId', (row ->> 'quantity')::int, array(select jsonb_array_elements_text(row -> 'setInstanceIds')),
      row ->> 'special', (row ->> 'carriesOn')::uuid
    from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as row`.execute(trx);
}
