/** What scans say of packs, written: the ledger, the rows, and what was against it. Statements over all packs of the batch. */
import { sql } from 'kysely';
import { reasonsAgainst } from '../../../domain/sterile-supply/dispensable.ts';
import {
  compareObservations,
  type Finding,
  interpretPack,
  type Observation,
  type PackTruth,
} from '../../../domain/sterile-supply/observations.ts';
import type { Holder, PackStatus } from '../../../domain/sterile-supply/vocabulary.ts';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { type Act, isLate } from '../act.ts';
import { loadDispensableGround } from '../dispensable.ts';
import { lockPacks, type PackRow } from '../find-things.ts';
import { appendLedger, type EntryOfItsOwn } from '../ledger.ts';
import { loadNormRules } from '../norm-rules.ts';
import { loadHistories, newObservation } from './histories.ts';
import type { Mention, ObservedScan } from './resolve-scans.ts';

type Ground = Awaited<ReturnType<typeof loadDispensableGround>> extends Map<string, infer One> ? One : never;

interface PackMention {
  scan: ObservedScan;
  mention: Mention;
  packId: string;
  print: number | null;
  observation: Observation;
}

export interface ObservedPacks {
  /** By pack. */
  findings: Map<string, Finding[]>;
  /** Scans from which something about a pack follows now, other than its history. */
  decisive: Set<string>;
  packs: { id: string; setInstanceId: string; ownerInstitutionId: string | null; truth: PackTruth }[];
  /** Packs that were handed over, by the scan of this batch that said so. */
  handed: { scan: ObservedScan; packIds: string[] }[];
}

export async function observePacks(act: Act, scans: readonly ObservedScan[], voiced: ReadonlySet<string>): Promise<ObservedPacks> {
  const named = scans.flatMap((scan) =>
    scan.mentions.flatMap((mention) =>
      mention.thing?.type === 'pack' ? [{ scan, mention, packId: mention.thing.id, print: mention.thing.print }] : [],
    ),
  );
  const ids = [...new Set(named.map(({ packId }) => packId))];
  if (ids.length === 0) return { findings: new Map(), decisive: new Set(), packs: [], handed: [] };
  const rows = new Map((await lockPacks(act.trx, ids)).map((row) => [row.id, row]));
  const histories = await loadHistories(act.trx, 'pack', ids);
  const grounds = await loadDispensableGround(act.trx, ids);
  const mentions = named.map((one, n): PackMention => {
    const row = rows.get(one.packId) as PackRow;
    const refusals = refusalsOf(one, histories.get(one.packId) ?? [], grounds.get(one.packId), voiced);
    const { event, reason } = one.mention;
    return { ...one, observation: newObservation(one.scan, n, { event, from: row.status, holder: holderOf(one), refusals, reason }) };
  });
  const { offline } = loadNormRules(localDateOf(act.recordedAt.getTime()));
  const truths = new Map(
    [...rows.values()].map((row) => {
      const history = [
        ...(histories.get(row.id) ?? []),
        ...mentions.flatMap(({ packId, observation }) => (packId === row.id ? [observation] : [])),
      ];
      return [row.id, { truth: interpretPack(nowOf(row), history, offline), history }] as const;
    }),
  );
  await appendLedger(
    act,
    mentions.map((one) => toEntry(one, truths.get(one.packId)?.truth as PackTruth, act.recordedAt)),
  );
  await writePacks(
    act,
    [...truths].map(([id, { truth }]) => ({ row: rows.get(id) as PackRow, truth, patientReference: patientReferenceOf(id, mentions) })),
  );
  return {
    findings: new Map([...truths].map(([id, { truth }]) => [id, truth.findings])),
    decisive: new Set(mentions.filter((one) => decides(one, truths.get(one.packId))).map(({ scan }) => scan.id)),
    packs: [...truths].map(([id, { truth }]) => {
      const { set_instance_id, owner_institution_id } = rows.get(id) as PackRow;
      return { id, setInstanceId: set_instance_id, ownerInstitutionId: owner_institution_id, truth };
    }),
    handed: handedBy(mentions),
  };
}

const nowOf = (row: PackRow) => ({
  status: row.status,
  since: row.status_since.getTime(),
  rejectReason: row.reject_reason,
  openedAt: row.opened_at?.getTime() ?? null,
  openedInstitutionId: row.opened_institution_id,
});

/** What was stowed or rejected goes aboard, unless the vehicle has gone; everything else is where it was scanned. */
function holderOf({ scan, mention }: { scan: ObservedScan; mention: Mention }): Holder {
  const aboard =
    (mention.event === 'rejected-at-delivery' && scan.stop?.failed !== true) ||
    (scan.type === 'soiled-stowed' && mention.event === 'returned-unopened');
  return aboard && scan.roundId !== null ? { type: 'round', id: scan.roundId } : scan.place;
}

/** Reasons that an opening knew nothing of: a recall has lines of its own for what was used. */
const hindsight: readonly string[] = ['recalled', 'load-failed'];
const aside: readonly string[] = ['wrong-owner', 'held-elsewhere'];

/**
 * What was against a handing over or an opening, as it is known when the scan is applied: codes of the dispensability, `old-bundle`, `wrong-centre`.
 * The status is that of the moment, by the acts on the pack: what other scans say of it is weighed with the whole history.
 */
function refusalsOf(
  { scan, mention, print }: { scan: ObservedScan; mention: Mention; print: number | null },
  history: readonly Observation[],
  ground: Ground | undefined,
  voiced: ReadonlySet<string>,
): string[] {
  const { event } = mention;
  if (!ground || (event !== 'sterile-handed' && event !== 'opened')) return [];
  const at = scan.correctedAt.getTime();
  const rules = loadNormRules(localDateOf(at));
  const asActed: Ground = { ...ground, ...statusAt(history, at, ground) };
  const forCentre = scan.place.type === 'centre' ? scan.place.id : null;
  const codes = reasonsAgainst(asActed, { for: forCentre, at, print }, rules)
    .map(({ code }) => code as string)
    .filter((code) => !aside.includes(code) && !(event === 'opened' && hindsight.includes(code)));
  if (event === 'opened') return codes;
  const meantFor = ground.consignedInstitutionId ?? ground.allocatedInstitutionId ?? ground.ownerInstitutionId;
  const issuedAt = scan.body.bundleIssuedAt?.getTime();
  const isOld = issuedAt !== undefined && at - issuedAt > rules.offline.bundleValidSeconds * 1_000 && !voiced.has(scan.id);
  const elsewhere = meantFor !== null && forCentre !== null && meantFor !== forCentre;
  return [...codes, ...(isOld ? ['old-bundle'] : []), ...(elsewhere ? ['wrong-centre'] : [])];
}

function statusAt(history: readonly Observation[], at: number, ground: Ground): Pick<Ground, 'status' | 'rejectReason'> {
  const acts = history.filter(({ scan, to }) => scan === null && to !== null).toSorted(compareObservations);
  const first = history.filter(({ scan, from }) => scan !== null && from !== null).toSorted((a, b) => a.position - b.position)[0];
  const status = (acts.findLast((act) => act.at <= at)?.to ?? acts[0]?.from ?? acts[0]?.to ?? first?.from ?? ground.status) as PackStatus;
  return { status, rejectReason: status === 'rejected' ? (ground.rejectReason ?? 'compromised') : null };
}

function toEntry({ scan, mention, packId, print, observation }: PackMention, truth: PackTruth, recordedAt: Date): EntryOfItsOwn {
  const { refusals, reason, from, holder } = observation;
  return {
    thing: { type: 'pack', id: packId },
    event: mention.event,
    from,
    to: truth.observedBy === scan.id ? truth.status : null,
    holder: holder ?? undefined,
    because: refusals.map((code) => ({ rule: 'sterile supply 9', clause: code, evidence: { packId, seq: scan.seq } })),
    institutionId: scan.institutionId,
    roundId: scan.roundId,
    stopId: scan.stop?.id,
    details: { refusals, ...(reason === null ? {} : { reason }), ...(print === null ? {} : { print }) },
    ...ownOf(scan, recordedAt),
  };
}

/** What an entry has of its scan: others of the batch happened at other times. */
export const ownOf = (scan: ObservedScan, recordedAt: Date) => ({
  happenedAt: scan.correctedAt,
  late: isLate(scan.correctedAt, recordedAt),
  scanId: scan.id,
  actor: scan.sentBy,
});

const patientReferenceOf = (packId: string, mentions: readonly PackMention[]): string | null =>
  mentions.find((one) => one.packId === packId && one.mention.event === 'opened')?.scan.body.patientReference ?? null;

/** Whether the pack's status or place follows from this very scan. */
function decides({ scan, observation }: PackMention, known: { truth: PackTruth; history: readonly Observation[] } | undefined): boolean {
  if (!known) return false;
  const last = known.history
    .filter(({ holder }) => holder !== null)
    .toSorted(compareObservations)
    .at(-1);
  return known.truth.observedBy === scan.id || last === observation;
}

async function writePacks(
  { trx }: Act,
  observed: readonly { row: PackRow; truth: PackTruth; patientReference: string | null }[],
): Promise<void> {
  const changed = observed.flatMap(({ row, truth, patientReference }) => {
    const same =
      row.status === truth.status &&
      row.reject_reason === truth.rejectReason &&
      (row.opened_at?.getTime() ?? null) === truth.openedAt &&
      row.opened_institution_id === truth.openedInstitutionId &&
      (truth.observedBy === null || row.observed_by === truth.observedBy) &&
      (patientReference === null || row.patient_reference !== null);
    if (same) return [];
    const since = truth.observedBy === null ? row.status_since : new Date(truth.since);
    return [
      {
        id: row.id,
        ...truth,
        since,
        openedAt: truth.openedAt === null ? null : new Date(truth.openedAt),
        patientReference,
        findings: undefined,
      },
    ];
  });
  if (changed.length === 0) return;
  await sql`
    update pack set status = given.status, status_since = given.since, reject_reason = given."rejectReason", opened_at = given."openedAt",
      opened_institution_id = given."openedInstitutionId", observed_by = coalesce(given."observedBy", observed_by),
      patient_reference = coalesce(patient_reference, given."patientReference")
    from jsonb_to_recordset(${JSON.stringify(changed)}::jsonb) as given (id text, status text, since timestamptz, "rejectReason" text,
      "openedAt" timestamptz, "openedInstitutionId" text, "observedBy" uuid, "patientReference" text)
    where pack.id = given.id`.execute(trx);
}

function handedBy(mentions: readonly PackMention[]): ObservedPacks['handed'] {
  const byScan = new Map<ObservedScan, string[]>();
  for (const { scan, packId, mention } of mentions)
    if (mention.event === 'sterile-handed' && scan.place.type === 'centre') byScan.set(scan, [...(byScan.get(scan) ?? []), packId]);
  return [...byScan].map(([scan, packIds]) => ({ scan, packIds }));
}
