/** The centre checks what was handed over: each pack is accepted, or rejected and taken along again. */
import { sql } from 'kysely';
import { type Act, ActRefused, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { lockAskedPacks, type PackRow } from '../sterile-supply/find-things.ts';
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
  const packs = await lockAskedPacks(trx, told, 'packIds');
  const ids = packs.map(({ id }) => id);
  const accepted = ids.slice(0, body.accepted.length);
  const rejectedIds = ids.slice(body.accepted.length);
  const rejected = rejectedIds.map((packId, index) => ({ packId, reason: body.rejected[index]?.reason ?? 'damaged' }));
  const { handed } = handedAt(stop);
  requireEach(handed, accepted, rejectedIds);
  const rejectedPacks = packs.slice(body.accepted.length);
  requireUnopened(rejectedPacks);
  if (body.checkedBy !== undefined && !(await holdsPostAt(trx, body.checkedBy, stop.institutionId)))
    throw refuseField('checkedBy', { zh: '不是该中心的人员', en: 'nobody of this centre' });
  // The vehicle has gone when the centre checks afterwards: what it rejects then stays there until somebody takes it along.
  const holder = stop.status === 'failed' ? undefined : { type: 'round' as const, id: stop.round.id };
  const rejecting = rejectedPacks.filter(({ status }) => status !== 'rejected').map(({ id }) => id);
  const write = sql`turned_down as (
    update pack set status = 'rejected', reject_reason = 'rejected-at-delivery', status_since = ${act.happenedAt} where id = any(${rejecting}::text[])
  )`;
  return {
    details: { accepted, rejected, checkedBy: body.checkedBy ?? null },
    writes: [write],
    ledger: [
      ...accepted.map((id): LedgerEntry => ({ thing: { type: 'pack', id }, event: 'accepted' })),
      ...rejectedPacks.map(
        ({ id, status }, index): LedgerEntry => ({
          thing: { type: 'pack', id },
          event: 'rejected-at-delivery',
          from: rejecting.includes(id) ? status : null,
          to: rejecting.includes(id) ? 'rejected' : null,
          holder,
          details: { reason: rejected[index]?.reason },
        }),
      ),
    ],
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
function requireUnopened(packs: readonly PackRow[]): void {
  const opened = packs.find(({ status }) => status === 'opened' || status === 'ended');
  if (opened) throw refuseTransition(opened.status, []);
}
