/** The protocol for readings (protocols/readings-2.json): which values can be true at all, and which have to wake somebody. */
import type { Cited, Source } from '../kit/citation.ts';
import { type Comparators, glucoseKinds, isAtLeast, isAtMost, type ReadingKind, type StandardValues } from './reading.ts';
import { isSpecialValue } from './special-values.ts';

/** A value outside of this range is a mistake or comes from a broken device. Both ends belong to the range. */
export interface PlausibleRange extends Cited {
  kind: ReadingKind;
  field: 'systolic' | 'diastolic' | 'value';
  least: number;
  most: number;
}

/** When readings become an episode. Pressures are in mmHg. Glucose is in mmol/L, and fasting and random values count alike. */
export type EpisodeCondition =
  /** The systolic or the diastolic value is at or above its limit. */
  | { kind: 'blood-pressure-at-least'; systolic: number; diastolic: number }
  | { kind: 'glucose-at-least'; mmolPerL: number }
  | { kind: 'glucose-at-most'; mmolPerL: number }
  /** So many local dates follow one another, each with a reading above the limit. A date without a reading breaks the row. */
  | { kind: 'glucose-above-on-days-in-a-row'; mmolPerL: number; days: number }
  /** The value is so much above the mean of the `readings` values before it, all of which lie within `withinDays`. */
  | { kind: 'systolic-above-mean-by'; mmHg: number; readings: number; withinDays: number };

export interface EpisodeRule extends Cited {
  when: EpisodeCondition;
  /** Whose task the episode becomes, and within what time it must be done. */
  task: { role: 'nurse' | 'gp'; dueWithinSeconds: number };
}

export interface ReadingProtocol {
  id: string;
  version: number;
  title: { zh: string; en: string };
  sources: Readonly<Record<string, Source>>;
  plausible: readonly PlausibleRange[];
  /** So far ahead a device's clock may be before its readings count as lying in the future. */
  clockSkew: Cited & { seconds: number };
  /** A device that says it has measured longer ago than this has lost its clock. */
  clockBehind: Cited & { days: number };
  /** A crisis value of a device that says it has measured longer ago than this may be of today: a clock that fell back cannot be told from a memory. */
  clockDoubtful: Cited & { days: number };
  /** A reading that was measured longer ago is kept and wakes nobody, because a device that sends its memory of a year is no emergency. */
  wakes: Cited & { withinDays: number };
  /** What happens to a crisis value that starts no referral. */
  confirmation: Cited & ConfirmationPlan;
  episodes: readonly EpisodeRule[];
}

/** Who has to confirm a crisis value by when, and who is called if nobody does. Times count from the storing of the value. */
export interface ConfirmationPlan {
  dueWithinSeconds: number;
  /** In order of time. The first is called at once: its role has the task. */
  calls: readonly { role: 'nurse' | 'gp' | 'head'; afterSeconds: number }[];
  /** After the last of the calls everybody is called again each time this has passed, until somebody has claimed the task. */
  repeatSeconds: number;
}

/** The rules by which one value is enough: a crisis. The other ones look at several readings. */
export const isCrisisRule = ({ when }: Pick<EpisodeRule, 'when'>): boolean => {
  switch (when.kind) {
    case 'blood-pressure-at-least':
    case 'glucose-at-least':
    case 'glucose-at-most':
      return true;
    case 'glucose-above-on-days-in-a-row':
    case 'systolic-above-mean-by':
      return false;
  }
};

/**
 * Says whether a reading can be a part of what the condition asks for. Where the answer is no, the reading changes nothing about its episodes. A value beyond
 * the range of a meter counts as at least, or as at most, what is given. A number that stands for no value is none.
 */
export function canTakePart(
  when: EpisodeCondition,
  { kind, comparators = {}, ...numbers }: StandardValues & { kind: ReadingKind; comparators?: Comparators | undefined },
): boolean {
  const [systolic, diastolic, value] = [numbers.systolic, numbers.diastolic, numbers.value].map(withoutCodes);
  const isGlucose = (glucoseKinds as readonly ReadingKind[]).includes(kind);
  switch (when.kind) {
    case 'blood-pressure-at-least':
      return (
        (systolic !== undefined && isAtLeast(comparators.systolic) && systolic >= when.systolic) ||
        (diastolic !== undefined && isAtLeast(comparators.diastolic) && diastolic >= when.diastolic)
      );
    case 'glucose-at-least':
      return isGlucose && value !== undefined && isAtLeast(comparators.value) && value >= when.mmolPerL;
    case 'glucose-at-most':
      return isGlucose && value !== undefined && isAtMost(comparators.value) && value <= when.mmolPerL;
    case 'glucose-above-on-days-in-a-row':
      return isGlucose && value !== undefined && isAtLeast(comparators.value) && value > when.mmolPerL;
    case 'systolic-above-mean-by':
      // A low one may be in the mean from which a later one, which was there before, stands out.
      return kind === 'blood-pressure';
  }
}

/** Returns undefined for a code of "no value" and for a number below zero, which no device measures. */
const withoutCodes = (value: number | null): number | undefined =>
  value === null || value < 0 || isSpecialValue(value) ? undefined : value;
