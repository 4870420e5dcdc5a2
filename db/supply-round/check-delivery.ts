/** The centre checks what was handed over: each pack is accepted, or rejected and taken along again. */
import { sql } from 'kysely';
import { type Act, ActRefused, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { resolvePacks } from '../sterile-supply/find-things.ts';
import type { LedgerEntry } from '../sterile-supply/ledger.ts';
import { handedAt, type LockedStop } from './lock-stop.ts';
import { holdsPostAt } from './signatures.ts';
import type { DeliveryChecked, StepDone } from './step-bodies.ts';

/**
 * Throws ActRefused: not-in-custody for packs that were not handed over here, invalid-request for those of which nothing is said, transition-not-allowed for
 * the rejection of one that the centre has opened.
 */
export async function checkDelivery(act: Act, stop: LockedStop, body: DeliveryChecked): Promise<StepDone> {
  const { trx } = act;
  const told = [...body.accepted, ...body.rejected.map(({ packId }) => packId)];
  const ids = (await resolvePacks(trx, told, 'packIds')).map(({ id }) => id);
  const accepted = ids.slice(0, body.accepted.length);
  const rejectedIds = ids.slice(body.accepted.length);
  const rejected = rejectedIds.map((packId, index) => ({ packId, reason: body.rejected[index]?.reason ?? 'damaged' }));
  const { handed } = handedAt(stop);
  requireEach(handed, accepted, rejectedIds);
  await requireUnopened(act, rejectedIds);
  if (body.checkedBy !== undefined && !(await holdsPostAt(trx, body.checkedBy, stop.institutionId)))
    throw refuseField('checkedBy', { zh: '不是该中心的人员', en: 'nobody of this centre' });
  // The vehicle has gone when the centre checks afterwards: what it rejects then stays there until somebody takes it along.
  const holder = stop.status === 'failed' ? undefined : { type: 'round' as const, id: stop.round.id };
  const ledger = await rejectPacks(act, rejected, holder);
  return {
    details: { accepted, rejected, checkedBy: body.checkedBy ?? null },
    ledger: [...accepted.map((id): LedgerEntry => ({ thing: { type: 'pack', id }, event: 'accepted' })), ...ledger],
    facts: [],
    movedPackIds: rejectedIds,
  };
}

/** Throws ActRefused. */
function requireEach(handed: readonly string[], accepted: readonly string[], rejected: readonly string[]): void {
  const told = [...accepted, ...rejected];
  const foreign = told.filter((id) => !handed.includes(id));
  if (foreign.length > 0) throw new ActRefused('not-in-custody', { packIds: foreign });
  if (handed.some((id) => !told.includes(id)))
    throw refuseField('accepted', { zh: '每个交付的包都须验收或拒收', en: 'each pack that was handed over is accepted or rejected' });
}

/** Throws ActRefused: what is opened does not go aboard again. */
async function requireUnopened({ trx }: Act, packIds: readonly string[]): Promise<void> {
  if (packIds.length === 0) return;
  const { rows } = await sql<{ status: string }>`
    select status from pack where id = any(${packIds}::text[]) order by id for update`.execute(trx);
  const opened = rows.find(({ status }) => status === 'opened' || status === 'ended');
  if (opened) throw refuseTransition(opened.status, []);
}

async function rejectPacks(
  { trx, happenedAt }: Act,
  rejected: readonly { packId: string; reason: string }[],
  holder: LedgerEntry['holder'],
): Promise<LedgerEntry[]> {
  if (rejected.length === 0) return [];
  const { rows } = await sql<{ id: string; from: string }>`
    update pack set status = 'rejected', reject_reason = 'rejected-at-delivery', status_since = ${happenedAt}
    from (select id, status from pack where id = any(${rejected.map(({ packId }) => packId)}::text[])) as before
    where pack.id = before.id and pack.status not in ('opened', 'rejected', 'ended')
    returning pack.id, before.status as "from"`.execute(trx);
  const from = new Map(rows.map(({ id, from: was }) => [id, was]));
  return rejected.map(({ packId, reason }) => ({
    thing: { type: 'pack', id: packId },
    event: 'rejected-at-delivery',
    from: from.get(packId) ?? null,
    to: from.has(packId) ? 'rejected' : null,
    holder,
    details: { reason },
  }));
}
