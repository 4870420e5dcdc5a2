/** Reads what the tables hold, so that a test can show that nothing was written. */
import { sql } from 'kysely';
import { vi } from 'vitest';
import type { Database } from '../../../db/kit/database.ts';

/**
 * A fingerprint of every table's rows, a changed row counts like a new one. Without the audit table: who was denied and who read is recorded there,
 * without the bookkeeping of the migrations, and without the seals of the ledger and of the audit, which the worker lays over what stands in
 * them already. Without sessions and failures to sign in, which whoever asks brings about.
 */
export async function contentsOf(db: Database): Promise<Record<string, string>> {
  await waitUntilAcknowledged(db);
  const { rows: tables } = await sql<{ name: string }>`
    select tablename as name from pg_tables where schemaname = 'public'
      and tablename not in ('custody_seal', 'custody_unsealed', 'sign_in_session', 'sign_in_failure') and tablename not like 'audit%' and tablename not like 'kysely%' order by 1`.execute(
    db,
  );
  const contents: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await sql<{ count: string; hash: string | null }>`
      select count(*), md5(string_agg(md5(each::text), '' order by md5(each::text))) as hash from ${sql.table(name)} as each`.execute(db);
    contents[name] = `${rows[0]?.count} rows, ${rows[0]?.hash}`;
  }
  return contents;
}

/** Whoever asks on a busy machine learns what a command came to before its row says that nobody has to send it again. */
async function waitUntilAcknowledged(db: Database): Promise<void> {
  const open = db.selectFrom('command').select('id').where('pathway_id', 'is not', null).where('acked_at', 'is', null).limit(1);
  await vi.waitUntil(async () => (await open.execute()).length === 0, { timeout: 30_000, interval: 100 });
}
