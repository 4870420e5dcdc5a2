/** Applies scans: what they say becomes part of the ledger, the rows become what is true by all that was ever observed. One transaction. */
import { sql } from 'kysely';
import type { Finding } from '../../../domain/sterile-supply/observations.ts';
import { followRecalls } from '../../recall/follow-recalls.ts';
import { reopenRetrievedLines } from '../../recall/reopen-lines.ts';
import type { Act } from '../act.ts';
import { raiseAlerts } from '../alerts.ts';
import { exposeArrivals } from '../expose-packs.ts';
import { observeContainers } from './container-scans.ts';
import { type Problem, settleProblems } from './findings.ts';
import { type ObservedPacks, observePacks, ownOf } from './pack-scans.ts';
import { type ObservedScan, resolveScans, type ScanToApply } from './resolve-scans.ts';
import { observeSets, seenSetsOf } from './set-scans.ts';
import { stepScansOf } from './step-scans.ts';
import { observeStops } from './stop-scans.ts';
import { tellRounds } from './tell-rounds.ts';
import { findVoicedScans } from './voice-codes.ts';

export interface AppliedScan {
  id: string;
  result: 'applied' | 'noted' | 'discrepancy';
  discrepancyIds: string[];
}

/** The scans stand in the order in which they are to be recorded. `act` is of whoever sends them, or of the relay that had waited for a gap. */
export async function applyScans(act: Act, scans: readonly ScanToApply[]): Promise<AppliedScan[]> {
  if (scans.length === 0) return [];
  const observed = await resolveScans(act.trx, scans);
  const steps = stepScansOf(observed);
  const stops = await observeStops(act, steps);
  const packs = await observePacks(act, observed, await findVoicedScans(act.trx, observed));
  const setOfPack = new Map(packs.packs.map(({ id, setInstanceId }) => [id, setInstanceId]));
  const decisiveOfSets = await observeSets(act, seenSetsOf(observed, setOfPack));
  const containers = await observeContainers(act, observed);
  await followPacks(act, packs);
  await tellRounds(act, steps, stops.provedStopIds);
  const problems = [...stops.problems, ...problemsOfPacks(packs, observed), ...problemsOfCodes(observed)];
  const subjects = [
    ...stops.stopIds.map((id) => ({ type: 'stop' as const, id })),
    ...packs.packs.map(({ id }) => ({ type: 'pack' as const, id })),
  ];
  const discrepancies = await settleProblems(act, subjects, problems);
  const applied = observed.map((scan): AppliedScan => {
    const discrepancyIds = discrepancies.get(scan.id) ?? [];
    const decides = scan.stop !== undefined || packs.decisive.has(scan.id) || decisiveOfSets.has(scan.id) || containers.has(scan.id);
    return { id: scan.id, discrepancyIds, result: discrepancyIds.length > 0 ? 'discrepancy' : decides ? 'applied' : 'noted' };
  });
  await writeResults(act, observed, applied);
  return applied;
}

/** Recalls, shelves and alerts hear of what happened with the packs. */
async function followPacks(act: Act, { packs, handed, findings }: ObservedPacks): Promise<void> {
  const packIds = packs.map(({ id }) => id);
  await reopenRetrievedLines(act, packIds);
  await followRecalls(act, packIds);
  for (const { scan, packIds } of handed) await exposeArrivals({ ...act, ...ownOf(scan, act.recordedAt) }, packIds, scan.institutionId);
  const stopped = packs.flatMap(({ id, ownerInstitutionId }) =>
    (findings.get(id) ?? []).flatMap(({ kind, handedTo }) =>
      kind === 'gate' || (kind === 'wrong-centre' && ownerInstitutionId !== null)
        ? handedTo.map((institutionId) => ({ packId: id, institutionId }))
        : [],
    ),
  );
  await raiseAlerts(
    act.trx,
    stopped.map(({ packId, institutionId }) => ({
      name: 'stop-use',
      subject: { type: 'pack', id: packId },
      threshold: `handed to ${institutionId}`,
      institutionId,
      raisedAt: act.recordedAt,
    })),
  );
}

function problemsOfPacks({ findings }: ObservedPacks, scans: readonly ObservedScan[]): Problem[] {
  const byId = new Map(scans.map((scan) => [scan.id, scan]));
  return [...findings].flatMap(([packId, found]) =>
    found.map(({ kind, scanIds, evidence }: Finding): Problem => {
      const last = scanIds.flatMap((id) => byId.get(id) ?? []).at(-1);
      return {
        kind,
        subject: { type: 'pack', id: packId },
        institutionId: last?.place.type === 'centre' ? last.place.id : null,
        roundId: last?.roundId,
        stopId: last?.stop?.id,
        evidence,
        scanIds,
      };
    }),
  );
}

function problemsOfCodes(scans: readonly ObservedScan[]): Problem[] {
  return scans.flatMap((scan) =>
    [...scan.mentions.flatMap(({ code, thing }) => (thing === undefined ? [code] : [])), ...scan.unknownIds].map(
      (code): Problem => ({
        kind: 'unknown-code',
        subject: { type: 'code', id: code },
        institutionId: scan.place.type === 'centre' ? scan.place.id : null,
        roundId: scan.roundId,
        stopId: scan.stop?.id,
        evidence: { type: scan.type },
        scanIds: [scan.id],
      }),
    ),
  );
}

async function writeResults({ trx }: Act, scans: readonly ObservedScan[], applied: readonly AppliedScan[]): Promise<void> {
  const rows = applied.map((result, n) => ({ ...result, correctedAt: scans[n]?.correctedAt }));
  await sql`
    update scan set result = given.result, corrected_at = given."correctedAt",
      discrepancy_ids = array(select jsonb_array_elements_text(given."discrepancyIds")::uuid)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given (id uuid, result text, "correctedAt" timestamptz, "discrepancyIds" jsonb)
    where scan.id = given.id`.execute(trx);
}
