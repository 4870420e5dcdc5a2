/**
 * The scope of a recall (knowledge A5, WS 310.3 4.4.1.4): which loads of a steriliser its packs belong to. It goes by cycle: what counts is when a
 * run started, never when its indicator was read.
 */
import type { RecallPolicy } from '../sterile-supply/vocabulary.ts';

/** A run of the steriliser with what its biological indicators say. */
export interface SteriliserCycle {
  loadId: string;
  startedAt: number;
  purpose: 'packs' | 'requalification';
  physical: 'pass' | 'fail' | null;
  /** The statuses of its biological indicators: placed, incubating, pass, fail or invalid. */
  indicators: readonly string[];
}

export interface ScopeQuestion {
  policy: RecallPolicy;
  /** The runs of one steriliser, in any order; nothing before the last passed run is needed. */
  cycles: readonly SteriliserCycle[];
  /** When the steriliser was qualified: a passed run then. */
  qualifiedAt: number | null;
  /** The loads that failed, or by which the recall was opened. All are runs of the steriliser. */
  failedLoadIds: readonly string[];
  /** The instant at which the steriliser went out of service; null for the recall of a load alone. */
  outOfServiceAt: number | null;
}

export interface RecallScope {
  /** The last passed run before the scope; null where there is none, or where the steriliser's qualification is the last pass. */
  lowerLoadId: string | null;
  /** In the order of their start. */
  loadIds: string[];
}

/** A run that proves the steriliser: a passed biological indicator, and no failed one. */
export const isPassedRun = ({ indicators }: SteriliserCycle): boolean => indicators.includes('pass') && !indicators.includes('fail');

/** A requalification run that failed, by its physical record or its indicator. */
const isFailedRequalification = ({ purpose, physical, indicators }: SteriliserCycle): boolean =>
  purpose === 'requalification' && (physical === 'fail' || indicators.includes('fail'));

const byStart = (a: SteriliserCycle, b: SteriliserCycle): number => a.startedAt - b.startedAt || (a.loadId < b.loadId ? -1 : 1);

/**
 * The first instant from the load's start on at which the steriliser went out of service. `failedAt`: this failure takes it out as well, and never before
 * the load that failed, so that the load itself is in the scope although somebody reports the failure with an earlier instant.
 */
export const findOutOfServiceAt = (startedAt: number, outagesSince: readonly number[], failedAt: number): number =>
  Math.min(Math.max(failedAt, startedAt), ...outagesSince.filter((since) => since >= startedAt));

/** The union of what each failed load calls for. */
export function scopeOf(question: ScopeQuestion): RecallScope {
  const cycles = [...question.cycles].sort(byStart);
  const failed = cycles.filter(({ loadId }) => question.failedLoadIds.includes(loadId));
  const [first] = failed;
  if (!first) return { lowerLoadId: null, loadIds: [...question.failedLoadIds] };
  const inScope = new Set(failed.flatMap((load) => loadsFor(load, cycles, question)));
  const lower = lastPassBefore(first, cycles);
  const qualifiedLater =
    lower !== undefined &&
    question.qualifiedAt !== null &&
    question.qualifiedAt > lower.startedAt &&
    question.qualifiedAt < first.startedAt;
  return {
    lowerLoadId: qualifiedLater ? null : (lower?.loadId ?? null),
    loadIds: cycles.map(({ loadId }) => loadId).filter((loadId) => inScope.has(loadId)),
  };
}

const lastPassBefore = ({ startedAt }: SteriliserCycle, cycles: readonly SteriliserCycle[]): SteriliserCycle | undefined =>
  cycles.filter((cycle) => cycle.startedAt < startedAt && isPassedRun(cycle)).at(-1);

function loadsFor(
  load: SteriliserCycle,
  cycles: readonly SteriliserCycle[],
  { policy, qualifiedAt, outOfServiceAt }: ScopeQuestion,
): string[] {
  if (outOfServiceAt === null) return [load.loadId];
  const pass = lastPassBefore(load, cycles)?.startedAt ?? Number.NEGATIVE_INFINITY;
  const qualified = qualifiedAt !== null && qualifiedAt < load.startedAt ? qualifiedAt : Number.NEGATIVE_INFINITY;
  const after = Math.max(pass, qualified);
  const sinceLastPass = cycles.filter(({ startedAt }) => startedAt > after && startedAt <= outOfServiceAt);
  switch (policy) {
    case 'cn-ws310':
      return idsOf(sinceLastPass);
    case 'conservative': {
      // A passed run after the failed one ends the doubt; the failed load itself always stays in.
      const next = cycles.find((cycle) => cycle.startedAt > load.startedAt && isPassedRun(cycle));
      return idsOf(sinceLastPass.filter(({ startedAt }) => !next || startedAt < next.startedAt));
    }
    case 'cdc': {
      const failsAgain = cycles.some((cycle) => cycle.startedAt > load.startedAt && isFailedRequalification(cycle));
      return failsAgain ? idsOf(sinceLastPass) : [load.loadId];
    }
  }
}

const idsOf = (cycles: readonly SteriliserCycle[]): string[] => cycles.map(({ loadId }) => loadId);
