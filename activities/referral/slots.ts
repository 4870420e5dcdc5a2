/** The slots of a department inside the commit: one booking each, reserved ones for community centres until their release. */
import { findInstitution } from '../../db/directory/directory.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { bookSlot, freeSlotOf, isSlotBooked, lockSlot } from '../../db/referral/slots.ts';
import type { PathwayEvent, Refusal } from '../../domain/kit/pathway.ts';
import { mayBook } from '../../domain/referral/slots.ts';
import { partyOf, type ReferralState } from '../../domain/referral/state.ts';

/** Locks the slot until the commit is over. */
export async function refuseSlot(
  trx: Trx,
  slotId: string,
  referral: ReferralState,
  { at, actor }: Pick<PathwayEvent, 'at' | 'actor'>,
): Promise<Refusal | undefined> {
  const { status } = referral;
  const slot = await lockSlot(trx, slotId);
  const { institutionId, departmentId } = partyOf(referral, 'recipient');
  const isOfRecipient = slot?.institutionId === institutionId && (departmentId === null || slot.departmentId === departmentId);
  if (!slot || !isOfRecipient) return { code: 'slot-taken', state: status };
  if (slot.withdrawnAt !== null) return { code: 'slot-withdrawn', state: status };
  if (await isSlotBooked(trx, slotId)) return { code: 'slot-taken', state: status };
  // Only the recipient books what is open to all; the initiator books what the department keeps for those who send patients.
  if (actor?.institutionId === referral.initiator.institutionId && !slot.reserved) return { code: 'transition-not-allowed', state: status };
  const fromCentre = (await findInstitution(trx, referral.initiator.institutionId))?.kind === 'community-health-centre';
  return mayBook({ releaseAt: slot.releaseAt?.getTime() ?? null }, { fromCentre, at })
    ? undefined
    : { code: 'slot-reserved', state: status };
}

/** Every way out of an appointment frees its slot. */
export async function moveBooking(
  trx: Trx,
  referralId: string,
  { before, after, at }: { before: string | null; after: string | null; at: number },
): Promise<void> {
  if (before === after) return;
  if (before !== null) await freeSlotOf(trx, referralId);
  if (after !== null) await bookSlot(trx, { slotId: after, referralId, bookedAt: new Date(at) });
}
