/** The rules of episodes once more, naively: over everything that a person has, after each arrival. What the set-based ones are held to. */
import type { EpisodeRule, ReadingProtocol } from '../../../domain/readings/reading-protocol.ts';

export interface PlainReading {
  kind: 'blood-pressure' | 'fasting-glucose' | 'random-glucose' | 'heart-rate';
  measuredAt: number;
  systolic: number;
  diastolic: number;
  value: number;
}

const DAY = 86_400_000;
const dayOf = (at: number): number => Math.floor((at + 8 * 3_600_000) / DAY);
const isGlucose = ({ kind }: PlainReading): boolean => kind === 'fasting-glucose' || kind === 'random-glucose';
const isPressure = ({ kind }: PlainReading): boolean => kind === 'blood-pressure';

/** The rules that the new readings complete. `all` holds the new ones too; nothing has been closed before. */
export function raisedBy(
  all: readonly PlainReading[],
  fresh: readonly PlainReading[],
  now: number,
  { episodes, wakes }: ReadingProtocol,
): string[] {
  const since = now - wakes.withinDays * DAY;
  const recent = fresh.filter(({ measuredAt }) => measuredAt >= since);
  const holds = ({ when }: EpisodeRule): boolean => {
    switch (when.kind) {
      case 'blood-pressure-at-least':
        return recent.filter(isPressure).some((each) => each.systolic >= when.systolic || each.diastolic >= when.diastolic);
      case 'glucose-at-least':
        return recent.filter(isGlucose).some(({ value }) => value >= when.mmolPerL);
      case 'glucose-at-most':
        return recent.filter(isGlucose).some(({ value }) => value <= when.mmolPerL);
      case 'glucose-above-on-days-in-a-row': {
        const high = all.filter(isGlucose).filter(({ value }) => value > when.mmolPerL);
        return high.some((last) => {
          const days = Array.from({ length: when.days }, (_, n) => dayOf(last.measuredAt) - n);
          const inRow = high.filter(({ measuredAt }) => days.includes(dayOf(measuredAt)));
          const isWhole = days.every((day) => inRow.some(({ measuredAt }) => dayOf(measuredAt) === day));
          return isWhole && last.measuredAt >= since && inRow.some((each) => fresh.includes(each));
        });
      }
      case 'systolic-above-mean-by': {
        const pressures = all.filter(isPressure);
        return pressures.some((each) => {
          const before = pressures
            .filter(({ measuredAt }) => measuredAt < each.measuredAt && measuredAt >= each.measuredAt - when.withinDays * DAY)
            .sort((a, b) => b.measuredAt - a.measuredAt || b.systolic - a.systolic)
            .slice(0, when.readings);
          if (before.length < when.readings || each.measuredAt < since) return false;
          const total = before.reduce((sum, { systolic }) => sum + systolic, 0);
          const isNew = fresh.includes(each) || before.some((one) => fresh.includes(one));
          return isNew && each.systolic * when.readings - total >= when.mmHg * when.readings;
        });
      }
    }
  };
  return episodes.filter(holds).map(({ id }) => id);
}
