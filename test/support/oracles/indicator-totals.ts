/** What the totals of indicators must be: each count the sum of the institutions' counts. */
import { expect } from 'vitest';

export interface AnsweredIndicators {
  to: string;
  items: ({ month: string } & Figures)[];
  totals: ({ month: string } & Figures)[];
  total: Figures;
}

type Figures = Readonly<Record<string, unknown>>;

/** The counts in a tree of figures, by where they stand: without shares, medians and percentiles, which do not add up. */
function numbersIn(figures: unknown, at = ''): Map<string, number> {
  if (typeof figures === 'number') return /share|Share|Rate|Seconds/.test(at) ? new Map() : new Map([[at, figures]]);
  if (typeof figures !== 'object' || figures === null) return new Map();
  return new Map(
    Object.entries(figures).flatMap(([name, value]) => {
      const place = Array.isArray(figures) ? (value as { disease: string }).disease : name;
      return [...numbersIn(value, `${at}.${place}`)];
    }),
  );
}

function sumOf(all: readonly unknown[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const figures of all) for (const [name, value] of numbersIn(figures)) sums.set(name, (sums.get(name) ?? 0) + value);
  return sums;
}

/** What is counted from 1 January; of a span it is that of its last month. */
const isStock = (name: string): boolean => /managed|perSpecification|controlled/.test(name);

/** A discharge counts for its hospital and for its centre, and in a total once: there the institutions' counts do not add up. */
const countedOnce = (numbers: ReadonlyMap<string, number>) => new Map([...numbers].filter(([name]) => !name.startsWith('.discharge.')));

export function expectTotalsToAddUp({ to, items, totals, total }: AnsweredIndicators): void {
  expect(totals.map(({ month }) => month)).toEqual([...new Set(items.map(({ month }) => month))]);
  for (const one of totals)
    expect(countedOnce(numbersIn(one))).toEqual(countedOnce(sumOf(items.filter(({ month }) => month === one.month))));
  const last = sumOf(totals.filter(({ month }) => month === to));
  expect(numbersIn(total)).toEqual(new Map([...sumOf(totals)].map(([name, sum]) => [name, isStock(name) ? (last.get(name) ?? 0) : sum])));
}
