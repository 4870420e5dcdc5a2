/** Release and rejection of a load, the head nurse's review, and the form by which an implant leaves before its biological indicator. */

import type { LoadStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { findEmergencyRefusal, findReleaseRefusal, statusOfLoad } from '../../domain/steriliser-load/release.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { type Act, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { resolvePacks } from '../sterile-supply/find-things.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { requireAllowed } from './cycle.ts';
import { factsOf, loadMemberRows } from './load-facts.ts';
import { entriesOf, handlersOf, type LockedLoad, lockLoad, type MovedPack, tellLoad, toActRefused } from './lock-load.ts';
import { rejectPacks, releasePacks } from './member-packs.ts';
import { recountRequalification } from './requalification.ts';

/** Throws ActRefused with the first guard that fails. An implant in the load: it is quarantined until its biological indicator passes. */
export async function releaseLoad(act: Act, loadId: string): Promise<void> {
  const { trx, actor, happenedAt } = act;
  const load = await lockLoad(trx, loadId);
  if (load.status !== 'ended' || load.purpose === 'requalification') requireAllowed(load, 'release');
  const rows = await loadMemberRows(trx, loadId);
  const ground = {
    ...rows,
    unloaded: load.unloadedAt !== null,
    physical: load.physical,
    handledBy: handlersOf(load),
    reviewed: load.reviewedBy !== null,
  };
  const refusal = findReleaseRefusal(ground, actor.personId, loadNormRules(localDateOf(happenedAt.getTime())));
  if (refusal) throw toActRefused(refusal);
  const status = statusOfLoad({ ...factsOf(load, rows), released: true });
  await trx
    .updateTable('steriliser_load')
    .set({ status, released_at: happenedAt, released_by: actor.personId })
    .where('id', '=', loadId)
    .execute();
  const packs = status === 'quarantined' ? [] : await releasePacks(act, loadId);
  await recordOutcome(act, load, 'load-released', { status, packs });
  await tellLoad(act, loadId, 'load-released', { loadStatus: status });
}

export async function rejectLoad(act: Act, loadId: string, reason: string): Promise<void> {
  const { trx, happenedAt } = act;
  const load = await lockLoad(trx, loadId);
  requireAllowed(load, 'reject');
  await trx.updateTable('steriliser_load').set({ status: 'rejected', rejected_at: happenedAt }).where('id', '=', loadId).execute();
  const packs = await rejectPacks(act, loadId);
  await recordOutcome(act, load, 'load-rejected', { status: 'rejected', packs, details: { reason } });
  await tellLoad(act, loadId, 'load-rejected', { loadStatus: 'rejected' });
  if (load.purpose === 'requalification') await recountRequalification(act, load.steriliser.id);
}

/** The head nurse has looked at a load with wet packs. */
export async function reviewLoad(act: Act, loadId: string, note: string): Promise<void> {
  const { trx, actor } = act;
  const load = await lockLoad(trx, loadId);
  requireAllowed(load, 'review');
  await trx.updateTable('steriliser_load').set({ reviewed_by: actor.personId, review_note: note }).where('id', '=', loadId).execute();
  await recordOutcome(act, load, 'load-reviewed', { status: load.status, packs: [] });
  await tellLoad(act, loadId, 'load-reviewed', { loadStatus: load.status });
}

export interface EmergencyRequest {
  /** Ids, codes, or what is printed on the labels. */
  packIds: readonly string[];
  institutionId: string;
  clinician: string;
  reason: string;
}

/** Only the packs of the form leave, and only for the place that it names. Throws ActRefused. */
export async function releaseEarly(act: Act, loadId: string, form: EmergencyRequest): Promise<void> {
  const { trx, actor, happenedAt } = act;
  const load = await lockLoad(trx, loadId);
  const packIds = await findFormPacks(act, loadId, form.packIds);
  await requireInstitution(act, form.institutionId);
  requireAllowed(load, 'emergency-release');
  const rows = await loadMemberRows(trx, loadId);
  const rules = loadNormRules(localDateOf(happenedAt.getTime()));
  const refusal = findEmergencyRefusal({ chemical: rows.chemical, handledBy: handlersOf(load) }, actor.personId, rules);
  if (refusal) throw toActRefused(refusal);
  const emergency = { ...form, packIds, by: actor.personId, at: happenedAt.toISOString() };
  await trx
    .updateTable('steriliser_load')
    .set({ status: 'released-early', emergency: JSON.stringify(emergency) })
    .where('id', '=', loadId)
    .execute();
  const packs = await releasePacks(act, loadId, packIds);
  const details = { packIds, institutionId: form.institutionId };
  await recordOutcome(act, load, 'load-released-early', { status: 'released-early', packs, details });
  await tellLoad(act, loadId, 'load-released-early', { loadStatus: 'released-early' });
}

async function findFormPacks({ trx }: Act, loadId: string, given: readonly string[]): Promise<string[]> {
  const ids = (await resolvePacks(trx, given, 'packIds')).map(({ id }) => id);
  const packs = await trx.selectFrom('pack').select(['id', 'status']).where('id', 'in', ids).where('load_id', '=', loadId).execute();
  const ofLoad = packs.map(({ id }) => id);
  const foreign = ids.findIndex((id) => !ofLoad.includes(id));
  if (foreign >= 0) throw refuseField(`packIds.${foreign}`, { zh: '不在本锅', en: 'not in this load' });
  const flawed = packs.find(({ status }) => status === 'rejected' || status === 'ended' || status === 'opened');
  if (flawed) throw refuseTransition(flawed.status, []);
  return ids.sort();
}

async function requireInstitution({ trx }: Act, id: string): Promise<void> {
  const found = await trx.selectFrom('institution').select('id').where('id', '=', id).executeTakeFirst();
  if (!found) throw refuseField('forInstitutionId', { zh: '没有此机构', en: 'no such institution' });
}

const recordOutcome = (
  act: Act,
  load: LockedLoad,
  event: string,
  { status, packs, details }: { status: LoadStatus; packs: readonly MovedPack[]; details?: Record<string, unknown> },
): Promise<void> => appendLedger(act, entriesOf(load, event, { from: load.status, to: status, packs, ...(details ? { details } : {}) }));
