/** Sterile packs are handed over at a stop: all of them may be, or none is. */
import { sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import { type Act, ActRefused } from '../sterile-supply/act.ts';
import { requireDispensable } from '../sterile-supply/dispensable.ts';
import { lockPacks, resolvePacks } from '../sterile-supply/find-things.ts';
import type { LockedStop } from './lock-stop.ts';
import type { StepDone, SterileHanded } from './step-bodies.ts';

/** Throws ActRefused: invalid-request, not-in-custody, pack-not-dispensable. */
export async function handSterileOver(
  act: Act,
  { institutionId, round }: LockedStop,
  { packIds: given }: SterileHanded,
): Promise<StepDone> {
  const { trx } = act;
  const packs = await resolvePacks(trx, given, 'packIds');
  const packIds = packs.map(({ id }) => id);
  await lockPacks(trx, packIds);
  const notAboard = await findNotAboard(trx, round.id, packIds);
  if (notAboard.length > 0) throw new ActRefused('not-in-custody', { packIds: notAboard });
  await requireDispensable(act, packs, { for: institutionId });
  const from = await moveToCentre(act, packIds);
  return {
    details: { packIds },
    ledger: packIds.map((id) => ({
      thing: { type: 'pack', id },
      event: 'sterile-handed',
      from: from.get(id) ?? null,
      to: from.has(id) ? 'at-centre' : null,
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

/** Resolves with what the packs were before. */
async function moveToCentre({ trx, happenedAt }: Act, packIds: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await sql<{ id: string; from: string }>`
    update pack set status = 'at-centre', status_since = ${happenedAt}
    from (select id, status from pack where id = any(${packIds}::text[])) as before
    where pack.id = before.id and pack.status in ('assembled', 'checked', 'in-load', 'sterilised', 'released', 'allocated', 'on-vehicle')
    returning pack.id, before.status as "from"`.execute(trx);
  return new Map(rows.map(({ id, from }) => [id, from]));
}
