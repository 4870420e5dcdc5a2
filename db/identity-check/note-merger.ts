/** Every merger has its row, whoever has reported it, so that it can be taken back. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Trx } from '../kit/transaction.ts';
import { decideCheck, lockOpenCheck } from './decide-check.ts';

/**
 * Notes the merger before the records become one. A proposal of the record is answered by it: confirmed where it named the same records, else rejected,
 * because the record has gone over into another one. The caller holds the locks of both.
 */
export async function noteMerger(
  trx: Trx,
  { factId, patientId, intoId }: { factId: string; patientId: string; intoId: string },
): Promise<void> {
  const open = await trx
    .selectFrom('merger')
    .select(['id', 'into_id as intoId'])
    .where('patient_id', '=', patientId)
    .where('state', 'in', ['proposed', 'merged', 'retracting'])
    .forUpdate()
    .executeTakeFirst();
  const check = open && (await lockOpenCheck(trx, { kind: 'merger', mergerId: open.id }));
  const isTheSame = open?.intoId === intoId;
  if (check) await decideCheck(trx, check, { confirmed: isTheSame, decision: { factId }, by: null, closedBy: 'patients-merged' });
  if (open && !isTheSame) await trx.updateTable('merger').set({ state: 'rejected' }).where('id', '=', open.id).execute();
  const homes = sql`(select home_institution_id from patient where id = ${patientId}), (select home_institution_id from patient where id = ${intoId})`;
  if (open && isTheSame)
    await sql`
      update merger set state = 'merged', fact_id = ${factId}, merged_at = now(), (home_before, into_home_before) = (select ${homes})
      where id = ${open.id}`.execute(trx);
  else
    await sql`
      insert into merger (id, patient_id, into_id, institution_id, state, reason, proposed_by, fact_id, merged_at, home_before, into_home_before)
      select ${uuid()}::uuid, ${patientId}, ${intoId}, into_record.home_institution_id, 'merged', fact.source,
        jsonb_build_object('personId', sender_id, 'institutionId', sender_institution_id, 'role', 'gateway'), fact.id, now(), ${homes}
      from fact, patient as into_record where fact.id = ${factId} and into_record.id = ${intoId}`.execute(trx);
}
