/**
 * What observations say of a thing: pure, and free of the order in which they arrived. An act is judged before it happens; a scan tells what has
 * happened, maybe hours ago, and is only interpreted. So what is true of a thing follows from everything that was ever said of it, by its time.
 */
import type { Holder, PackStatus, RejectReason, SetStatus } from './vocabulary.ts';

/** Which scan of which device it was. */
export interface ScanPlace {
  id: string;
  deviceId: string;
  seq: number;
}

/** An entry of the ledger about one thing. */
export interface Observation {
  at: number;
  /** Null: an act, which was judged when it was done. */
  scan: ScanPlace | null;
  /** Its place in the ledger: the order of recording. */
  position: number;
  event: string;
  from: string | null;
  /** What an act made of the thing. What a scan made of it is interpreted anew each time. */
  to: string | null;
  holder: Holder | null;
  /** Of a scan: what was against it, as known when it was applied. */
  refusals: readonly string[];
  /** Of a rejecting one. */
  reason: string | null;
}

/** By the time at which it happened; between devices time, device, number; what is equal then, by recording. */
export function compareObservations(a: Observation, b: Observation): number {
  if (a.at !== b.at) return a.at - b.at;
  const [deviceA, deviceB] = [a.scan?.deviceId ?? '', b.scan?.deviceId ?? ''];
  if (deviceA !== deviceB) return deviceA < deviceB ? -1 : 1;
  return (a.scan?.seq ?? 0) - (b.scan?.seq ?? 0) || a.position - b.position;
}

export type FindingKind = 'gate' | 'wrong-centre' | 'duplicate' | 'reuse';

/** Something that does not fit together, and the observations that show it. */
export interface Finding {
  kind: FindingKind;
  scanIds: string[];
  evidence: Record<string, unknown>;
  /** The centres to which a handing over brought what nobody may use there. */
  handedTo: string[];
}

export interface PackTruth {
  status: PackStatus;
  since: number;
  rejectReason: RejectReason | null;
  openedAt: number | null;
  openedInstitutionId: string | null;
  /** The scan that the status follows from; null when it follows from an act. */
  observedBy: string | null;
  findings: Finding[];
}

export interface PackNow {
  status: PackStatus;
  since: number;
  rejectReason: RejectReason | null;
  openedAt: number | null;
  openedInstitutionId: string | null;
}

/** Reject reasons by the event of a scan. */
const rejecting: Readonly<Record<string, RejectReason>> = {
  compromised: 'compromised',
  'returned-unopened': 'returned-unopened',
  'rejected-at-delivery': 'rejected-at-delivery',
  'inner-ci-failed': 'inner-ci-failed',
};

/**
 * The truth of a pack. Opened, rejected and handed over are true once they were observed; of two, opened comes first. A handing over that is older
 * than the last act that moved the pack is history.
 */
export function interpretPack(
  now: PackNow,
  entries: readonly Observation[],
  { openedAgainSeconds }: { openedAgainSeconds: number },
): PackTruth {
  const history = entries.toSorted(compareObservations);
  const scans = history.filter(({ scan }) => scan !== null);
  const base = baseOf(history, now);
  const opening = scans.find(({ event }) => event === 'opened');
  const rejection = scans.find(({ event }) => rejecting[event] !== undefined);
  const movedAt = lastActOf(history, ({ holder }) => holder !== null)?.at ?? Number.NEGATIVE_INFINITY;
  const handing = scans.findLast(({ event, at }) => event === 'sterile-handed' && at >= movedAt);
  return {
    ...statusOf(base.status as PackStatus, base.at, now, { opening, rejection, handing }),
    ...openedOf(now, history),
    findings: findingsOf(history, openedAgainSeconds),
  };
}

/** The first opening, and the first centre that opened it. */
function openedOf(now: PackNow, history: readonly Observation[]): Pick<PackTruth, 'openedAt' | 'openedInstitutionId'> {
  const openings = history.filter(isOpening);
  const byAct = openings.some(({ scan }) => scan === null);
  const atCentre = openings.find(({ holder }) => holder?.type === 'centre');
  return {
    openedAt: openings[0]?.at ?? now.openedAt,
    openedInstitutionId: (byAct || openings.length === 0 ? now.openedInstitutionId : null) ?? atCentre?.holder?.id ?? null,
  };
}

const isOpening = ({ event, to, scan }: Observation): boolean => (scan === null ? to === 'opened' : event === 'opened');

type Status = Pick<PackTruth, 'status' | 'since' | 'rejectReason' | 'observedBy'>;

function statusOf(
  base: PackStatus,
  baseAt: number,
  now: PackNow,
  { opening, rejection, handing }: Partial<Record<'opening' | 'rejection' | 'handing', Observation | undefined>>,
): Status {
  const byScan = (status: PackStatus, observation: Observation, rejectReason: RejectReason | null = null): Status => ({
    status,
    since: observation.at,
    rejectReason,
    observedBy: observation.scan?.id ?? null,
  });
  const asActed: Status = { status: base, since: baseAt, rejectReason: now.rejectReason, observedBy: null };
  if (base === 'ended' || base === 'opened') return asActed;
  if (opening) return byScan('opened', opening);
  if (base === 'rejected') return asActed;
  if (rejection) return byScan('rejected', rejection, reasonOf(rejection));
  return handing ? byScan('at-centre', handing) : { ...asActed, rejectReason: null };
}

const reasonOf = ({ event, reason }: Observation): RejectReason =>
  reason === 'label-unreadable' ? 'label-unreadable' : (rejecting[event] ?? 'compromised');

/** Acts go by their recording: each was judged by what the one before had made of the thing, whenever somebody says that it happened. */
const lastActOf = (history: readonly Observation[], isMeant: (act: Observation) => boolean): Observation | undefined =>
  history
    .filter((one) => one.scan === null && isMeant(one))
    .toSorted((a, b) => a.position - b.position)
    .at(-1);

/** What the last act made of the thing; where there was none, what it was before the first scan that was recorded. */
function baseOf(history: readonly Observation[], now: { status: string; since: number }): { status: string; at: number } {
  const act = lastActOf(history, ({ from, to }) => to !== null && to !== from);
  // Who enters a thing says what it is, not since when.
  if (act) return { status: act.to as string, at: act.event === 'registered' ? Number.NEGATIVE_INFINITY : act.at };
  const [first] = history.filter(({ scan, from }) => scan !== null && from !== null).toSorted((a, b) => a.position - b.position);
  return first ? { status: first.from as string, at: Number.NEGATIVE_INFINITY } : { status: now.status, at: Number.NEGATIVE_INFINITY };
}

function findingsOf(history: readonly Observation[], openedAgainSeconds: number): Finding[] {
  return [...findGate(history), ...findWrongCentre(history), ...findDuplicates(history), ...findReuse(history, openedAgainSeconds)];
}

const scanIdsOf = (observations: readonly Observation[]): string[] => observations.flatMap(({ scan }) => (scan ? [scan.id] : []));

/** Handed over or opened although something was against it, or although it had been opened or rejected before. */
function findGate(history: readonly Observation[]): Finding[] {
  const breaches = history.filter((one, n) => {
    if (!one.scan || (one.event !== 'sterile-handed' && one.event !== 'opened')) return false;
    return one.refusals.some((code) => code !== 'wrong-centre') || history.slice(0, n).some((before) => isEndOf(before, one));
  });
  if (breaches.length === 0) return [];
  const refusals = [...new Set(breaches.flatMap(({ refusals: codes }) => codes.filter((code) => code !== 'wrong-centre')))].sort();
  return [{ kind: 'gate', scanIds: scanIdsOf(breaches), evidence: { refusals }, handedTo: handedTo(breaches) }];
}

const handedTo = (observations: readonly Observation[]): string[] => [
  ...new Set(observations.flatMap(({ event, holder }) => (event === 'sterile-handed' && holder?.type === 'centre' ? [holder.id] : []))),
];

/** Whether an earlier observation says that the later one must not have happened. Opening twice is a matter of its own. */
const isEndOf = (before: Observation, later: Observation): boolean =>
  before.scan !== null && (rejecting[before.event] !== undefined || (before.event === 'opened' && later.event === 'sterile-handed'));

function findWrongCentre(history: readonly Observation[]): Finding[] {
  const wrong = history.filter(({ scan, refusals }) => scan !== null && refusals.includes('wrong-centre'));
  return wrong.length === 0
    ? []
    : [
        {
          kind: 'wrong-centre',
          scanIds: scanIdsOf(wrong),
          evidence: { institutionIds: [...new Set(wrong.map(({ holder }) => holder?.id ?? ''))].sort() },
          handedTo: handedTo(wrong),
        },
      ];
}

/** A round brought it, or took it along. */
const isCarried = ({ event, holder }: Observation): boolean =>
  event === 'sterile-handed' || ((event === 'returned-unopened' || event === 'rejected-at-delivery') && holder?.type === 'round');

/** Somebody saw it where nobody had brought it: from a centre to elsewhere, or out of the supply department, a round must have had it between. */
function findDuplicates(history: readonly Observation[]): Finding[] {
  const places = history.filter(({ holder }) => holder !== null);
  const unexplained = places.filter((one, n) => {
    const before = places[n - 1];
    if (!before?.holder || !one.holder || !one.scan || isCarried(one)) return false;
    const isSame = before.holder.type === one.holder.type && before.holder.id === one.holder.id;
    return !isSame && before.holder.type !== 'round' && (one.holder.type !== 'round' || before.holder.type === 'centre');
  });
  return unexplained.length === 0
    ? []
    : [
        {
          kind: 'duplicate',
          scanIds: scanIdsOf(unexplained),
          evidence: { seenAt: [...new Set(unexplained.map(({ holder }) => holder?.id ?? ''))].sort() },
          handedTo: [],
        },
      ];
}

/** Opened again: one opening scanned twice lies within minutes. */
function findReuse(history: readonly Observation[], openedAgainSeconds: number): Finding[] {
  const openings = history.filter(isOpening);
  const [first] = openings;
  const again = first ? openings.filter(({ at }) => at - first.at > openedAgainSeconds * 1_000) : [];
  return again.length === 0
    ? []
    : [{ kind: 'reuse', scanIds: scanIdsOf(openings), evidence: { openings: again.length + 1 }, handedTo: [] }];
}

export interface SetTruth {
  status: SetStatus;
  since: number;
}

/** The truth of a set instance: from the last act on, each scan takes it further, by its time. */
export function interpretSet(now: { status: SetStatus; since: number }, entries: readonly Observation[]): SetTruth {
  const history = entries.toSorted(compareObservations);
  const base = baseOf(history, now);
  return history
    .filter(({ scan, at }) => scan !== null && at >= base.at)
    .reduce<SetTruth>(
      (truth, observation) => {
        const status = afterSighting(truth.status, observation);
        return status === truth.status ? truth : { status, since: observation.at };
      },
      { status: base.status as SetStatus, since: Number.isFinite(base.at) ? base.at : now.since },
    );
}

const onTheWay: readonly SetStatus[] = ['used', 'in-transit-soiled', 'missing'];

function afterSighting(status: SetStatus, { event, holder }: Observation): SetStatus {
  if (event === 'opened') return status === 'packed' || status === 'missing' ? 'used' : status;
  switch (holder?.type) {
    case 'cssd':
      return onTheWay.includes(status) ? 'in-decon' : status;
    case 'round':
      return status === 'used' || status === 'missing' ? 'in-transit-soiled' : status;
    case 'centre':
      return status === 'missing' ? 'used' : status;
    case undefined:
      return status;
  }
}
