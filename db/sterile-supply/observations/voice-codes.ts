/** Voice codes of the dispatcher, by which a hand-over goes on after the bundle has run out: checked when the scan arrives. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Trx } from '../../kit/transaction.ts';
import type { ObservedScan } from './resolve-scans.ts';

/** A code is short and spoken, so it is hashed together with its stop. */
export const hashVoiceCode = (stopId: string, code: string): string => createHash('sha256').update(`${stopId} ${code}`).digest('hex');

/** The scans that name a voice code which the dispatcher gave for their stop. */
export async function findVoicedScans(trx: Trx, scans: readonly ObservedScan[]): Promise<Set<string>> {
  const named = scans.flatMap(({ id, stop, body }) =>
    stop && body.voiceCode !== undefined ? [{ id, stopId: stop.id, hash: hashVoiceCode(stop.id, body.voiceCode) }] : [],
  );
  if (named.length === 0) return new Set();
  const { rows } = await sql<{ id: string }>`
    select given.id from jsonb_to_recordset(${JSON.stringify(named)}::jsonb) as given (id uuid, "stopId" uuid, hash text)
      join voice_code on stop_id = "stopId" and code_hash = hash`.execute(trx);
  return new Set(rows.map(({ id }) => id));
}
