/** Who signed at a stop, and for which side. */
import { sql } from 'kysely';
import type { Trx } from '../kit/transaction.ts';
import type { Act } from '../sterile-supply/act.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';

export async function holdsPostAt(trx: Trx, personId: string, institutionId: string): Promise<boolean> {
  const post = await trx
    .selectFrom('post')
    .select('person_id')
    .where('person_id', '=', personId)
    .where('institution_id', '=', institutionId)
    .executeTakeFirst();
  return post !== undefined;
}

export interface Signatory {
  personId: string;
  ofCentre: boolean;
}

/** Which of these people there are, and which of them work at the centre. */
export async function findSignatories(trx: Trx, personIds: readonly string[], institutionId: string): Promise<Signatory[]> {
  const { rows } = await sql<Signatory>`
    select id as "personId", exists (select from post where person_id = person.id and institution_id = ${institutionId}) as "ofCentre"
    from person where id = any(${personIds}::text[]) order by id`.execute(trx);
  return rows;
}

/** Somebody of the centre says in their own session that the delivery was signed for: what was not proved then is proved now. */
export async function verifyCentreSignatures(act: Act, stopId: string): Promise<void> {
  const { trx, actor, happenedAt } = act;
  await sql`
    insert into stop_signature (stop_id, person_id, side, method, verified, signed_at)
    values (${stopId}, ${actor.personId}, 'centre', 'session', true, ${happenedAt})
    on conflict (stop_id, person_id) do update set verified = true`.execute(trx);
  await trx.updateTable('stop_signature').set({ verified: true }).where('stop_id', '=', stopId).where('side', '=', 'centre').execute();
  await sql`update round_stop set status = status where id = ${stopId}`.execute(trx);
  await appendLedger(act, [{ thing: { type: 'stop', id: stopId }, event: 'signature-confirmed', stopId }]);
}
