/** Discrepancies of the simulated world: opened by what does not fit, resolved by people or by what is found, closed by a second person. */
import { type CountEvidence, evidenceAfterSighting } from '../discrepancy/sighting.ts';
import { discrepancyTransitions } from '../discrepancy/transitions.ts';
import type { DiscrepancyKind } from '../sterile-supply/vocabulary.ts';
import type { SupplyAct } from './acts.ts';
import { mustHold, pick, type SimulatedDiscrepancy, type SimulatedWorld } from './world.ts';

type ActOf<Name extends SupplyAct['act']> = Extract<SupplyAct, { act: Name }>;

interface NewDiscrepancy {
  kind: DiscrepancyKind;
  subjectId: string;
  slipId?: string;
  evidence?: CountEvidence;
}

/** One for each kind and subject that has none which is not closed. */
export function openDiscrepancy(world: SimulatedWorld, { kind, subjectId, slipId, evidence }: NewDiscrepancy): void {
  const same = [...world.discrepancies.values()].some((one) => one.kind === kind && one.subjectId === subjectId && one.status !== 'closed');
  if (same) return;
  const id = `discrepancy-${world.discrepancies.size + 1}`;
  world.discrepancies.set(id, {
    id,
    kind,
    subjectId,
    slipId: slipId ?? null,
    status: 'open',
    openedAt: world.now,
    resolution: null,
    evidence: evidence ?? null,
  });
}

/** Whoever resolves one has told before that they have it in hand, and what they have found out. */
export function resolveDiscrepancy(world: SimulatedWorld, { discrepancyId, resolution }: ActOf<'resolve-discrepancy'>): void {
  const discrepancy = pick(world.discrepancies, discrepancyId);
  for (const step of ['acknowledge', 'investigate', 'resolve'] as const) {
    const { from, to } = discrepancyTransitions[step];
    mustHold(from.includes(discrepancy.status), `the step ${step} of a discrepancy that is ${discrepancy.status}`);
    discrepancy.status = to;
  }
  discrepancy.resolution = resolution;
}

/** A slip is over when nothing of it is left to clear up. */
export function closeDiscrepancy(world: SimulatedWorld, { discrepancyId }: ActOf<'close-discrepancy'>): void {
  const discrepancy = pick(world.discrepancies, discrepancyId);
  const { from, to } = discrepancyTransitions.close;
  mustHold(from.includes(discrepancy.status), `the closing of a discrepancy that is ${discrepancy.status}`);
  discrepancy.status = to;
  if (discrepancy.slipId !== null) settleSlip(world, discrepancy.slipId);
}

export function settleSlip(world: SimulatedWorld, slipId: string): void {
  const slip = pick(world.slips, slipId);
  const isOpen = [...world.discrepancies.values()].some((one) => one.slipId === slipId && one.status !== 'closed');
  if (!isOpen && slip.lines.every(({ outcome }) => outcome !== null)) slip.status = 'closed';
}

/** Sets were seen: the counts in which they were missing are resolved as found, also one that was written off. */
export function resolveBySighting(world: SimulatedWorld, setIds: readonly string[]): void {
  for (const discrepancy of world.discrepancies.values()) {
    const { evidence } = discrepancy;
    if (!evidence?.missingSetInstanceIds.some((id) => setIds.includes(id)) || !isStillLost(discrepancy)) continue;
    const judged = evidenceAfterSighting(evidence, setIds);
    discrepancy.evidence = judged.evidence;
    if (judged.settled) Object.assign(discrepancy, { status: 'resolved', resolution: 'found' });
  }
}

const isStillLost = ({ status, resolution }: SimulatedDiscrepancy): boolean =>
  status === 'closed' ? resolution === 'written-off' : status !== 'resolved';
