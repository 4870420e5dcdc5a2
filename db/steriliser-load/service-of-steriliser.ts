/** What puts a steriliser out of service and takes it back: its status, and the outage from and to the instants of the acts. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { RecallPolicy } from '../../domain/sterile-supply/vocabulary.ts';
import { allowedSteriliserActs, type SteriliserAct, type SteriliserStatus, statusAfter } from '../../domain/steriliser-load/steriliser.ts';
import type { Trx } from '../kit/transaction.ts';
import { type Act, refuseTransition } from '../sterile-supply/act.ts';
import { appendLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';

export interface NewSteriliser {
  code: string;
  kind: 'prevacuum' | 'gravity';
  qualifiedAt: Date | null;
  recallPolicy: RecallPolicy;
}

/** Before this instant nobody reports anything: a steriliser that was never qualified has been out of service ever since. */
const EVER_SINCE = new Date(0);

/** A steriliser that was qualified is in service. Returns its id. */
export async function registerSteriliser(act: Act, { code, kind, qualifiedAt, recallPolicy }: NewSteriliser): Promise<string> {
  const id = uuid();
  const status = qualifiedAt === null ? 'out-of-service' : 'in-service';
  const { institutionId } = act.actor;
  await act.trx
    .insertInto('steriliser')
    .values({ id, code, kind, recall_policy: recallPolicy, status, qualified_at: qualifiedAt })
    .execute();
  if (qualifiedAt === null) await openOutage(act.trx, { id, since: EVER_SINCE, reason: 'not-qualified' });
  await appendLedger(act, [{ ...entryOf(id, 'registered', null, status), holder: { type: 'cssd', id: institutionId } }]);
  return id;
}

/** What the head nurse does with a steriliser, and in which words. Throws ActRefused. */
export async function changeService(
  act: Act,
  id: string,
  { name, words, requalificationRuns }: { name: SteriliserAct; words: string | null; requalificationRuns: number },
): Promise<void> {
  const { trx, happenedAt } = act;
  const before = await lockSteriliser(trx, id);
  const allowed = allowedSteriliserActs(before.status, { passed: before.passed, of: requalificationRuns });
  if (!allowed.includes(name)) throw refuseTransition(before.status, allowed);
  const status = statusAfter[name];
  await trx
    .updateTable('steriliser')
    .set({
      status,
      ...(name === 'begin-requalification'
        ? { requalification_passed: 0, requalification_cause: words, requalification_since: happenedAt }
        : {}),
    })
    .where('id', '=', id)
    .execute();
  if (name === 'take-out' || name === 'retire') await openOutage(trx, { id, since: happenedAt, reason: name });
  if (name === 'return-to-service')
    await trx
      .updateTable('steriliser_outage')
      .set({ until: sql<Date>`greatest(since, ${happenedAt})` })
      .where('steriliser_id', '=', id)
      .where('until', 'is', null)
      .execute();
  await appendLedger(act, [{ ...entryOf(id, eventOf[name], before.status, status), details: words === null ? {} : { words } }]);
}

const eventOf: Record<SteriliserAct, string> = {
  'take-out': 'taken-out',
  'begin-requalification': 'requalification-begun',
  'return-to-service': 'returned-to-service',
  retire: 'retired',
};

/** Locks the steriliser until the transaction ends: acts on one steriliser come one after the other. */
export const lockSteriliser = (trx: Trx, id: string): Promise<{ id: string; status: SteriliserStatus; passed: number }> =>
  trx
    .selectFrom('steriliser')
    .select(['id', 'status', 'requalification_passed as passed'])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow();

/**
 * Puts a steriliser out of service as of `act.happenedAt`; one that is out already was so from the earlier of the two instants on. What calls this has
 * locked the steriliser. A retired one stays retired. Three statements.
 */
export async function putOutOfService(
  act: Act,
  steriliserId: string,
  { reason, loadId }: { reason: 'bi-invalid-twice' | 'bowie-dick-failed-twice'; loadId?: string },
): Promise<void> {
  const { trx, happenedAt } = act;
  const { numUpdatedRows } = await trx
    .updateTable('steriliser')
    .set({ status: 'out-of-service' })
    .where('id', '=', steriliserId)
    .where('status', 'in', ['in-service', 'requalifying'])
    .executeTakeFirst();
  await openOutage(trx, { id: steriliserId, since: happenedAt, reason });
  if (numUpdatedRows > 0n)
    await appendLedger(act, [{ ...entryOf(steriliserId, 'taken-out', null, 'out-of-service'), loadId, details: { reason } }]);
}

async function openOutage(trx: Trx, { id, since, reason }: { id: string; since: Date; reason: string }): Promise<void> {
  await trx
    .insertInto('steriliser_outage')
    .values({ id: uuid(), steriliser_id: id, since, reason })
    .onConflict((conflict) =>
      conflict
        .columns(['steriliser_id'])
        .where('until', 'is', null)
        .doUpdateSet({ since: sql`least(steriliser_outage.since, excluded.since)` }),
    )
    .execute();
}

const entryOf = (id: string, event: string, from: string | null, to: string): LedgerEntry => ({
  thing: { type: 'steriliser', id },
  event,
  from,
  to,
});
