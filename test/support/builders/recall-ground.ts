/** Sterilisers with their runs and packs as rows, for recalls: without the acts that lead there. */
import { v7 as uuid } from 'uuid';
import type { Database } from '../../../db/kit/database.ts';
import { inTransaction } from '../../../db/kit/transaction.ts';
import { openRecallOfFailure } from '../../../db/recall/open-recall.ts';
import { lockRecallGround } from '../../../db/recall/recall-ground.ts';
import type { Act } from '../../../db/sterile-supply/act.ts';
import type { Actor } from '../../../domain/kit/pathway.ts';
import type { LoadStatus } from '../../../domain/sterile-supply/vocabulary.ts';
import { insertPacks, moveThings, newCode } from './supply-things.ts';

const releaser: Actor = { personId: 'person-releaser', institutionId: 'inst-cssd', role: 'releaser' };
export const cssd = { type: 'cssd', id: 'inst-cssd' } as const;
export const centre = (number: string) => ({ type: 'centre', id: `inst-c${number}` }) as const;

export async function insertSteriliser(
  db: Database,
  { policy = 'cn-ws310', qualifiedAt = null }: { policy?: 'cn-ws310' | 'conservative' | 'cdc'; qualifiedAt?: Date | null } = {},
): Promise<string> {
  const code = newCode('steriliser');
  await db
    .insertInto('steriliser')
    .values({ id: code, code, kind: 'prevacuum', recall_policy: policy, status: 'in-service', qualified_at: qualifiedAt })
    .execute();
  return code;
}

/** Three empty runs have passed, and the head nurse takes the steriliser back. */
export async function requalify(db: Database, steriliserId: string): Promise<void> {
  for (const status of ['requalifying', 'in-service'] as const)
    await db.updateTable('steriliser').set({ status, requalification_passed: 3 }).where('id', '=', steriliserId).execute();
}

export interface NewRun {
  steriliserId: string;
  startedAt: Date;
  status?: LoadStatus;
  purpose?: 'packs' | 'requalification';
  indicators?: readonly ('placed' | 'incubating' | 'pass' | 'fail' | 'invalid')[];
  packIds?: readonly string[];
}

/** A run of 40 minutes, 15 minutes apart from the next at the soonest; its packs are its members. */
export async function insertRun(db: Database, run: NewRun): Promise<string> {
  const { steriliserId, startedAt, status = 'released', purpose = 'packs', indicators = [], packIds = [] } = run;
  const id = uuid();
  await db
    .insertInto('steriliser_load')
    .values({ id, number: newCode('load'), steriliser_id: steriliserId, program: 'steam-134', purpose, status: 'planned' })
    .execute();
  if (packIds.length > 0)
    await db
      .insertInto('load_pack')
      .values(packIds.map((pack_id) => ({ load_id: id, pack_id })))
      .execute();
  const endedAt = new Date(startedAt.getTime() + 40 * 60_000);
  await db
    .updateTable('steriliser_load')
    .set({ status, started_at: startedAt, ended_at: endedAt, physical: 'pass' })
    .where('id', '=', id)
    .execute();
  if (packIds.length > 0)
    await db
      .updateTable('pack')
      .set({ load_id: id })
      .where('id', 'in', [...packIds])
      .execute();
  for (const indicator of indicators) await insertIndicator(db, id, indicator);
  return id;
}

export async function insertIndicator(
  db: Database,
  loadId: string,
  status: 'placed' | 'incubating' | 'pass' | 'fail' | 'invalid',
): Promise<void> {
  await db.insertInto('load_indicator').values({ id: uuid(), load_id: loadId, kind: 'bi', product: '1292', lot: 'L1', status }).execute();
}

/** A pack that lies somewhere. */
export async function insertPackAt(
  db: Database,
  setTypeId: string,
  holder: { type: string; id: string },
  fields: Parameters<typeof insertPacks>[3] = {},
): Promise<string> {
  const status = holder.type === 'centre' ? 'at-centre' : holder.type === 'round' ? 'on-vehicle' : 'released';
  const [packId = ''] = await insertPacks(db, setTypeId, 1, { status, ...fields });
  await moveThings(db, 'pack', [packId], holder, new Date('2026-03-01T00:00:00Z'));
  return packId;
}

/** Does the work as an act of the releaser. */
export const inAct = <T>(db: Database, at: Date, work: (act: Act) => Promise<T>): Promise<T> =>
  inTransaction(db, releaser, (trx) =>
    work({ trx, actor: releaser, happenedAt: at, recordedAt: at, late: false, requestId: uuid(), scanId: null }),
  );

/** The indicator of the load has failed, as far as the recall is concerned. Gives the id of the recall. */
export async function recallFailedLoad(act: Act, failed: { steriliserId: string; loadId: string }): Promise<string> {
  const found = await lockRecallGround(act.trx, failed);
  if (!found) throw new Error('There is no such steriliser.');
  return openRecallOfFailure(act, found.ground);
}
