/** Ratios of times that were measured in pairs side by side, so that whatever slowed the machine down slowed both of a pair. */
import { createRandom } from '../../domain/kit/random.ts';

/** Returns the median of the ratios as text, with its bootstrap 95 % interval in brackets. */
export function writeRatio(ratios: number[]): string {
  const random = createRandom(1);
  const medians = Array.from({ length: 1_000 }, () => median(ratios.map(() => random.pick(ratios)))).sort((a, b) => a - b);
  return `${median(ratios).toFixed(2)} (${medians[25]?.toFixed(2)}–${medians[974]?.toFixed(2)})`;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
