/** Incubating and reading indicators, and what a reading makes of the load and of the steriliser. */
import { sql } from 'kysely';
import type { LoadStatus } from '../../domain/sterile-supply/vocabulary.ts';
import { type BiologicalStatus, type Growth, isRunOf, readBiologicalIndicator } from '../../domain/steriliser-load/indicators.ts';
import { statusOfLoad, takesBack } from '../../domain/steriliser-load/release.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Trx } from '../kit/transaction.ts';
import { growRecallsOf } from '../recall/grow-recalls.ts';
import { openRecallOfFailure } from '../recall/open-recall.ts';
import { findSupplyPlaces } from '../recall/places.ts';
import { lockRecallGround, type RecallGround } from '../recall/recall-ground.ts';
import { type Act, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { appendLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import type { IndicatorStatus } from './indicators.ts';
import { factsOf, loadMemberRows, type MemberRows, memberColumns } from './load-facts.ts';
import { inquire, isOver } from './load-inquiry.ts';
import { entriesOf, type LockedLoad, type MovedPack, selectLoads, tellLoad, toActRefused, toLockedLoad } from './lock-load.ts';
import { releasePacks, takeBackPacks } from './member-packs.ts';
import { recountRequalification } from './requalification.ts';
import { putOutOfService } from './service-of-steriliser.ts';

/** What somebody read: of a biological indicator its growth, of a chemical one its result. */
export interface GivenReading {
  growth?: boolean | undefined;
  control?: Growth['control'];
  result?: 'pass' | 'fail' | undefined;
}

interface LockedIndicator {
  id: string;
  kind: 'bi' | 'pcd-ci';
  lot: string;
  status: IndicatorStatus;
  incubationMinutes: number | null;
  dueAt: Date | null;
  readAt: Date | null;
  readBy: string | null;
  growth: boolean | null;
  control: unknown;
}

/** The steriliser and the load first, as every act does, and then the indicator: in one statement, because each row is read as it is once it is locked. */
async function lockIndicator(trx: Trx, id: string): Promise<{ load: LockedLoad; indicator: LockedIndicator }> {
  const { indicatorId, kind, lot, indicatorStatus, incubationMinutes, dueAt, readAt, readBy, growth, control, ...load } = await selectLoads(
    trx,
  )
    .innerJoin('load_indicator', 'load_indicator.load_id', 'steriliser_load.id')
    .select([
      'load_indicator.id as indicatorId',
      'load_indicator.kind',
      'lot',
      'load_indicator.status as indicatorStatus',
      'incubation_minutes as incubationMinutes',
      'due_at as dueAt',
      'read_at as readAt',
      'read_by as readBy',
      'growth',
      'control',
    ])
    .where('load_indicator.id', '=', id)
    .forUpdate(['steriliser', 'steriliser_load', 'load_indicator'])
    .executeTakeFirstOrThrow();
  return {
    load: toLockedLoad(load),
    indicator: { id: indicatorId, kind, lot, status: indicatorStatus, incubationMinutes, dueAt, readAt, readBy, growth, control },
  };
}

/** Throws ActRefused. */
export async function incubateIndicator(act: Act, id: string): Promise<void> {
  const { trx, happenedAt } = act;
  const { load, indicator } = await lockIndicator(trx, id);
  if (indicator.kind !== 'bi' || indicator.status !== 'placed')
    throw refuseTransition(indicator.status, indicator.kind === 'bi' ? [] : ['read']);
  requireCycleOver(load);
  if (load.endedAt && happenedAt < load.endedAt)
    throw refuseField('happenedAt', { zh: '早于灭菌结束', en: 'lies before the end of the cycle' });
  const dueAt = new Date(happenedAt.getTime() + (indicator.incubationMinutes ?? 0) * 60_000);
  await trx
    .updateTable('load_indicator')
    .set({ status: 'incubating', incubated_at: happenedAt, due_at: dueAt })
    .where('id', '=', indicator.id)
    .execute();
  await appendLedger(act, [entryOf(load, indicator, 'bi-incubated', 'incubating')]);
  await tellLoad(act, load.id, 'bi-incubated', { loadStatus: load.status, indicatorId: indicator.id, dueAt: dueAt.getTime() });
}

/** Throws ActRefused. */
export async function readIndicator(act: Act, id: string, given: GivenReading): Promise<void> {
  const { load, indicator } = await lockIndicator(act.trx, id);
  const reading = requireReading(indicator, given);
  const readable = indicator.kind === 'bi' ? indicator.status === 'incubating' : indicator.status === 'placed';
  if (!readable) throw refuseTransition(indicator.status, nextActs(indicator));
  requireCycleOver(load);
  const status = judge(act, indicator, reading);
  await writeReading(act, indicator, reading, { status, readAt: act.happenedAt, readBy: act.actor.personId });
  await followReading(act, { load, indicator, status, corrected: false }, indicator.kind === 'bi' ? 'bi-read' : 'ci-read');
}

/** What was read is put right; the load is judged again as if it had been read so at first. The earlier reading stays on record. Throws ActRefused. */
export async function correctIndicator(act: Act, id: string, { reason, ...given }: GivenReading & { reason: string }): Promise<void> {
  const { load, indicator } = await lockIndicator(act.trx, id);
  const reading = requireReading(indicator, given);
  if (indicator.readAt === null) throw refuseTransition(indicator.status, nextActs(indicator));
  const status = judge(act, indicator, reading);
  const correction = {
    status: indicator.status,
    growth: indicator.growth,
    control: indicator.control,
    readBy: indicator.readBy,
    correctedBy: act.actor.personId,
    correctedAt: act.happenedAt.toISOString(),
    reason,
  };
  await writeReading(act, indicator, reading, { status, readAt: indicator.readAt, readBy: indicator.readBy, correction });
  await followReading(act, { load, indicator, status, corrected: true }, indicator.kind === 'bi' ? 'bi-corrected' : 'ci-corrected');
}

export const nextActs = ({ kind, status }: Pick<LockedIndicator, 'kind' | 'status'>): ('incubate' | 'read' | 'correct')[] => {
  if (status === 'placed') return [kind === 'bi' ? 'incubate' : 'read'];
  return [status === 'incubating' ? 'read' : 'correct'];
};

/** An indicator is looked at once the machine has stopped. */
function requireCycleOver({ status }: LockedLoad): void {
  if (status === 'planned' || status === 'running') throw refuseTransition(status, []);
}

/** Of each kind its own members. Throws ActRefused 422. */
function requireReading({ kind }: LockedIndicator, given: GivenReading): GivenReading {
  const wanted = kind === 'bi' ? 'growth' : 'result';
  const foreign = (kind === 'bi' ? (['result'] as const) : (['growth', 'control'] as const)).find((member) => given[member] !== undefined);
  if (foreign) throw refuseField(foreign, { zh: '不适用于此类指示物', en: 'not of this kind of indicator' });
  if (given[wanted] === undefined) throw refuseField(wanted, { zh: '必填', en: 'required' });
  return given;
}

function judge({ happenedAt }: Act, { lot, dueAt }: LockedIndicator, { growth, control, result }: GivenReading) {
  if (growth === undefined) return result ?? 'fail';
  const verdict = readBiologicalIndicator(
    { growth, control },
    { lot, dueAt: dueAt?.getTime() ?? Number.POSITIVE_INFINITY },
    happenedAt.getTime(),
  );
  if (!verdict.ok) throw toActRefused(verdict.refusal);
  return verdict.status;
}

async function writeReading(
  { trx }: Act,
  { id }: LockedIndicator,
  { growth, control }: GivenReading,
  { status, readAt, readBy, correction }: { status: IndicatorStatus; readAt: Date; readBy: string | null; correction?: unknown },
): Promise<void> {
  await trx
    .updateTable('load_indicator')
    .set({
      status,
      growth: growth ?? null,
      control: control ? JSON.stringify(control) : null,
      read_at: readAt,
      read_by: readBy,
      ...(correction ? { corrections: sql`corrections || ${JSON.stringify([correction])}::jsonb` } : {}),
    })
    .where('id', '=', id)
    .execute();
}

interface Read {
  load: LockedLoad;
  indicator: LockedIndicator;
  status: 'pass' | 'fail' | 'invalid';
  /** It had been read before. */
  corrected: boolean;
}

/** The load is what its facts make it now; the steriliser goes out of service where the machine says so. */
async function followReading(act: Act, read: Read, event: 'bi-read' | 'bi-corrected' | 'ci-read' | 'ci-corrected'): Promise<void> {
  const { load, indicator, status: result } = read;
  const { rows, recallGround } = await loadGround(act.trx, read);
  const status = statusOfLoad(factsOf(load, rows));
  // A load that fails is failed by the recall that it opens, with everything that follows from it.
  const recalls = status === 'failed' ? recallGround : undefined;
  const changed = status !== load.status && !recalls;
  const packs = changed ? await changeStatus(act, load, status) : [];
  const entries = [
    entryOf(load, indicator, event, result),
    ...(changed ? entriesOf(load, eventOfStatus(status), { from: load.status, to: status, packs }) : []),
  ];
  const opened = recalls ? await openRecallOfFailure(act, recalls, entries) : null;
  if (!recalls) await appendLedger(act, entries);
  await followInSteriliser(act, read, event, opened);
  const usedPacks = rows.usedPacks && takesBack(load.status, status);
  const unread = rows.biological.some(({ readAt }) => readAt === null);
  // Once everything of the load was read, its own pathway has ended.
  if (read.corrected && isOver(load.status, unread) && usedPacks)
    return inquire(act, { loadId: load.id, loadStatus: status, packId: null }, await findSupplyPlaces(act.trx));
  // Nobody waits for a chemical indicator by a clock, so the pathway hears of one only where it changes the load.
  if (indicator.kind === 'pcd-ci' && status === load.status) return;
  const fact = { loadStatus: status, indicatorId: indicator.id, usedPacks };
  await tellLoad(act, load.id, event === 'bi-corrected' || event === 'ci-corrected' ? 'bi-corrected' : 'bi-read', fact);
}

/** What the load is judged by, and of an indicator that failed also what a recall begins from. One statement. */
async function loadGround(
  trx: Trx,
  { load, indicator, status }: Read,
): Promise<{ rows: MemberRows; recallGround: RecallGround | undefined }> {
  if (indicator.kind !== 'bi' || status !== 'fail' || load.purpose !== 'packs')
    return { rows: await loadMemberRows(trx, load.id), recallGround: undefined };
  const which = { steriliserId: load.steriliser.id, loadId: load.id };
  const found = await lockRecallGround<MemberRows>(trx, which, memberColumns(load.id));
  if (!found) throw new Error('A load has its steriliser.');
  return { rows: found.beside, recallGround: found.ground };
}

/** What a reading means beyond its load: a requalification is counted anew, open recalls find their scope again, invalid readings add up. */
async function followInSteriliser(act: Act, { load, indicator, status }: Read, event: string, opened: string | null): Promise<void> {
  const steriliserId = load.steriliser.id;
  const isRequalification = load.purpose === 'requalification';
  if (isRequalification) await recountRequalification(act, steriliserId);
  if (indicator.kind !== 'bi') return;
  if (event === 'bi-corrected' || (isRequalification && status === 'fail')) await growRecallsOf(act, steriliserId, { except: opened });
  if (status === 'invalid' && (await isOneOfInvalid(act, load, indicator.id)))
    await putOutOfService(act, steriliserId, { reason: 'bi-invalid-twice', loadId: load.id });
}

const eventOfStatus = (status: LoadStatus): string =>
  status === 'confirmed' || status === 'failed' ? `load-${status}` : 'load-judged-again';

async function changeStatus(act: Act, load: LockedLoad, status: LoadStatus): Promise<MovedPack[]> {
  await act.trx
    .updateTable('steriliser_load')
    .set({ status, failed_at: status === 'failed' ? act.happenedAt : null })
    .where('id', '=', load.id)
    .execute();
  if (status === 'confirmed' || status === 'released') return releasePacks(act, load.id);
  return takesBack(load.status, status) ? takeBackPacks(act, load.id) : [];
}

/** By the order of the runs, not of the readings. */
async function isOneOfInvalid({ trx, happenedAt }: Act, load: LockedLoad, id: string): Promise<boolean> {
  const read = await trx
    .selectFrom('load_indicator')
    .innerJoin('steriliser_load', 'steriliser_load.id', 'load_indicator.load_id')
    .select(['load_indicator.id', 'load_indicator.status'])
    .where('steriliser_id', '=', load.steriliser.id)
    .where('load_indicator.kind', '=', 'bi')
    .where('load_indicator.status', 'in', ['pass', 'fail', 'invalid'])
    .orderBy('started_at')
    .orderBy('load_indicator.id')
    .$narrowType<{ status: BiologicalStatus }>()
    .execute();
  const { runsInARowOutOfService } = loadNormRules(localDateOf(happenedAt.getTime()));
  return isRunOf(
    read.map(({ status }) => status),
    read.findIndex((indicator) => indicator.id === id),
    'invalid',
    runsInARowOutOfService.invalidIndicators,
  );
}

const entryOf = (load: LockedLoad, { id, kind, status }: LockedIndicator, event: string, to: IndicatorStatus): LedgerEntry => ({
  thing: { type: 'load-indicator', id },
  event,
  from: status,
  to,
  loadId: load.id,
  details: { kind, steriliserId: load.steriliser.id },
});
