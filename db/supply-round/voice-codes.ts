/** Voice codes: what a dispatcher tells a courier by telephone when the bundle is too old. They are kept as hashes only. */
import { hash, verify } from '@node-rs/argon2';
import type { Trx } from '../kit/transaction.ts';
import { type Act, refuseField } from '../sterile-supply/act.ts';
import { lockRoundFor } from './lock-round.ts';

/** Throws ActRefused: transition-not-allowed, invalid-request for a stop that the round does not have. */
export async function storeVoiceCode(
  act: Act,
  roundId: string,
  { id, code, stopId, reason }: { id: string; code: string; stopId: string; reason: string },
): Promise<void> {
  const { trx, actor, recordedAt } = act;
  await lockRoundFor(trx, roundId, 'voice-codes');
  const stop = await trx
    .selectFrom('round_stop')
    .select('id')
    .where('id', '=', stopId)
    .where('round_id', '=', roundId)
    .where('moved_to_round_id', 'is', null)
    .executeTakeFirst();
  if (!stop) throw refuseField('stopId', { zh: '本次下收下送没有这个站点', en: 'no stop of this round' });
  await trx
    .insertInto('voice_code')
    .values({ id, stop_id: stopId, code_hash: await hash(code), reason, issued_by: JSON.stringify(actor), issued_at: recordedAt })
    .execute();
}

/** Whether a code that was given with a scan is one that was issued for the stop. */
export async function isVoiceCodeOf(trx: Trx, stopId: string, code: string): Promise<boolean> {
  const issued = await trx.selectFrom('voice_code').select('code_hash').where('stop_id', '=', stopId).execute();
  for (const { code_hash } of issued) if (await verify(code_hash, code)) return true;
  return false;
}
