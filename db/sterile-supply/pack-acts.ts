/** What is done with one pack by itself: assembled, checked, compromised, broken out, restocked, opened, sent back unopened. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import {
  allowedPackActs,
  type CompromiseReason,
  mayPackAct,
  type PackAct,
  type PackStanding,
  rejectReasonOf,
} from '../../domain/sterile-supply/packs.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Trx } from '../kit/transaction.ts';
import { followRecalls } from '../recall/follow-recalls.ts';
import { noteInnerCiFailures } from '../steriliser-load/load-inquiry.ts';
import { type Act, ActRefused, refuseTransition } from './act.ts';
import { getSupplyDepartment } from './department.ts';
import { requireDispensable } from './dispensable.ts';
import { custodyOf, lockPacks, type PackRow } from './find-things.ts';
import { appendLedger } from './ledger.ts';
import { lockSets, requireSetAct } from './set-instances.ts';

/** A new pack of an inspected set, with a number of its own. Throws ActRefused when the set waits for something else. Resolves with its id. */
export async function assemblePack(act: Act, setInstanceId: string): Promise<string> {
  const { trx, actor, happenedAt } = act;
  const [set] = await lockSets(trx, [setInstanceId]);
  if (!set) throw new Error('A set is never deleted.');
  requireSetAct([set], 'assemble');
  const type = await trx
    .selectFrom('set_type')
    .select(['packaging', 'surgical', 'implant'])
    .where('id', '=', set.set_type_id)
    .executeTakeFirstOrThrow();
  // What an earlier pack of this set was left as has ended, since its set was washed and inspected again.
  await trx
    .updateTable('pack')
    .set({ status: 'ended', status_since: happenedAt })
    .where('set_instance_id', '=', set.id)
    .where('status', 'in', ['opened', 'rejected'])
    .execute();
  const id = uuid();
  await trx
    .insertInto('pack')
    .values({
      id,
      code: sql<string>`'P' || lpad(nextval('pack_number')::text, 8, '0')`,
      set_instance_id: set.id,
      set_type_id: set.set_type_id,
      ...type,
      owner_institution_id: set.ownership === 'centre-owned' ? set.owner_institution_id : null,
      status: 'assembled',
      status_since: happenedAt,
      packer_id: actor.personId,
    })
    .execute();
  await trx.updateTable('set_instance').set({ status: 'packed', status_since: happenedAt }).where('id', '=', set.id).execute();
  await appendLedger(act, [
    { thing: { type: 'set-instance', id: set.id }, event: 'assembled', from: set.status, to: 'packed', details: { packId: id } },
    {
      thing: { type: 'pack', id },
      event: 'assembled',
      to: 'assembled',
      holder: await getSupplyDepartment(trx),
      details: { setInstanceId: set.id },
    },
  ]);
  return id;
}

/** Another person looks at the pack. Throws ActRefused `same-person` for the packer. */
export async function checkPack(act: Act, packId: string): Promise<void> {
  const pack = await lockPackFor(act, packId, 'check');
  if (pack.packer_id === act.actor.personId) throw new ActRefused('same-person');
  await movePack(act, pack, 'checked', 'checked', { checker_id: act.actor.personId });
}

/** An unopened pack is spoilt, wherever it is. It leaves a load that has not started. */
export async function compromisePack(act: Act, packId: string, reason: CompromiseReason): Promise<void> {
  const pack = await lockPackFor(act, packId, 'compromise');
  if (pack.status === 'planned') await act.trx.deleteFrom('load_pack').where('pack_id', '=', pack.id).where('counts', '=', true).execute();
  const leaves = pack.status === 'planned' ? { load_id: null } : {};
  await movePack(act, pack, 'rejected', 'compromised', { ...leaves, reject_reason: rejectReasonOf(reason) }, { reason });
}

/** The life of a pack ends unused, at the supply department, and its set goes to the wash. */
export async function breakOutPack(act: Act, packId: string): Promise<void> {
  const pack = await lockPackFor(act, packId, 'break-out');
  await requireCustody(act.trx, pack, ({ type }) => type === 'cssd');
  const [set] = await lockSets(act.trx, [pack.set_instance_id]);
  if (!set) throw new Error('A set is never deleted.');
  await act.trx.updateTable('set_instance').set({ status: 'in-decon', status_since: act.happenedAt }).where('id', '=', set.id).execute();
  await movePack(act, pack, 'ended', 'broken-out', { slip_line_id: null, allocated_institution_id: null, consignment_id: null });
  await appendLedger(act, [
    {
      thing: { type: 'set-instance', id: set.id },
      event: 'broken-out',
      from: set.status,
      to: 'in-decon',
      holder: await getSupplyDepartment(act.trx),
      details: { packId },
    },
  ]);
  await followRecalls(act, [packId]);
}

/**
 * What its round brought back goes into the store again, where it is whole and still dispensable; else it is compromised. Throws ActRefused while the
 * round is under way.
 */
export async function restockPack(act: Act, packId: string, { intact }: { intact: boolean }): Promise<void> {
  const pack = await lockPackFor(act, packId, 'restock');
  const round = await act.trx
    .selectFrom('consignment')
    .innerJoin('supply_round', 'supply_round.id', 'consignment.round_id')
    .select(['supply_round.id', 'supply_round.status'])
    .where('consignment.id', '=', pack.consignment_id)
    .executeTakeFirst();
  if (round && round.status !== 'returned' && round.status !== 'handed-over') throw refuseTransition(round.status, []);
  const free = { slip_line_id: null, allocated_institution_id: null, consignment_id: null };
  const holder = await getSupplyDepartment(act.trx);
  const details = { consignmentId: pack.consignment_id, intact };
  if (intact) await requireDispensable(act, [packId], { for: null });
  await movePack(
    act,
    pack,
    intact ? 'released' : 'rejected',
    'restocked',
    { ...free, reject_reason: intact ? null : 'compromised' },
    details,
    { holder, roundId: round?.id },
  );
  await followRecalls(act, [packId]);
}

export interface Opening {
  innerCi: 'pass' | 'fail';
  patientReference: string | null;
  /** The print of the label that the pack was asked by. */
  print: number | null;
}

/**
 * A centre opens a pack that lies there. Throws ActRefused with the reasons when it must not be used. An inner indicator that failed rejects the pack;
 * opened it is all the same, so its set is used.
 */
export async function openPack(act: Act, packId: string, { innerCi, patientReference, print }: Opening): Promise<void> {
  const { institutionId } = act.actor;
  const pack = await lockPackFor(act, packId, 'open');
  await requireCustody(act.trx, pack, ({ type, id }) => type === 'centre' && id === institutionId);
  await requireDispensable(act, [{ id: packId, print }], { for: institutionId });
  const passed = innerCi === 'pass';
  await movePack(
    act,
    pack,
    passed ? 'opened' : 'rejected',
    'opened',
    {
      inner_ci: innerCi,
      opened_at: act.happenedAt,
      opened_institution_id: institutionId,
      patient_reference: patientReference,
      reject_reason: passed ? null : 'inner-ci-failed',
    },
    { innerCi },
  );
  await act.trx
    .updateTable('set_instance')
    .set({ status: 'used', status_since: act.happenedAt })
    .where('id', '=', pack.set_instance_id)
    .execute();
  await appendLedger(act, [
    {
      thing: { type: 'set-instance', id: pack.set_instance_id },
      event: 'opened',
      from: 'packed',
      to: 'used',
      holder: { type: 'centre', id: institutionId },
      details: { packId },
    },
  ]);
  await followRecalls(act, [packId]);
  if (!passed) await noteInnerCiFailures(act, [packId]);
}

/** A centre sends back what it has not used. It never returns to the store. */
export async function returnUnopenedPack(act: Act, packId: string, reason: string): Promise<void> {
  const { institutionId } = act.actor;
  const pack = await lockPackFor(act, packId, 'return-unopened');
  await requireCustody(act.trx, pack, ({ type, id }) => type === 'centre' && id === institutionId);
  await movePack(act, pack, 'rejected', 'returned-unopened', { reject_reason: 'returned-unopened' }, { reason });
}

/** Locks the pack and looks whether its state allows the act. Throws ActRefused where it does not. */
export async function lockPackFor(act: Act, packId: string, name: PackAct): Promise<PackRow> {
  const [pack] = await lockPacks(act.trx, [packId]);
  if (!pack) throw new Error('A pack is never deleted.');
  const standing = await findStanding(act, pack);
  if (!mayPackAct(name, standing)) throw refuseTransition(pack.status, allowedPackActs(standing));
  return pack;
}

async function findStanding({ trx, happenedAt }: Act, { id, status, expires_on }: PackRow): Promise<PackStanding> {
  const line = await trx
    .selectFrom('recall_line')
    .innerJoin('recall', 'recall.id', 'recall_line.recall_id')
    .select('recall.id')
    .where('pack_id', '=', id)
    .where('drill', '=', false)
    .limit(1)
    .executeTakeFirst();
  return { status, recalled: line !== undefined, expired: expires_on !== null && localDateOf(happenedAt.getTime()) > expires_on };
}

async function requireCustody(trx: Trx, pack: PackRow, isThere: (holder: { type: string; id: string }) => boolean): Promise<void> {
  const custody = (await custodyOf(trx, 'pack', [pack.id])).get(pack.id);
  if (!custody || !isThere(custody.holder)) throw new ActRefused('not-in-custody');
}

type PackColumns = Partial<
  Pick<
    PackRow,
    | 'checker_id'
    | 'reject_reason'
    | 'load_id'
    | 'slip_line_id'
    | 'allocated_institution_id'
    | 'consignment_id'
    | 'inner_ci'
    | 'opened_at'
    | 'opened_institution_id'
    | 'patient_reference'
  >
>;

/** Writes the new state and the ledger's line of one pack. */
async function movePack(
  act: Act,
  pack: PackRow,
  status: PackRow['status'],
  event: string,
  columns: PackColumns,
  details: Record<string, unknown> = {},
  place: { holder?: Awaited<ReturnType<typeof getSupplyDepartment>>; roundId?: string | undefined } = {},
): Promise<void> {
  await act.trx
    .updateTable('pack')
    .set({ ...columns, status, status_since: act.happenedAt })
    .where('id', '=', pack.id)
    .execute();
  await appendLedger(act, [
    {
      thing: { type: 'pack', id: pack.id },
      event,
      from: pack.status,
      to: status,
      loadId: pack.load_id,
      details,
      ...place,
    },
  ]);
}
