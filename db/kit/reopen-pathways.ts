/**
 * A pathway that a fact has ended hears that the fact was taken back: its row is open again, and the relay of facts begins a new run of its workflow
 * from the state that is stored. What it does then is its own decision; one that ends again at once has only noted it.
 */
import { sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import { deciders, type PathwayFact } from '../../domain/kit/registry.ts';
import type { Database } from './database.ts';
import type { Trx } from './transaction.ts';

/** Opens those that had heard of one of the facts, have ended, and listen to the fact that takes it back; with `recordIds` only those of these records. */
export async function reopenPathways(
  trx: Trx,
  { factIds, type, recordIds }: { factIds: readonly string[]; type: PathwayFact; recordIds?: readonly string[] },
): Promise<void> {
  const kinds = deciders.filter(({ facts }) => (facts as readonly string[]).includes(type)).map(({ kind }) => kind);
  await sql`
    update pathway set status = 'open', ended_at = null
    where status = 'ended' and version > 0 and (${recordIds === undefined} or patient_id = any(${[...(recordIds ?? [])]}::text[])) and kind = any(${kinds}::text[])
      and id in (select pathway_id from fact_delivery where fact_id = any(${[...factIds]}::uuid[]))`.execute(trx);
}

export interface ReopenedPathway {
  version: number;
  /** As it is stored: documents are named and not written out. */
  state: unknown;
  /** The creating command, which every run is started with. Its input stands in the state by now. */
  first: { id: string; name: string; actor: Actor; input: unknown };
  /** At least so many runs came before. */
  runs: number;
}

/** What a new run of a pathway begins with; undefined for one that has not begun. */
export async function findReopenedPathway(db: Database, id: string): Promise<ReopenedPathway | undefined> {
  const row = await db
    .selectFrom('pathway')
    .select(['kind', 'version', 'state'])
    .where('id', '=', id)
    .where('version', '>', 0)
    .executeTakeFirst();
  if (!row) return undefined;
  const creation = deciders.find(({ kind }) => kind === row.kind)?.creation ?? '';
  const first = await db
    .selectFrom('command')
    .select(['id', 'actor'])
    .where('pathway_id', '=', id)
    .where('name', '=', creation)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
  const actor = (first?.actor ?? { personId: 'carepath', institutionId: '', role: 'gateway' }) as Actor;
  return { version: row.version, state: row.state, first: { id: first?.id ?? id, name: creation, actor, input: null }, runs: 1 };
}
