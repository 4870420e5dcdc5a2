/**
 * A crisis value: one reading that somebody has to look at at once. A reading that is quarantined may be one too: what is wrong about it may be the clock
 * of the device, or one of two pressures, while the part that matters is true. A value beyond what anybody has is one as well: whoever it was measured of
 * may be as ill as people get, and only a person can find out.
 */
import { DAY_MS } from '../time/shanghai.ts';
import { isWithin, type Quarantine } from './quarantine.ts';
import { type Comparators, type ReadingContext, type ReadingKind, type StandardValues, standardUnits, valueText } from './reading.ts';
import { canTakePart, type EpisodeCondition, isCrisisRule, type ReadingProtocol } from './reading-protocol.ts';

/** A reading in standard units. */
type MeasuredValue = StandardValues & { kind: ReadingKind; comparators?: Comparators | undefined };

export interface Crisis {
  /** The id of the rule in the protocol for readings. */
  rule: string;
  kind: ReadingKind;
  /** A blood pressure is a text such as `192/112`, a glucose a number, or a text such as `>33.3` where the meter showed that it was beyond its range. */
  value: number | string;
  unit: string;
  /** What the value has reached, in the same form as the value. */
  threshold: number | string;
  /** How far beyond the threshold the value lies, as a share of it: 1 is the threshold itself, and more is worse, also of a low glucose. */
  severity: number;
}

/** Returns the crisis that a value is by the protocol; undefined for a value that is none. */
export function findCrisis(reading: MeasuredValue, protocol: ReadingProtocol): Crisis | undefined {
  const rule = protocol.episodes.find((each) => isCrisisRule(each) && canTakePart(each.when, reading));
  if (!rule) return undefined;
  const { kind, comparators } = reading;
  return { rule: rule.id, kind, value: valueText(reading, comparators), unit: standardUnits[kind], ...reachedLimitOf(rule.when, reading) };
}

/** A stored reading that may be a crisis. Instants are in milliseconds. */
export interface ReadingToJudge extends MeasuredValue {
  context: ReadingContext;
  measuredAt: number;
  receivedAt: number;
  quarantine: Quarantine | null;
}

export interface CrisisToConfirm extends Crisis {
  /** The instant from which a later value counts as measured after this one: where the clock may have been wrong the instant at which the value arrived. */
  effectiveAt: number;
  /** Why the reading is quarantined; null for one that is recorded. */
  quarantine: Quarantine['code'] | null;
}

/**
 * Returns the crisis that somebody has to confirm; undefined when the reading is none, when what makes it one is no value, or when it was older than
 * the protocol says as it arrived: a device that empties its memory is no emergency. Where it is so old that the clock of the device is the likelier
 * reason, somebody looks.
 */
export function findCrisisToConfirm(reading: ReadingToJudge, protocol: ReadingProtocol): CrisisToConfirm | undefined {
  const { quarantine, context, measuredAt, receivedAt, comparators } = reading;
  if (quarantine?.code === 'after-death') return undefined;
  const crisis = findCrisis(reading, protocol);
  if (!crisis) return undefined;
  const plausible = findCrisis({ ...reading, ...plausiblePartOf(reading, protocol) }, protocol);
  const isOfDoubtfulClock = context === 'device' && measuredAt < receivedAt - protocol.clockDoubtful.days * DAY_MS;
  const hasWrongClock = isOfDoubtfulClock || (quarantine !== null && wrongClockCodes.some((code) => code === quarantine.code));
  if (!hasWrongClock && measuredAt < receivedAt - protocol.wakes.withinDays * DAY_MS) return undefined;
  const effectiveAt = hasWrongClock ? receivedAt : Math.min(measuredAt, receivedAt);
  const { rule, kind, unit, threshold, severity } = plausible ?? { ...crisis, severity: LEAST_SEVERITY };
  return {
    rule,
    kind,
    value: valueText(reading, comparators),
    unit,
    threshold,
    severity,
    effectiveAt,
    quarantine: quarantine?.code ?? null,
  };
}

/** What cannot be true by itself hides nothing that can: every other crisis value is as bad at least, and is shown before it. */
const LEAST_SEVERITY = 1;

/** The device was wrong about the time, so the value may be of just now. */
const wrongClockCodes = ['in-the-future', 'clock-behind', 'before-birth'] as const satisfies readonly Quarantine['code'][];

/** Returns the values that can be true; the others are null. */
function plausiblePartOf(reading: MeasuredValue, { plausible }: ReadingProtocol): StandardValues {
  const ranges = plausible.filter(({ kind }) => kind === reading.kind);
  const keep = (field: keyof StandardValues): number | null => {
    const value = reading[field];
    return value !== null && ranges.every((range) => range.field !== field || isWithin(range, reading)) ? value : null;
  };
  return { systolic: keep('systolic'), diastolic: keep('diastolic'), value: keep('value') };
}

function reachedLimitOf(when: EpisodeCondition, { systolic, diastolic, value }: StandardValues): Pick<Crisis, 'threshold' | 'severity'> {
  switch (when.kind) {
    case 'blood-pressure-at-least':
      return {
        threshold: `${when.systolic}/${when.diastolic}`,
        severity: Math.max((systolic ?? 0) / when.systolic, (diastolic ?? 0) / when.diastolic),
      };
    case 'glucose-at-least':
      return { threshold: when.mmolPerL, severity: (value ?? 0) / when.mmolPerL };
    case 'glucose-at-most':
      // A device may show 0 for a glucose that is too low for it.
      return { threshold: when.mmolPerL, severity: when.mmolPerL / Math.max(value ?? 0, 0.1) };
    case 'glucose-above-on-days-in-a-row':
    case 'systolic-above-mean-by':
      throw new Error('A rule of several readings is no crisis.');
  }
}

/** What is measured again to confirm a value: a fasting glucose and a random one answer for each other. */
export const isSameMeasurand = (one: ReadingKind, other: ReadingKind): boolean => measurandOf(one) === measurandOf(other);

const measurandOf = (kind: ReadingKind): string => (kind === 'fasting-glucose' || kind === 'random-glucose' ? 'glucose' : kind);
