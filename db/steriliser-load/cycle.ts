/** The end of a cycle: its whole record, or that it was broken off. */

import { allowedLoadActs, type LoadAct } from '../../domain/steriliser-load/allowed-acts.ts';
import { type CycleRecord, judgeCycle } from '../../domain/steriliser-load/cycle.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { type Act, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { entriesOf, type LockedLoad, lockLoad, tellLoad } from './lock-load.ts';
import { rejectPacks } from './member-packs.ts';
import { recountRequalification } from './requalification.ts';

/** Throws ActRefused in a state that does not allow the act. */
export function requireAllowed(load: LockedLoad, act: LoadAct): void {
  const allowed = allowedLoadActs({ ...load, unloaded: load.unloadedAt !== null });
  if (!allowed.includes(act)) throw refuseTransition(load.status, allowed);
}

export interface CycleEnd extends CycleRecord {
  printout?: string | undefined;
}

/** Throws ActRefused. */
export async function endLoad(act: Act, loadId: string, record: CycleEnd): Promise<void> {
  const { trx, actor } = act;
  const load = await lockLoad(trx, loadId);
  requireAllowed(load, 'end');
  const endedAt = await endRun(act, load);
  const at = { ...act, happenedAt: endedAt };
  const { physical, because } = judgeCycle(load.program, record, loadNormRules(localDateOf(endedAt.getTime())));
  await trx
    .updateTable('steriliser_load')
    .set({ status: 'ended', ended_at: endedAt, ended_by: actor.personId, physical, cycle_record: JSON.stringify(record) })
    .where('id', '=', loadId)
    .execute();
  await appendLedger(
    at,
    entriesOf(load, 'load-ended', { from: load.status, to: 'ended', packs: [], details: { physical } }).map((entry) => ({
      ...entry,
      because,
    })),
  );
  await tellLoad(at, loadId, 'load-ended', { loadStatus: 'ended' });
  if (load.purpose === 'requalification' && physical === 'fail') await recountRequalification(act, load.steriliser.id);
}

/** A cycle that was broken off never ended. */
export async function abortLoad(act: Act, loadId: string, reason: string): Promise<void> {
  const { trx, happenedAt } = act;
  const load = await lockLoad(trx, loadId);
  requireAllowed(load, 'abort');
  await endRun(act, load);
  await trx.updateTable('steriliser_load').set({ status: 'rejected', rejected_at: happenedAt }).where('id', '=', loadId).execute();
  const packs = await rejectPacks(act, loadId);
  await appendLedger(act, entriesOf(load, 'load-aborted', { from: load.status, to: 'rejected', packs, details: { reason } }));
  await tellLoad(act, loadId, 'load-aborted', { loadStatus: 'rejected' });
  if (load.purpose === 'requalification') await recountRequalification(act, load.steriliser.id);
}

/**
 * The steriliser is free from here on. A run that was recorded after a later one has its end, or one before which it was over: that counts unless
 * somebody says otherwise.
 */
async function endRun({ trx, happenedAt, recordedAt }: Act, { id, startedAt }: LockedLoad): Promise<Date> {
  const told = happenedAt.getTime() !== recordedAt.getTime();
  const run = await trx.selectFrom('steriliser_run').select('ended_at as endedAt').where('id', '=', id).executeTakeFirstOrThrow();
  const latest =
    run.endedAt !== null && (run.endedAt < happenedAt || (startedAt !== null && happenedAt <= startedAt)) ? run.endedAt : happenedAt;
  const endedAt = told ? happenedAt : latest;
  if (startedAt && endedAt <= startedAt) throw refuseField('happenedAt', { zh: '须晚于开始时间', en: 'has to be after the start' });
  if (run.endedAt?.getTime() !== endedAt.getTime())
    await trx.updateTable('steriliser_run').set({ ended_at: endedAt }).where('id', '=', id).execute();
  return endedAt;
}
