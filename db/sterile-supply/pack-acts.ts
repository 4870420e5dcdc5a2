/** What is done with one pack by itself: assembled, checked, compromised, broken out, restocked, opened, sent back unopened. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { type DispensableGround, reasonsAgainst } from '../../domain/sterile-supply/dispensable.ts';
import {
  allowedPackActs,
  type CompromiseReason,
  mayPackAct,
  type PackAct,
  type PackStanding,
  rejectReasonOf,
} from '../../domain/sterile-supply/packs.ts';
import type { Holder, SetStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { followRecalls } from '../recall/follow-recalls.ts';
import { noteInnerCiFailures } from '../steriliser-load/load-inquiry.ts';
import { type Act, ActRefused, refuseTransition } from './act.ts';
import { getSupplyDepartment } from './department.ts';
import { loadDispensableGround } from './dispensable.ts';
import { custodyOf, lockPacks, type PackRow } from './find-things.ts';
import { appendLedger, type LedgerEntry } from './ledger.ts';
import { loadNormRules } from './norm-rules.ts';
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
  const { pack } = await lockPackFor(act, packId, 'check');
  if (pack.packer_id === act.actor.personId) throw new ActRefused('same-person');
  await writePack(act, pack, { status: 'checked', checker_id: act.actor.personId });
  await appendLedger(act, [entryOf(pack, 'checked', 'checked')]);
}

/** An unopened pack is spoilt, wherever it is. It leaves a load that has not started. */
export async function compromisePack(act: Act, packId: string, reason: CompromiseReason): Promise<void> {
  const { pack } = await lockPackFor(act, packId, 'compromise');
  // A pack has a day of sterilisation from the start of its load on.
  const planned = pack.status === 'in-load' && pack.sterilised_on === null;
  if (planned) await act.trx.deleteFrom('load_pack').where('pack_id', '=', pack.id).where('counts', '=', true).execute();
  await writePack(act, pack, { status: 'rejected', reject_reason: rejectReasonOf(reason), ...(planned ? { load_id: null } : {}) });
  await appendLedger(act, [entryOf(pack, 'compromised', 'rejected', { details: { reason } })]);
}

/** Nobody sets a pack aside or carries it any more. */
const free = { slip_line_id: null, allocated_institution_id: null, consignment_id: null };

/** The life of a pack ends unused, at the supply department, and its set goes to the wash. */
export async function breakOutPack(act: Act, packId: string): Promise<void> {
  const { pack } = await lockPackFor(act, packId, 'break-out');
  const custody = (await custodyOf(act.trx, 'pack', [pack.id])).get(pack.id);
  if (custody?.holder.type !== 'cssd') throw new ActRefused('not-in-custody');
  await writePack(act, pack, { ...free, status: 'ended' });
  const ofSet = await moveSetOf(act, pack, { event: 'broken-out', to: 'in-decon', holder: custody.holder });
  await appendLedger(act, [entryOf(pack, 'broken-out', 'ended'), ...ofSet]);
  await followRecalls(act, [packId]);
}

/**
 * What its round brought back goes into the store again, where it is whole and still dispensable; one that is not whole is rejected. Throws ActRefused
 * while the round is under way.
 */
export async function restockPack(act: Act, packId: string, { intact }: { intact: boolean }): Promise<void> {
  const { pack, ground } = await lockPackFor(act, packId, 'restock');
  const round = await act.trx
    .selectFrom('consignment')
    .innerJoin('supply_round', 'supply_round.id', 'consignment.round_id')
    .select(['supply_round.id', 'supply_round.status'])
    .where('consignment.id', '=', pack.consignment_id)
    .executeTakeFirst();
  if (round && round.status !== 'returned' && round.status !== 'handed-over') throw refuseTransition(round.status, []);
  if (intact) refuseNotDispensable(act, ground, { for: null, print: null });
  const status = intact ? 'released' : 'rejected';
  await writePack(act, pack, { ...free, status, reject_reason: intact ? null : 'compromised' });
  await appendLedger(act, [
    entryOf(pack, 'restocked', status, {
      holder: await getSupplyDepartment(act.trx),
      roundId: round?.id,
      details: { consignmentId: pack.consignment_id, intact },
    }),
  ]);
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
  const { pack, ground } = await lockPackFor(act, packId, 'open');
  requireAtCentre(ground, institutionId);
  refuseNotDispensable(act, ground, { for: institutionId, print });
  const passed = innerCi === 'pass';
  const status = passed ? 'opened' : 'rejected';
  await writePack(act, pack, {
    status,
    inner_ci: innerCi,
    opened_at: act.happenedAt,
    opened_institution_id: institutionId,
    patient_reference: patientReference,
    reject_reason: passed ? null : 'inner-ci-failed',
  });
  const ofSet = await moveSetOf(act, pack, { event: 'opened', to: 'used', holder: { type: 'centre', id: institutionId } });
  await appendLedger(act, [entryOf(pack, 'opened', status, { details: { innerCi } }), ...ofSet]);
  await followRecalls(act, [packId]);
  if (!passed) await noteInnerCiFailures(act, [packId]);
}

/** A centre sends back what it has not used. It never returns to the store. */
export async function returnUnopenedPack(act: Act, packId: string, reason: string): Promise<void> {
  const { pack, ground } = await lockPackFor(act, packId, 'return-unopened');
  requireAtCentre(ground, act.actor.institutionId);
  await writePack(act, pack, { status: 'rejected', reject_reason: 'returned-unopened' });
  await appendLedger(act, [entryOf(pack, 'returned-unopened', 'rejected', { details: { reason } })]);
}

/** Locks the pack and looks whether its state allows the act. Throws ActRefused where it does not. */
async function lockPackFor(act: Act, packId: string, name: PackAct): Promise<{ pack: PackRow; ground: DispensableGround }> {
  const [pack] = await lockPacks(act.trx, [packId]);
  const ground = (await loadDispensableGround(act.trx, [packId])).get(packId);
  if (!pack || !ground) throw new Error('A pack is never deleted.');
  const standing: PackStanding = {
    status: pack.status,
    recalled: ground.recallIds.length > 0,
    expired: pack.expires_on !== null && localDateOf(act.happenedAt.getTime()) > pack.expires_on,
  };
  if (!mayPackAct(name, standing)) throw refuseTransition(pack.status, allowedPackActs(standing));
  return { pack, ground };
}

function requireAtCentre({ lyingInstitutionId }: DispensableGround, institutionId: string): void {
  if (lyingInstitutionId !== institutionId) throw new ActRefused('not-in-custody');
}

function refuseNotDispensable(act: Act, ground: DispensableGround, question: { for: string | null; print: number | null }): void {
  const at = act.happenedAt.getTime();
  const reasons = reasonsAgainst(ground, { ...question, at }, loadNormRules(localDateOf(at)));
  if (reasons.length > 0) throw new ActRefused('pack-not-dispensable', { packs: [{ packId: ground.packId, reasons }] });
}

type PackColumns = Pick<PackRow, 'status'> &
  Partial<
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

async function writePack({ trx, happenedAt }: Act, { id }: PackRow, columns: PackColumns): Promise<void> {
  await trx
    .updateTable('pack')
    .set({ ...columns, status_since: happenedAt })
    .where('id', '=', id)
    .execute();
}

const entryOf = (pack: PackRow, event: string, to: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  thing: { type: 'pack', id: pack.id },
  event,
  from: pack.status,
  to,
  loadId: pack.load_id,
  ...more,
});

/**
 * The set of a pack follows it, in one statement. Gives its line for the ledger; none when the set has gone on without the pack, as one whose opened pack
 * was rejected is counted and washed like any other.
 */
async function moveSetOf(
  { trx, happenedAt }: Act,
  pack: PackRow,
  { event, to, holder }: { event: string; to: SetStatus; holder: Holder },
): Promise<LedgerEntry[]> {
  const { rows } = await sql<{ from: string }>`
    with before as (select id, status from set_instance where id = ${pack.set_instance_id}
      and status in ('packed', 'used', 'in-transit-soiled') for update)
    update set_instance set status = ${to}, status_since = ${happenedAt} from before where set_instance.id = before.id
    returning before.status as "from"`.execute(trx);
  return rows.map(({ from }) => ({
    thing: { type: 'set-instance', id: pack.set_instance_id },
    event,
    from,
    to,
    holder,
    details: { packId: pack.id },
  }));
}
