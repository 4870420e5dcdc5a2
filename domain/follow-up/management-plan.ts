/**
 * A hospital that sends a patient back gives a management plan. From its acceptance on it bends the patient's protocols one way only: targets down,
 * visits nearer, items more. What the protocol asks for stays the least that is done.
 */
import { type Duration, localDateOf } from '../time/local-date.ts';
import type { Because } from './evaluation.ts';
import { isDone } from './items.ts';
import type { HandedPlan, Item, Protocol, Target } from './protocol.ts';
import type { Visit } from './visit.ts';

/** Says whether the plan holds at an instant. */
const holdsAt = ({ acceptedAt, until }: HandedPlan, at: number): boolean =>
  at >= acceptedAt && (until === null || localDateOf(at) <= until);

/** Returns the protocol as the plan bends it. It is built whenever it is asked for and stored nowhere. */
export function bendProtocol(protocol: Protocol, plan: HandedPlan | null): Protocol {
  if (!plan) return protocol;
  const known = new Set(protocol.items.map(({ code }) => code));
  const more: Item[] = plan.items
    .filter((code) => !known.has(code))
    .map((code) => ({
      id: code,
      code,
      title: { zh: code, en: code },
      every: 'visit',
      source: 'management plan of the hospital',
      clause: 'items',
      effectiveFrom: localDateOf(plan.acceptedAt),
    }));
  return {
    ...protocol,
    plan,
    items: [...protocol.items.map((item) => (plan.items.includes(item.code) ? doneEachVisit(item) : item)), ...more],
  };
}

/** The plan wants it at each visit, in every phase. */
const doneEachVisit = ({ phases: _, ...item }: Item): Item => ({ ...item, every: 'visit' });

/** Returns the lower of two targets; null where neither sets one. */
const lowerOf = (protocol: number | null, plan: number | null): number | null =>
  protocol === null ? null : plan === null ? protocol : Math.min(protocol, plan);

/** Returns the targets at an instant. The plan only lowers a target that the protocol has: a value that the protocol does not judge stays unjudged. */
export function bendTargets<Band extends Target>(band: Band, plan: HandedPlan | undefined, at: number): Band {
  if (!plan || !holdsAt(plan, at)) return band;
  return {
    ...band,
    systolic: lowerOf(band.systolic, plan.targets.systolic),
    diastolic: lowerOf(band.diastolic, plan.targets.diastolic),
    fastingGlucose: lowerOf(band.fastingGlucose, plan.targets.fastingGlucose),
  };
}

/** Returns the rhythm that the plan asks for after a visit at an instant; undefined when it asks for none. */
export function rhythmOfPlan(plan: HandedPlan | undefined, at: number): { every: Duration; because: Because } | undefined {
  if (!plan || plan.visitEveryDays === null || !holdsAt(plan, at)) return undefined;
  const { referralId, visitEveryDays } = plan;
  return {
    every: { days: visitEveryDays },
    because: {
      rule: 'management-plan',
      clause: 'visitEveryDays',
      source: 'management plan of the hospital',
      evidence: { referralId, visitEveryDays },
    },
  };
}

/** Returns the evidence that the plan has lowered a target at an instant; nothing when it has not. */
export function evidenceOfPlan(before: Target, after: Target, plan: HandedPlan | undefined): { managementPlan?: string } {
  const lowered = (['systolic', 'diastolic', 'fastingGlucose'] as const).some((value) => before[value] !== after[value]);
  return plan && lowered ? { managementPlan: plan.referralId } : {};
}

export interface KeptItem {
  item: string;
  /** Open before the first visit under the plan. */
  kept: 'yes' | 'no' | 'open';
}

/** Says of each item of the plan whether the latest visit has done it. `visits` are those of one enrolment, oldest first. */
export function listKeptItems({ items, acceptedAt }: HandedPlan, visits: readonly Visit[]): KeptItem[] {
  const last = visits.at(-1);
  const counted = last && last.visitedAt >= acceptedAt ? last : undefined;
  return items.map((item) => ({ item, kept: counted ? (isDone({ code: item }, counted) ? 'yes' : 'no') : 'open' }));
}
