/** Scans as they arrive: stored before anything else, numbered by their device, applied in the order of the numbers, never refused. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { type Selectable, sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import { clockOffsetMs, meantAt, orderedAt, readyScans } from '../../domain/sterile-supply/scan-order.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { openDiscrepancies } from '../discrepancy/open.ts';
import { reopenDiscrepancies } from '../discrepancy/resolve-by-itself.ts';
import type { Trx } from '../kit/transaction.ts';
import type { Act } from './act.ts';
import { lockDevice, type ScanDevice } from './devices.ts';
import { wasLookedAt } from './held-scans.ts';
import { loadNormRules } from './norm-rules.ts';
import { applyScans } from './observations/apply-scans.ts';
import type { ScanToApply } from './observations/resolve-scans.ts';
import type { ScanTable } from './tables.ts';

type ScanRow = Selectable<ScanTable>;

/** A scan as it was sent. `body` holds everything but its number. */
export interface SentScan {
  seq: number;
  type: string;
  at: Date;
  body: Record<string, unknown>;
}

export interface Batch {
  deviceId: string;
  sentAt: Date;
  receivedAt: Date;
  scans: readonly SentScan[];
}

export interface ScanResult {
  seq: number;
  result: ScanRow['result'] | 'duplicate' | 'conflict';
  observationId: string;
  correctedAt: Date;
  discrepancyIds: string[];
}

/** Takes a batch, in the order in which its scans stand, and applies what no gap holds back. The answer has a result for each, and the gaps. */
export async function receiveScans(act: Act, batch: Batch): Promise<{ results: ScanResult[]; missing: number[] }> {
  const { trx } = act;
  const device = await lockDevice(trx, batch.deviceId);
  const known = await findScans(
    trx,
    batch.deviceId,
    batch.scans.map(({ seq }) => seq),
  );
  const sorted = sortOut(batch, known);
  await insertScans(act, device, batch, sorted.fresh);
  await insertConflicts(act, batch, sorted.conflicts);
  const gaps = await findGaps(trx, device.id);
  if (device.revoked_at === null) await applyReady(act, device.id, gaps);
  else await holdScans(act, device);
  const after = new Map(
    (
      await findScans(
        trx,
        batch.deviceId,
        batch.scans.map(({ seq }) => seq),
      )
    ).map((row) => [row.seq, row]),
  );
  const results = batch.scans.map((scan, n): ScanResult => {
    const row = after.get(scan.seq) as ScanRow;
    const conflict = sorted.conflicts.get(n);
    const result = conflict ? 'conflict' : sorted.duplicates.has(n) ? 'duplicate' : row.result;
    return {
      seq: scan.seq,
      result,
      observationId: conflict?.id ?? row.id,
      correctedAt: row.corrected_at,
      discrepancyIds: conflict ? [] : row.discrepancy_ids,
    };
  });
  return { results, missing: missingOf(gaps) };
}

/** What the device said under that number, without what may differ between two sendings of the same scan. */
const contentHashOf = ({ type, at, body }: SentScan): Buffer =>
  createHash('sha256')
    .update(canonicalize({ ...body, type, at: at.toISOString() }) ?? '')
    .digest();

interface FreshScan extends SentScan {
  id: string;
  hash: Buffer;
}

/** Tells new scans from those that were sent before, in this batch too; by their place in the batch. */
function sortOut({ scans }: Batch, known: readonly ScanRow[]) {
  const hashes = new Map(known.map(({ seq, content_hash }) => [seq, content_hash]));
  const fresh: FreshScan[] = [];
  const duplicates = new Set<number>();
  const conflicts = new Map<number, FreshScan>();
  scans.forEach((scan, n) => {
    const hash = contentHashOf(scan);
    const before = hashes.get(scan.seq);
    if (before === undefined) {
      hashes.set(scan.seq, hash);
      fresh.push({ ...scan, id: uuid(), hash });
    } else if (before.equals(hash)) duplicates.add(n);
    else conflicts.set(n, { ...scan, id: uuid(), hash });
  });
  return { fresh, duplicates, conflicts };
}

async function findScans(trx: Trx, deviceId: string, seqs: readonly number[]): Promise<ScanRow[]> {
  if (seqs.length === 0) return [];
  return trx
    .selectFrom('scan')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('seq', 'in', [...new Set(seqs)])
    .execute();
}

async function insertScans(
  { trx, actor }: Act,
  device: ScanDevice,
  { sentAt, receivedAt }: Batch,
  scans: readonly FreshScan[],
): Promise<void> {
  if (scans.length === 0) return;
  const { offline } = rulesAt(receivedAt);
  const offset = clockOffsetMs({ sentAt: sentAt.getTime(), receivedAt: receivedAt.getTime() }, offline.clockOffsetIgnoredSeconds);
  await trx
    .insertInto('scan')
    .values(
      scans.map(({ id, seq, type, at, body, hash }) => ({
        id,
        device_id: device.id,
        seq,
        type,
        at,
        corrected_at: new Date(meantAt(at.getTime(), offset, receivedAt.getTime())),
        received_at: receivedAt,
        body: JSON.stringify(body),
        content_hash: hash,
        result: 'waiting' as const,
        sent_by: JSON.stringify(actor),
      })),
    )
    .execute();
}

async function insertConflicts(
  { trx, actor }: Act,
  { deviceId, receivedAt }: Batch,
  conflicts: ReadonlyMap<number, FreshScan>,
): Promise<void> {
  if (conflicts.size === 0) return;
  await trx
    .insertInto('scan_conflict')
    .values(
      [...conflicts.values()].map(({ id, seq, type, at, body }) => ({
        id,
        device_id: deviceId,
        seq,
        body: JSON.stringify({ ...body, type, at }),
        received_at: receivedAt,
        sent_by: JSON.stringify(actor),
      })),
    )
    .execute();
}

const rulesAt = (at: Date) => loadNormRules(localDateOf(at.getTime()));

/** Applies what waits of the device and need not wait any more. The caller has locked the device. Resolves with how many it applied. */
export const applyWaiting = async (act: Act, deviceId: string): Promise<number> =>
  applyReady(act, deviceId, await findGaps(act.trx, deviceId));

async function applyReady(act: Act, deviceId: string, gaps: readonly Gap[]): Promise<number> {
  const { trx, recordedAt } = act;
  const waiting = await trx
    .selectFrom('scan')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('result', '=', 'waiting')
    .orderBy('seq')
    .execute();
  if (waiting.length === 0) return 0;
  const ready = readyScans(
    waiting.map((row) => ({ row, seq: row.seq, receivedAt: row.received_at.getTime() })),
    gaps[0]?.from ?? Number.POSITIVE_INFINITY,
    { now: recordedAt.getTime(), gapWaitSeconds: rulesAt(recordedAt).offline.gapWaitSeconds },
  ).map(({ row }) => row);
  return applyRows(act, deviceId, ready);
}

/** Applies scans of a device, in the order of their numbers. Resolves with how many. */
async function applyRows(act: Act, deviceId: string, rows: readonly ScanRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  const applied = await findNeighbours(
    act.trx,
    deviceId,
    rows.map(({ seq }) => seq),
  );
  const toApply = rows.map((row): ScanToApply => {
    const correctedAt = orderedAt(row.seq, row.corrected_at.getTime(), applied);
    applied.push({ seq: row.seq, correctedAt });
    return {
      id: row.id,
      deviceId,
      seq: row.seq,
      type: row.type,
      correctedAt: new Date(correctedAt),
      receivedAt: row.received_at,
      body: row.body,
      sentBy: row.sent_by as Actor,
    };
  });
  await applyScans(act, toApply);
  return rows.length;
}

/** Of the scans that were applied: the last before each of these numbers and the first behind it, which bound its time. */
async function findNeighbours(trx: Trx, deviceId: string, seqs: readonly number[]): Promise<{ seq: number; correctedAt: number }[]> {
  const applied = (side: ReturnType<typeof sql>) => sql`
    select seq, corrected_at from scan where device_id = ${deviceId} and result in ('applied', 'noted', 'discrepancy') and ${side} limit 1`;
  const { rows } = await sql<{ seq: number; correctedAt: Date }>`
    select distinct neighbour.seq, neighbour.corrected_at as "correctedAt"
    from unnest(${[...seqs]}::integer[]) as asked, lateral (
      (${applied(sql`seq < asked order by seq desc`)}) union all (${applied(sql`seq > asked order by seq`)})) as neighbour`.execute(trx);
  return rows.map(({ seq, correctedAt }) => ({ seq, correctedAt: correctedAt.getTime() }));
}

/** An answer that listed more numbers would be of no use to a device. */
const MOST_MISSING = 1_000;

/** Numbers that are missing below one that is there. */
interface Gap {
  from: number;
  to: number;
}

function missingOf(gaps: readonly Gap[]): number[] {
  const missing: number[] = [];
  for (const { from, to } of gaps) for (let seq = from; seq <= to && missing.length < MOST_MISSING; seq += 1) missing.push(seq);
  return missing;
}

/** So few numbers are looked at again each time that writing them down more often would cost more. */
const NOTED_EVERY = 100;

/** The first gaps of the device, which the caller has locked. Up to where there is none is noted, so that what a device sent long ago is not read again. */
async function findGaps(trx: Trx, deviceId: string): Promise<Gap[]> {
  const { rows } = await sql<Gap>`
    with known as (select coalesce((select complete_to from scan_progress where device_id = ${deviceId}), 0) as complete_to), number as (
      select complete_to as seq from known union all select seq from scan where device_id = ${deviceId} and seq > (select complete_to from known)
    ), gap as (
      select seq + 1 as "from", following - 1 as "to" from (select seq, lead(seq) over (order by seq) as following from number) as pair
      where following > seq + 1 order by seq limit ${MOST_MISSING}
    ), noted as (
      insert into scan_progress (device_id, complete_to)
      select ${deviceId}, reached from (select coalesce((select min("from") - 1 from gap), (select max(seq) from number)) as reached) as progress, known
      where reached >= complete_to + ${NOTED_EVERY}::integer
      on conflict (device_id) do update set complete_to = excluded.complete_to
    )
    select "from", "to" from gap order by "from"`.execute(trx);
  return rows;
}

/** What a revoked device sends is kept and waits until the head nurse has looked at it. */
async function holdScans(act: Act, device: ScanDevice): Promise<void> {
  const { trx } = act;
  const waiting = trx.selectFrom('scan').select('id').where('device_id', '=', device.id).where('result', '=', 'waiting');
  const rows = await waiting.execute();
  if (rows.length === 0) return;
  const [id] = await openDiscrepancies(act, [
    { kind: 'device', subject: { type: 'device', id: device.id }, evidence: { revokedAt: device.revoked_at?.toISOString() ?? null } },
  ]);
  // The head nurse had looked at what came before, not at this.
  const looked = await trx
    .selectFrom('discrepancy')
    .select(['id', 'evidence'])
    .where('id', '=', id ?? '')
    .where('status', '=', 'resolved')
    .execute();
  await reopenDiscrepancies(act, looked);
  await trx
    .updateTable('scan')
    .set({ result: 'held', discrepancy_ids: id === undefined ? [] : [id] })
    .where('id', 'in', waiting)
    .execute();
}

/** Applies what was held, once the head nurse has resolved the device's discrepancy otherwise than by writing it off. */
export async function applyHeld(act: Act, deviceId: string): Promise<number> {
  const rows = await act.trx
    .selectFrom('scan')
    .selectAll()
    .where('device_id', '=', deviceId)
    .where('result', '=', 'held')
    .where(wasLookedAt)
    .orderBy('seq')
    .execute();
  return applyRows(act, deviceId, rows);
}
