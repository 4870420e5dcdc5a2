/** What scans say of sets: of those that they name, and of those whose pack was opened. */
import { sql } from 'kysely';
import { interpretSet, type Observation, type SetTruth } from '../../../domain/sterile-supply/observations.ts';
import type { SetStatus } from '../../../domain/sterile-supply/vocabulary.ts';
import { resolveBySighting } from '../../discrepancy/resolve-by-itself.ts';
import type { Act } from '../act.ts';
import { appendLedger } from '../ledger.ts';
import { loadHistories, newObservation } from './histories.ts';
import { ownOf } from './pack-scans.ts';
import type { ObservedScan } from './resolve-scans.ts';

export interface SeenSet {
  scan: ObservedScan;
  setInstanceId: string;
  event: string;
}

/** The sets of the batch's scans. `setOfPack` holds the sets of the packs that were opened. */
export function seenSetsOf(scans: readonly ObservedScan[], setOfPack: ReadonlyMap<string, string>): SeenSet[] {
  return scans.flatMap((scan) =>
    scan.mentions.flatMap(({ thing, event }): SeenSet[] => {
      if (thing?.type === 'set-instance') return [{ scan, setInstanceId: thing.id, event: event === 'opened' ? 'seen' : event }];
      const setInstanceId = thing?.type === 'pack' && event === 'opened' ? setOfPack.get(thing.id) : undefined;
      return setInstanceId === undefined ? [] : [{ scan, setInstanceId, event: 'opened' }];
    }),
  );
}

/** Resolves with the scans from which the status of a set follows. */
export async function observeSets(act: Act, seen: readonly SeenSet[]): Promise<Set<string>> {
  const ids = [...new Set(seen.map(({ setInstanceId }) => setInstanceId))];
  if (ids.length === 0) return new Set();
  const rows = await act.trx
    .selectFrom('set_instance')
    .select(['id', 'status', 'status_since as since'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute();
  const statuses = new Map(rows.map(({ id, status }) => [id, status]));
  const histories = await loadHistories(act.trx, 'set-instance', ids);
  const observed = seen.map(({ scan, setInstanceId, event }, n) => ({
    scan,
    setInstanceId,
    observation: newObservation(scan, n, { event, from: statuses.get(setInstanceId) ?? null, holder: scan.place }),
  }));
  const truths = new Map(
    rows.map(({ id, status, since }): [string, SetTruth] => {
      const now = { status: status as SetStatus, since: since.getTime() };
      const added = observed.flatMap((one): Observation[] => (one.setInstanceId === id ? [one.observation] : []));
      return [id, interpretSet(now, [...(histories.get(id) ?? []), ...added])];
    }),
  );
  const decides = ({ setInstanceId, observation }: (typeof observed)[number]): boolean => {
    const truth = truths.get(setInstanceId);
    return truth !== undefined && truth.status !== statuses.get(setInstanceId) && truth.since === observation.at;
  };
  await appendLedger(
    act,
    observed.map((one) => ({
      thing: { type: 'set-instance' as const, id: one.setInstanceId },
      event: one.observation.event,
      from: one.observation.from,
      to: decides(one) ? (truths.get(one.setInstanceId)?.status ?? null) : null,
      holder: one.scan.place,
      institutionId: one.scan.institutionId,
      roundId: one.scan.roundId,
      stopId: one.scan.stop?.id,
      ...ownOf(one.scan, act.recordedAt),
    })),
  );
  const changed = [...truths].flatMap(([id, truth]) =>
    truth.status === statuses.get(id) ? [] : [{ id, status: truth.status, since: new Date(truth.since) }],
  );
  if (changed.length > 0)
    await sql`
      update set_instance set status = given.status, status_since = given.since
      from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) as given (id text, status text, since timestamptz)
      where set_instance.id = given.id`.execute(act.trx);
  await resolveBySighting(act, ids);
  return new Set(observed.filter(decides).map(({ scan }) => scan.id));
}
