/** Discrepancies that resolve themselves: what was missing was seen, or a recount shows no difference any more. */
import { sql } from 'kysely';
import { type CountEvidence, evidenceAfterSighting } from '../../domain/discrepancy/sighting.ts';
import type { DiscrepancyResolution } from '../../domain/sterile-supply/vocabulary.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { PathwayFactToPublish } from '../kit/pathway-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import type { Act } from '../sterile-supply/act.ts';

interface SightedRow {
  id: string;
  kind: 'count' | 'custody-gap';
  evidence: CountEvidence;
}

export interface ResolvingDiscrepancy {
  id: string;
  resolution: DiscrepancyResolution;
  /** Replaces what the row has; undefined: it stays. */
  evidence?: unknown;
}

interface ResolvedRow {
  id: string;
  slipId: string | null;
  institutionId: string;
  resolution: DiscrepancyResolution;
  reopened: boolean;
}

/**
 * Resolves as found what was open about these sets: a gap in their custody, and the counts in which they were missing, once nothing else is. What had
 * been closed as written off is reopened first. `also`: what else an act resolves or notes, which comes before the sighting. Returns the ids of the slips
 * of what was resolved. One statement, two when something is resolved, one more when something is noted.
 */
export async function resolveBySighting(
  act: Act,
  setInstanceIds: readonly string[],
  also: { resolved: readonly ResolvingDiscrepancy[]; noted: readonly { id: string; evidence: unknown }[] } = { resolved: [], noted: [] },
): Promise<string[]> {
  const known = setInstanceIds.length === 0 ? [] : await lockMissing(act.trx, setInstanceIds);
  const sighted = known
    .filter(({ id }) => !also.resolved.some((one) => one.id === id))
    .map((row) => ({
      ...row,
      evidence: (also.noted.find(({ id }) => id === row.id)?.evidence as CountEvidence | undefined) ?? row.evidence,
    }));
  const judged = sighted.map(({ id, kind, evidence }) =>
    kind === 'count' ? { id, ...evidenceAfterSighting(evidence, setInstanceIds) } : { id, evidence: undefined, settled: true },
  );
  const inPart = judged.filter(({ settled }) => !settled);
  const noted = [...also.noted.filter(({ id }) => !judged.some((one) => one.id === id)), ...inPart];
  if (noted.length > 0) await noteEvidence(act.trx, noted);
  const resolving = judged.filter(({ settled }) => settled).map(({ id, evidence }) => ({ id, evidence, resolution: 'found' as const }));
  const resolved = await resolveDiscrepancies(act, [...also.resolved, ...resolving]);
  return [...new Set(resolved.flatMap(({ slipId }) => slipId ?? []))];
}

/** Locks what says of one of these sets that nobody knows where it is, in the order of ids. */
async function lockMissing(trx: Trx, setInstanceIds: readonly string[]): Promise<SightedRow[]> {
  const ids = [...setInstanceIds];
  const { rows } = await sql<SightedRow>`
    select id, kind, evidence from discrepancy
    where ((kind = 'custody-gap' and subject_type = 'set-instance' and subject_id = any(${ids}::text[]))
        or (kind = 'count' and subject_type = 'slip-line' and evidence -> 'missingSetInstanceIds' ?| ${ids}::text[]))
      and (status in ('open', 'acknowledged', 'investigating')
        or (status = 'closed' and resolution = 'written-off' and not exists (
          select from discrepancy as later where later.kind = discrepancy.kind and later.subject_type = discrepancy.subject_type
            and later.subject_id = discrepancy.subject_id and later.status <> 'closed')))
    order by id for update`.execute(trx);
  return rows;
}

/** Writes what discrepancies show now. One statement. */
async function noteEvidence(trx: Trx, noted: readonly { id: string; evidence?: unknown }[]): Promise<void> {
  await sql`
    update discrepancy set evidence = row -> 'evidence'
    from jsonb_array_elements(${JSON.stringify(noted)}::jsonb) as row where discrepancy.id = (row ->> 'id')::uuid`.execute(trx);
}

/** Resolves discrepancies whose rows the caller has locked, and tells their pathways. One statement. */
export async function resolveDiscrepancies(act: Act, resolving: readonly ResolvingDiscrepancy[]): Promise<ResolvedRow[]> {
  if (resolving.length === 0) return [];
  const { trx, recordedAt } = act;
  const resolved = await markResolved(act, resolving);
  const facts = resolved.map(
    ({ id, institutionId, resolution, reopened }): PathwayFactToPublish => ({
      type: 'discrepancy-resolved',
      pathwayId: id,
      messageId: `${id}:resolved:${recordedAt.getTime()}`,
      institutionId,
      occurredAt: recordedAt,
      input: { resolution, reopened },
    }),
  );
  await publishFactsToEachPathway(trx, facts);
  return resolved;
}

/**
 * Opens again what had resolved itself and does not fit any more, and tells their pathways. The caller has locked the rows, and none is closed. One
 * statement.
 */
export async function reopenDiscrepancies(act: Act, reopening: readonly { id: string; evidence: unknown }[]): Promise<void> {
  if (reopening.length === 0) return;
  const { trx, recordedAt } = act;
  const { rows } = await sql<{ id: string; institutionId: string }>`
    update discrepancy set status = 'open', resolution = null, resolution_note = null, resolved_by = null, resolved_at = null,
      evidence = row -> 'evidence'
    from jsonb_array_elements(${JSON.stringify(reopening)}::jsonb) as row where discrepancy.id = (row ->> 'id')::uuid
    returning discrepancy.id, owner_institution_id as "institutionId"`.execute(trx);
  const facts = rows.map(
    ({ id, institutionId }): PathwayFactToPublish => ({
      type: 'discrepancy-reopened',
      pathwayId: id,
      messageId: `${id}:reopened:${act.scanId ?? act.requestId}:${recordedAt.getTime()}`,
      institutionId,
      occurredAt: recordedAt,
      input: {},
    }),
  );
  await publishFactsToEachPathway(trx, facts);
}

async function markResolved({ trx, actor, recordedAt }: Act, resolving: readonly ResolvingDiscrepancy[]): Promise<ResolvedRow[]> {
  const { rows } = await sql<ResolvedRow>`
    update discrepancy set status = 'resolved', resolution = row ->> 'resolution', evidence = coalesce(row -> 'evidence', before.evidence),
      resolved_by = ${actor.personId}, resolved_at = ${recordedAt}, closed_by = null, closed_at = null
    from jsonb_array_elements(${JSON.stringify(resolving)}::jsonb) as row join discrepancy as before on before.id = (row ->> 'id')::uuid
    where discrepancy.id = before.id
    returning discrepancy.id, discrepancy.slip_id as "slipId", discrepancy.owner_institution_id as "institutionId", discrepancy.resolution,
      before.status = 'closed' as reopened`.execute(trx);
  return rows;
}
