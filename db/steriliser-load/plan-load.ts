/** Planning a load: which packs and indicators go into it. Its members change until it starts. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { LabelContent } from '../../domain/sterile-supply/labels.ts';
import type { PackStatus, Program } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Trx } from '../kit/transaction.ts';
import { type Act, ActRefused, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { resolvePacks, resolveThing } from '../sterile-supply/find-things.ts';
import { type Printing, printLabels } from '../sterile-supply/labels.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { lockLoad, type MovedPack } from './lock-load.ts';

export interface NewIndicator {
  kind: 'bi' | 'pcd-ci';
  product: string;
  lot: string;
  incubationMinutes: number | null;
  class: number | null;
}

export interface NewLoad {
  steriliserId: string;
  program: Program;
  purpose: 'packs' | 'requalification';
  packIds: readonly string[];
  indicators: readonly NewIndicator[];
}

/** Returns its id. Throws ActRefused. */
export async function planLoad(act: Act, { steriliserId, program, purpose, packIds, indicators }: NewLoad): Promise<string> {
  const { trx, recordedAt } = act;
  if (purpose === 'requalification' && packIds.length > 0)
    throw refuseField('packIds', { zh: '再验证须空载', en: 'a requalification load is empty' });
  const steriliser = { id: await resolveThing(trx, 'steriliser', steriliserId, 'steriliserId') };
  const id = uuid();
  const day = localDateOf(recordedAt.getTime()).slice(2).replaceAll('-', '');
  await trx
    .insertInto('steriliser_load')
    .values({
      id,
      number: sql`${day} || '-' || lpad(nextval('steriliser_load_number')::text, 5, '0')`,
      steriliser_id: steriliser.id,
      program,
      purpose,
      status: 'planned',
    })
    .execute();
  if (indicators.length > 0)
    await trx
      .insertInto('load_indicator')
      .values(
        indicators.map(({ incubationMinutes, ...indicator }) => ({
          ...indicator,
          id: uuid(),
          load_id: id,
          incubation_minutes: incubationMinutes,
          status: 'placed' as const,
        })),
      )
      .execute();
  const packs = await addPacks(trx, { id, program }, packIds, 'packIds');
  await appendLedger(act, [
    { thing: { type: 'load', id }, event: 'load-planned', to: 'planned', loadId: id, details: { steriliserId: steriliser.id, program } },
    ...packEntries(id, 'pack-loaded', packs),
  ]);
  return id;
}

/** Throws ActRefused. */
export async function changeMembers(
  act: Act,
  loadId: string,
  { add, remove }: { add: readonly string[]; remove: readonly string[] },
): Promise<void> {
  const { trx } = act;
  const load = await lockLoad(trx, loadId);
  if (load.status !== 'planned') throw refuseTransition(load.status, []);
  if (load.purpose === 'requalification' && add.length > 0)
    throw refuseField('add', { zh: '再验证须空载', en: 'a requalification load is empty' });
  const removed = await removePacks(trx, loadId, remove);
  const added = await addPacks(trx, load, add, 'add');
  // The load itself has changed, so that whoever read it before is told.
  await trx.updateTable('steriliser_load').set({ status: 'planned' }).where('id', '=', loadId).execute();
  await appendLedger(act, [...packEntries(loadId, 'pack-unloaded', removed), ...packEntries(loadId, 'pack-loaded', added)]);
}

/** A label for each member of a planned load, in the order of their ids. Throws ActRefused. */
export async function printLoadLabelsOf(act: Act, loadId: string, printing: Printing): Promise<LabelContent[]> {
  const load = await lockLoad(act.trx, loadId);
  if (load.status !== 'planned') throw refuseTransition(load.status, []);
  const members = await act.trx.selectFrom('load_pack').select('pack_id as id').where('load_id', '=', loadId).orderBy('pack_id').execute();
  if (members.length === 0) return [];
  return printLabels(
    act,
    members.map(({ id }) => id),
    printing,
  );
}

const packEntries = (loadId: string, event: string, packs: readonly MovedPack[]) =>
  packs.map(({ id, from, to }) => ({ thing: { type: 'pack' as const, id }, event, from, to, loadId }));

interface MemberToBe {
  id: string;
  status: PackStatus;
  checked: boolean;
  surgical: boolean;
  loadId: string | null;
  programs: string[];
}

/** The packs that somebody names by id, by code or by what is printed on a label, locked in the order of their ids. Throws ActRefused 422. */
async function lockGivenPacks(trx: Trx, given: readonly string[], path: string): Promise<MemberToBe[]> {
  if (given.length === 0) return [];
  const ids = (await resolvePacks(trx, given, path)).map(({ id }) => id);
  return trx
    .selectFrom('pack')
    .innerJoin('set_type', 'set_type.id', 'pack.set_type_id')
    .select([
      'pack.id',
      'pack.status',
      sql<boolean>`checker_id is not null`.as('checked'),
      'pack.surgical',
      'load_id as loadId',
      'set_type.programs',
    ])
    .where('pack.id', 'in', ids)
    .orderBy('pack.id')
    .forUpdate('pack')
    .execute();
}

async function addPacks(trx: Trx, load: { id: string; program: Program }, given: readonly string[], path: string): Promise<MovedPack[]> {
  const packs = await lockGivenPacks(trx, given, path);
  if (packs.length === 0) return [];
  const notReady = packs.find(({ status, surgical }) => status !== 'checked' && (surgical || status !== 'assembled'));
  if (notReady) throw refuseTransition(notReady.status, []);
  const otherwise = packs.filter(({ programs }) => !programs.includes(load.program));
  if (otherwise.length > 0) throw new ActRefused('wrong-program', { packIds: otherwise.map(({ id }) => id) });
  const ids = packs.map(({ id }) => id);
  await trx
    .with('member', (db) => db.insertInto('load_pack').values(ids.map((packId) => ({ load_id: load.id, pack_id: packId }))))
    .updateTable('pack')
    .set({ status: 'in-load', load_id: load.id })
    .where('id', 'in', ids)
    .execute();
  return packs.map(({ id, status }) => ({ id, from: status, to: 'in-load' }));
}

async function removePacks(trx: Trx, loadId: string, given: readonly string[]): Promise<MovedPack[]> {
  const packs = await lockGivenPacks(trx, given, 'remove');
  if (packs.length === 0) return [];
  if (packs.some((pack) => pack.loadId !== loadId))
    throw refuseField('remove', { zh: '有包不在本锅', en: 'not all of them are in this load' });
  const ids = packs.map(({ id }) => id);
  await trx.deleteFrom('load_pack').where('load_id', '=', loadId).where('pack_id', 'in', ids).execute();
  await trx
    .updateTable('pack')
    .set({ status: sql`case when checker_id is null then 'assembled' else 'checked' end`, load_id: null })
    .where('id', 'in', ids)
    .execute();
  return packs.map(({ id, checked }) => ({ id, from: 'in-load', to: checked ? 'checked' : 'assembled' }));
}
