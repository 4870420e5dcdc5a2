/** How long something took, as people say it. */
import type { Words } from '../../domain/kit/language.ts';

const units: readonly { seconds: number; zh: string; en: string }[] = [
  { seconds: 86_400, zh: '天', en: 'day' },
  { seconds: 3_600, zh: '小时', en: 'hour' },
  { seconds: 60, zh: '分钟', en: 'minute' },
  { seconds: 1, zh: '秒', en: 'second' },
];

/** The largest unit that fits and the one below it, rounded to that: 27 days; 1 day 12 hours. */
export function durationWords(totalSeconds: number): Words {
  const finest = units[largestOf(totalSeconds) + 1]?.seconds ?? 1;
  let rest = Math.round(totalSeconds / finest) * finest;
  const largest = largestOf(rest); // Rounding may have filled a unit up: 23 hours 59.9 minutes are shown as a day.
  const parts: Words[] = [];
  for (const { seconds, zh, en } of units.slice(largest, largest + 2)) {
    const count = Math.floor(rest / seconds);
    rest -= count * seconds;
    if (count > 0) parts.push({ zh: `${count} ${zh}`, en: `${count} ${en}${count === 1 ? '' : 's'}` });
  }
  return { zh: parts.map(({ zh }) => zh).join(' '), en: parts.map(({ en }) => en).join(' ') };
}

const largestOf = (seconds: number): number => {
  const index = units.findIndex((unit) => unit.seconds <= seconds);
  return index < 0 ? units.length - 1 : index;
};
