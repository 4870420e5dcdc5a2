/** The slots of a department inside the commit: one booking each, reserved ones for community centres until their release. */
import type { Trx } from '../../db/kit/transaction.ts';
import type { Refusal } from '../../domain/kit/pathway.ts';
import { mayBook } from '../../domain/referral/slots.ts';
import { partyOf, type ReferralState } from '../../domain/referral/state.ts';

/** Locks the slot: of twenty at once one finds it free. */
export async function refuseSlot(trx: Trx, slotId: string, referral: ReferralState, at: number): Promise<Refusal | undefined> {
  const { status } = referral;
  const slot = await trx.selectFrom('slot').selectAll().where('id', '=', slotId).forUpdate().executeTakeFirst();
  const { institutionId, departmentId } = partyOf(referral, 'recipient');
  const theirs = slot?.institution_id === institutionId && (departmentId === null || slot.department_id === departmentId);
  if (!slot || !theirs) return { code: 'slot-taken', state: status };
  const booking = await trx.selectFrom('slot_booking').select('referral_id').where('slot_id', '=', slotId).executeTakeFirst();
  if (booking) return { code: 'slot-taken', state: status };
  const initiator = await trx
    .selectFrom('institution')
    .select('kind')
    .where('id', '=', referral.initiator.institutionId)
    .executeTakeFirstOrThrow();
  const fromCentre = initiator.kind === 'community-health-centre';
  return mayBook({ releaseAt: slot.release_at?.getTime() ?? null }, { fromCentre, at })
    ? undefined
    : { code: 'slot-reserved', state: status };
}

/** Every way out of an appointment frees its slot. */
export async function bookSlot(trx: Trx, referralId: string, before: string | null, after: string | null, at: number): Promise<void> {
  if (before === after) return;
  if (before !== null) await trx.deleteFrom('slot_booking').where('referral_id', '=', referralId).execute();
  if (after !== null)
    await trx
      .insertInto('slot_booking')
      .values({ slot_id: after, referral_id: referralId, booked_at: new Date(at) })
      .execute();
}
