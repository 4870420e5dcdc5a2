/** Sterile packs are handed over at a stop: all of them may be, or none is. */
import { sql } from 'kysely';
import type { PackStatus } from '../../domain/sterile-supply/vocabulary.ts';
import type { Trx } from '../kit/transaction.ts';
import { type Act, ActRefused } from '../sterile-supply/act.ts';
import { requireDispensable } from '../sterile-supply/dispensable.ts';
import { lockAskedPacks } from '../sterile-supply/find-things.ts';
import type { LockedStop } from './lock-stop.ts';
import type { StepDone, SterileHanded } from './step-bodies.ts';

/** What a pack may be before it is handed over, as far as its state goes: whether it may be is asked of its load, its date and its recalls. */
const handable: readonly PackStatus[] = ['assembled', 'checked', 'in-load', 'sterilised', 'released', 'allocated', 'on-vehicle'];

/** Throws ActRefused: invalid-request, not-in-custody, pack-not-dispensable. */
export async function handSterileOver(
  act: Act,
  { institutionId, round }: LockedStop,
  { packIds: given }: SterileHanded,
): Promise<StepDone> {
  const { trx } = act;
  const packs = await lockAskedPacks(trx, given, 'packIds');
  const packIds = packs.map(({ id }) => id);
  const notAboard = await findNotAboard(trx, round.id, packIds);
  if (notAboard.length > 0) throw new ActRefused('not-in-custody', { packIds: notAboard });
  await requireDispensable(act, packs, { for: institutionId });
  const moving = packs.filter(({ status }) => handable.includes(status)).map(({ id }) => id);
  const moved = sql`moved as (
    update pack set status = 'at-centre', status_since = ${act.happenedAt} where id = any(${moving}::text[])
  )`;
  return {
    details: { packIds },
    writes: [moved],
    ledger: packs.map(({ id, status }) => ({
      thing: { type: 'pack', id },
      event: 'sterile-handed',
      from: moving.includes(id) ? status : null,
      to: moving.includes(id) ? 'at-centre' : null,
      holder: { type: 'centre', id: institutionId },
    })),
    facts: [],
    movedPackIds: packIds,
  };
}

async function findNotAboard(trx: Trx, roundId: string, packIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select pack.id from pack
    where id = any(${packIds}::text[]) and (status in ('at-centre', 'opened', 'ended') or not exists (
      select from custody where thing_type = 'pack' and thing_id = pack.id and until is null and holder_type = 'round' and holder_id = ${roundId}::text))
    order by id`.execute(trx);
  return rows.map(({ id }) => id);
}
