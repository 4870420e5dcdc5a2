/** The document by which readings are judged as they arrive: what can be true at all, and what has to wake somebody. */
import type { Cited, Source } from '../follow-up/protocol.ts';
import type { ReadingKind } from './reading.ts';

/** Outside of it a value is a slip or a broken device, not a person's. Both ends belong to it. */
export interface PlausibleRange extends Cited {
  kind: ReadingKind;
  field: 'systolic' | 'diastolic' | 'value';
  least: number;
  most: number;
}

/** Values in mmHg and mmol/L; glucose of any kind. */
export type EpisodeCondition =
  /** either value at or above */
  | { kind: 'blood-pressure-at-least'; systolic: number; diastolic: number }
  | { kind: 'glucose-at-least'; mmolPerL: number }
  | { kind: 'glucose-at-most'; mmolPerL: number }
  /** so many local dates in a row, each with a reading above; a date without breaks it */
  | { kind: 'glucose-above-on-days-in-a-row'; mmolPerL: number; days: number }
  /** so much above the mean of the last `readings` before it, all of them within `withinDays` */
  | { kind: 'systolic-above-mean-by'; mmHg: number; readings: number; withinDays: number };

export interface EpisodeRule extends Cited {
  when: EpisodeCondition;
  /** whose task it becomes, and until when it must be done */
  task: { role: 'nurse' | 'gp'; dueWithinSeconds: number };
}

export interface ReadingProtocol {
  id: string;
  version: number;
  title: { zh: string; en: string };
  sources: Readonly<Record<string, Source>>;
  plausible: readonly PlausibleRange[];
  /** a clock that is a little ahead is no reading of the future */
  clockSkew: Cited & { seconds: number };
  /** what was measured longer ago is kept, and wakes nobody: a device's memory of a year is no emergency */
  wakes: Cited & { withinDays: number };
  episodes: readonly EpisodeRule[];
}
