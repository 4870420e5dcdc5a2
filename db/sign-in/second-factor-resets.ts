/** Taking somebody's second factor away: one administrator asks for it, another one agrees. */
import type { Trx } from '../kit/transaction.ts';

export interface ProposedReset {
  id: string;
  proposedBy: string;
  proposedRole: string;
}

/** The one that is open, kept for this transaction; undefined without one. */
export async function findOpenReset(trx: Trx, personId: string): Promise<ProposedReset | undefined> {
  return trx
    .selectFrom('second_factor_reset')
    .select(['id', 'proposed_by as proposedBy', 'proposed_role as proposedRole'])
    .where('person_id', '=', personId)
    .where('done_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
}

/** Two at once: the second breaks the unique index. */
export async function proposeReset(trx: Trx, reset: ProposedReset & { personId: string; reason: string; at: Date }): Promise<void> {
  await trx
    .insertInto('second_factor_reset')
    .values({
      id: reset.id,
      person_id: reset.personId,
      reason: reset.reason,
      proposed_by: reset.proposedBy,
      proposed_role: reset.proposedRole,
      proposed_at: reset.at,
    })
    .execute();
}

export async function completeReset(trx: Trx, { id, doneBy, at }: { id: string; doneBy: string; at: Date }): Promise<void> {
  await trx.updateTable('second_factor_reset').set({ done_by: doneBy, done_at: at }).where('id', '=', id).execute();
}
