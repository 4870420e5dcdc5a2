/** Unloading: the outer indicator and the dryness of every pack of the load. */
import { sql } from 'kysely';
import { findFlawOfPack } from '../../domain/steriliser-load/release.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { type Act, ActRefused, refuseField } from '../sterile-supply/act.ts';
import { resolvePacks } from '../sterile-supply/find-things.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { requireAllowed } from './cycle.ts';
import { entriesOf, lockLoad, type MovedPack, tellLoad } from './lock-load.ts';

export interface UnloadedPack {
  /** Id, code, or what is printed on its label. */
  packId: string;
  outerCi: 'pass' | 'fail';
  wet: boolean;
}

/** Throws ActRefused: `ci-missing` where a pack is left out, `still-cooling`, or the state does not allow it. */
export async function unloadLoad(act: Act, loadId: string, given: readonly UnloadedPack[]): Promise<void> {
  const { trx, actor, happenedAt } = act;
  const load = await lockLoad(trx, loadId);
  const packs = await matchMembers(act, loadId, given);
  requireAllowed(load, 'unload');
  const endedAt = load.endedAt?.getTime() ?? 0;
  const { coolingMinutes } = loadNormRules(localDateOf(happenedAt.getTime()));
  const cooledAt = endedAt + coolingMinutes * 60_000;
  if (happenedAt.getTime() <= cooledAt) throw new ActRefused('still-cooling', { cooledAt: new Date(cooledAt).toISOString() });
  const { rows: moved } = await sql<MovedPack>`
    with unloaded as (
      update steriliser_load set unloaded_at = ${happenedAt}, unloaded_by = ${actor.personId} where id = ${loadId}
    ), member as (
      select pack.id, pack.status as from, row ->> 'outerCi' as outer_ci, (row ->> 'wet')::boolean as wet, row ->> 'flaw' as flaw
      from pack join jsonb_array_elements(${JSON.stringify(packs)}::jsonb) as row on pack.id = row ->> 'id'
      order by pack.id for update of pack
    )
    update pack set outer_ci = member.outer_ci, wet = member.wet,
      status = case when member.from <> 'in-load' then member.from when flaw is null then 'sterilised' else 'rejected' end,
      status_since = case when member.from = 'in-load' then ${happenedAt} else status_since end,
      reject_reason = case when member.from = 'in-load' then flaw else reject_reason end
    from member where pack.id = member.id
    returning pack.id, member.from, pack.status as to`.execute(trx);
  await appendLedger(act, entriesOf(load, 'load-unloaded', { from: load.status, to: load.status, packs: moved }));
  await tellLoad(act, loadId, 'load-unloaded', { loadStatus: load.status });
}

/** Every member, once. Throws ActRefused 422. */
async function matchMembers({ trx }: Act, loadId: string, given: readonly UnloadedPack[]) {
  const ids = (
    await resolvePacks(
      trx,
      given.map(({ packId }) => packId),
      'packs',
    )
  ).map(({ id }) => id);
  const members = await trx.selectFrom('load_pack').select('pack_id as id').where('load_id', '=', loadId).execute();
  const memberIds = members.map(({ id }) => id);
  const foreign = ids.findIndex((id) => !memberIds.includes(id));
  if (foreign >= 0) throw refuseField(`packs.${foreign}`, { zh: '不在本锅', en: 'not in this load' });
  const missing = members.filter(({ id }) => !ids.includes(id));
  if (missing.length > 0) throw new ActRefused('ci-missing', { packIds: missing.map(({ id }) => id) });
  return given.map(({ outerCi, wet }, index) => ({ id: ids[index], outerCi, wet, flaw: findFlawOfPack({ outerCi, wet }) ?? null }));
}
