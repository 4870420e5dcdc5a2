/** What a lock leaves behind: an entry of the audit, and word to the person whose account it is. */
import type { Actor } from '../../domain/kit/pathway.ts';
import { accountLockedTemplate } from '../../domain/messages/account-texts.ts';
import { auditWrite } from '../kit/audit.ts';
import type { Database } from '../kit/database.ts';

export async function lockAccount(
  db: Database,
  { actor, personId, at, requestId }: { actor: Actor; personId: string; at: Date; requestId: string },
): Promise<void> {
  await auditWrite(db, { actor, action: 'account.lock', targetType: 'person', targetId: personId, requestId, patientId: null });
  await db
    .insertInto('message')
    .columns(['key', 'pathway_id', 'template', 'parameters', 'recipient_type', 'recipient_id', 'channel'])
    .expression(({ selectFrom, val }) =>
      selectFrom('person')
        .select([
          val(`${accountLockedTemplate}:${personId}:${at.getTime()}`).as('key'),
          val<string | null>(null).as('pathway_id'),
          val(accountLockedTemplate).as('template'),
          val('{}').as('parameters'),
          val('person').as('recipient_type'),
          'id as recipient_id',
          'channel',
        ])
        .where('id', '=', personId),
    )
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}
