/** Sets of instruments: registered once, then through wash, inspection and many packs. */
import { type Selectable, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { allowedSetActs, maySetAct, type SetAct, setStatusAfter } from '../../domain/sterile-supply/sets.ts';
import type { SupplySight } from '../../domain/sterile-supply/sight.ts';
import type { Holder, Ownership, SetStatus } from '../../domain/sterile-supply/vocabulary.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import { type Act, refuseTransition } from './act.ts';
import { getSupplyDepartment } from './department.ts';
import { appendLedger } from './ledger.ts';
import { setsInSight } from './sight.ts';
import type { SetInstanceTable } from './tables.ts';

export type SetRow = Selectable<SetInstanceTable>;

export interface NewSet {
  setTypeId: string;
  code: string;
  ownership: Ownership;
  ownerInstitutionId: string | null;
  /** The centre at which it lies used; null: at the supply department, waiting for its wash. */
  institutionId: string | null;
}

/** Fails on a code that is taken. */
export async function registerSet(act: Act, { setTypeId, code, ownership, ownerInstitutionId, institutionId }: NewSet): Promise<string> {
  const id = uuid();
  const holder: Holder = institutionId === null ? await getSupplyDepartment(act.trx) : { type: 'centre', id: institutionId };
  const status: SetStatus = institutionId === null ? 'in-decon' : 'used';
  await act.trx
    .insertInto('set_instance')
    .values({
      id,
      code,
      set_type_id: setTypeId,
      ownership,
      owner_institution_id: ownerInstitutionId,
      status,
      status_since: act.happenedAt,
    })
    .execute();
  await appendLedger(act, [{ thing: { type: 'set-instance', id }, event: 'registered', to: status, holder }]);
  return id;
}

/** Locks sets until the transaction ends, in the order of their ids, and gives their rows in that order. */
export async function lockSets(trx: Trx, ids: readonly string[]): Promise<SetRow[]> {
  if (ids.length === 0) return [];
  return trx
    .selectFrom('set_instance')
    .selectAll()
    .where('id', 'in', [...new Set(ids)])
    .orderBy('id')
    .forUpdate()
    .execute();
}

/** Throws ActRefused unless every set is in a state that allows the act. */
export function requireSetAct(sets: readonly SetRow[], act: SetAct): void {
  const refused = sets.find(({ status }) => !maySetAct(status, act));
  if (refused) throw refuseTransition(refused.status, allowedSetActs(refused.status));
}

const eventOf = {
  complete: 'completed',
  'sign-off-incomplete': 'signed-off-incomplete',
  repaired: 'repaired',
  'report-missing': 'reported-missing',
  retire: 'retired',
} as const;
export type SingleSetAct = keyof typeof eventOf;

/** An act on one set that needs nothing else. Throws ActRefused where its state does not allow it. */
export async function actOnSet(act: Act, setId: string, name: SingleSetAct, reason: string | undefined): Promise<void> {
  const [set] = await lockSets(act.trx, [setId]);
  if (!set) throw new Error('A set is never deleted.');
  requireSetAct([set], name);
  const status = setStatusAfter[name];
  await act.trx
    .updateTable('set_instance')
    .set({
      status,
      status_since: act.happenedAt,
      ...(name === 'sign-off-incomplete' ? { incomplete: true } : {}),
      ...(name === 'complete' ? { incomplete: false, missing_items: '[]' } : {}),
    })
    .where('id', '=', setId)
    .execute();
  await appendLedger(act, [
    {
      thing: { type: 'set-instance', id: setId },
      event: eventOf[name],
      from: set.status,
      to: status,
      ...(reason === undefined ? {} : { details: { reason } }),
    },
  ]);
}

export interface SetFilter {
  status?: SetStatus | undefined;
  setTypeId?: string | undefined;
  ownership?: Ownership | undefined;
  holderId?: string | undefined;
}

/** By id or code, where it is within sight. */
export async function findSet(db: Database, idOrCode: string, sight: SupplySight): Promise<SetRow | undefined> {
  return db
    .selectFrom('set_instance')
    .selectAll()
    .where((where) => where.or([where('id', '=', idOrCode), where('code', '=', idOrCode)]))
    .where(setsInSight(sight))
    .orderBy((order) => order('id', '=', idOrCode), 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** By id. One more than `limit` when there are more. */
export async function listSets(
  db: Database,
  { status, setTypeId, ownership, holderId }: SetFilter,
  sight: SupplySight,
  { limit, after = '' }: { limit: number; after?: string | undefined },
): Promise<SetRow[]> {
  let sets = db
    .selectFrom('set_instance')
    .selectAll()
    .where('id', '>', after)
    .where(setsInSight(sight))
    .orderBy('id')
    .limit(limit + 1);
  if (status !== undefined) sets = sets.where('status', '=', status);
  if (setTypeId !== undefined)
    sets = sets.where('set_type_id', 'in', (from) =>
      from
        .selectFrom('set_type')
        .select('set_type.id')
        .where((where) => where.or([where('set_type.id', '=', setTypeId), where('set_type.code', '=', setTypeId)])),
    );
  if (ownership !== undefined) sets = sets.where('ownership', '=', ownership);
  if (holderId !== undefined)
    sets = sets.where(
      sql<boolean>`exists (select from custody where thing_type = 'set-instance' and thing_id = set_instance.id and until is null
        and holder_id = ${holderId})`,
    );
  return sets.execute();
}
