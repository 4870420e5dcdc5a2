/** What the commit writes of a referral: its row and the institutions that it has gone to. */
import type { Insertable, Updateable } from 'kysely';
import type { Leg, PastAppointment, ReferralState } from '../../domain/referral/state.ts';
import type { Trx } from '../kit/transaction.ts';
import type { ReferralTable } from './tables.ts';

export async function insertReferral(trx: Trx, row: Insertable<ReferralTable>): Promise<void> {
  await trx.insertInto('referral').values(row).execute();
}

export async function updateReferral(trx: Trx, id: string, changes: Updateable<ReferralTable>): Promise<void> {
  await trx.updateTable('referral').set(changes).where('id', '=', id).execute();
}

/** Writes how the latest appointment ended, and what was reported at the end where that has been said now. */
export async function saveEnding(trx: Trx, referralId: string, { pastAppointment, outcome }: Ending): Promise<void> {
  const appointment = { past_appointment: pastAppointment && JSON.stringify(pastAppointment) };
  const changed = outcome === null ? appointment : { ...appointment, outcome };
  await trx
    .insertInto('referral_ending')
    .values({ referral_id: referralId, ...appointment, outcome })
    .onConflict((conflict) => conflict.column('referral_id').doUpdateSet(changed))
    .execute();
}

export interface Ending {
  pastAppointment: PastAppointment | null;
  /** Null where nothing has been said of it now. */
  outcome: string | null;
}

export async function findManagementPlan(trx: Trx, id: string): Promise<unknown> {
  const { plan } = await trx.selectFrom('referral').select('management_plan as plan').where('id', '=', id).executeTakeFirstOrThrow();
  return plan;
}

/** The legs are written in order: an old one ends before a new one begins, because only one may be current at any time. */
export async function saveLegs(trx: Trx, referralId: string, legs: readonly Leg[]): Promise<void> {
  await Promise.all(
    legs.map((leg) => {
      const ended = { to_at: leg.to === null ? null : new Date(leg.to), end_reason: leg.endReason };
      return trx
        .insertInto('referral_leg')
        .values({
          referral_id: referralId,
          n: leg.n,
          institution_id: leg.institutionId,
          department_id: leg.departmentId,
          from_at: new Date(leg.from),
          ...ended,
        })
        .onConflict((conflict) => conflict.columns(['referral_id', 'n']).doUpdateSet(ended))
        .execute();
    }),
  );
}

/**
 * Whether the patient has another open referral to the same department; the one that this replaces does not count. Locks the patient: of two at
 * once for one patient the second waits here and then sees the first.
 */
export async function hasOtherOpenReferral(
  trx: Trx,
  referralId: string,
  { patientId, addressee, replacesId }: Pick<ReferralState, 'patientId' | 'addressee' | 'replacesId'>,
): Promise<boolean> {
  const locked = trx.selectFrom('patient').select('id').where('id', '=', patientId).forNoKeyUpdate().execute();
  const found = trx
    .selectFrom('referral')
    .select('id')
    .where('patient_id', '=', patientId)
    .where('institution_id', '=', addressee.institutionId)
    .where('department_id', 'is not distinct from', addressee.departmentId)
    .where('sent_at', 'is not', null)
    .where('closed_at', 'is', null)
    .where('status', 'not in', ['completed', 'rejected'])
    .where('id', '<>', referralId)
    .where('id', 'is distinct from', replacesId)
    .limit(1)
    .executeTakeFirst();
  const [, open] = await Promise.all([locked, found]);
  return open !== undefined;
}
