/** What becomes of the packs of a load when the load is released, taken back or rejected: set-based, one statement each. */
import { sql } from 'kysely';
import type { Act } from '../sterile-supply/act.ts';
import type { MovedPack } from './lock-load.ts';

/** Everything in it that nobody has opened is rejected, and may not go into a load again: it is broken out. Two statements. */
export async function rejectPacks({ trx, happenedAt }: Act, loadId: string): Promise<MovedPack[]> {
  await trx.updateTable('load_pack').set({ counts: false }).where('load_id', '=', loadId).execute();
  const { rows } = await sql<MovedPack>`
    with member as (
      select id, status from pack where load_id = ${loadId} and status not in ('opened', 'rejected', 'ended') order by id for update
    )
    update pack set status = 'rejected', status_since = ${happenedAt}, reject_reason = 'load-rejected', slip_line_id = null, allocated_institution_id = null
    from member where pack.id = member.id
    returning pack.id, member.status as from, pack.status as to`.execute(trx);
  return rows;
}

/** What lies sterilised in the department may be given out; `packIds`: only these. */
export async function releasePacks({ trx, happenedAt }: Act, loadId: string, packIds?: readonly string[]): Promise<MovedPack[]> {
  const { rows } = await sql<MovedPack>`
    with member as (
      select id, status from pack where load_id = ${loadId} and status = 'sterilised'
        and (${packIds === undefined} or id = any(${[...(packIds ?? [])]}::text[])) order by id for update
    )
    update pack set status = 'released', status_since = ${happenedAt} from member where pack.id = member.id
    returning pack.id, member.status as from, pack.status as to`.execute(trx);
  return rows;
}

/** What was released and has not left the department waits again; a line to which it was allocated loses it. */
export async function takeBackPacks({ trx, happenedAt }: Act, loadId: string): Promise<MovedPack[]> {
  const { rows } = await sql<MovedPack>`
    with member as (
      select id, status from pack where load_id = ${loadId} and status in ('released', 'allocated') order by id for update
    )
    update pack set status = 'sterilised', status_since = ${happenedAt}, slip_line_id = null, allocated_institution_id = null, consignment_id = null
    from member where pack.id = member.id
    returning pack.id, member.status as from, pack.status as to`.execute(trx);
  return rows;
}
