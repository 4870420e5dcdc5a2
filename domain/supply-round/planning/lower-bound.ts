/**
 * A bound that no plan can go below: the service at each stop, and the shortest way that touches all places. Ways are as long back as there and never
 * longer than over a third place, so several rounds are together at least as long as one tour through everything. Of that tour the 1-tree of Held and
 * Karp (1970) is a bound: a shortest tree over the stops and two ways to the department, with the stops priced so that the tree comes near to a tour.
 */
import { minutesBetween, type PlanGround } from './problem.ts';

/** Enough for the prices to settle on some hundred places. */
const ROUNDS_OF_PRICING = 120;
/** After so many rounds without a better bound the steps are halved. */
const PATIENCE = 12;

/** Minutes of travel and service. `stops`: the places that are visited. */
export function lowerBoundMinutes(ground: PlanGround, stops: readonly number[]): number {
  const service = stops.length * ground.problem.rules.minutesAtStop;
  const [only] = stops;
  if (only === undefined) return 0;
  if (stops.length === 1) return service + 2 * minutesBetween(ground, 0, only);
  return service + boundOfTour(ground, stops);
}

function boundOfTour(ground: PlanGround, stops: readonly number[]): number {
  const prices = new Map(stops.map((stop) => [stop, 0]));
  let best = 0;
  let step = 2;
  let waited = 0;
  // Any tour that there is would do; twice the ways out and back is one that is long enough.
  const aim = stops.reduce((sum, stop) => sum + minutesBetween(ground, 0, stop), 0);
  for (let round = 0; round < ROUNDS_OF_PRICING; round += 1) {
    const { length, degrees } = shortestOneTree(ground, stops, prices);
    const bound = length - 2 * [...prices.values()].reduce((sum, price) => sum + price, 0);
    if (bound > best) {
      best = bound;
      waited = 0;
    } else {
      waited += 1;
    }
    if (waited > PATIENCE) {
      step /= 2;
      waited = 0;
    }
    const missed = stops.map((stop) => (degrees.get(stop) ?? 0) - 2);
    const squares = missed.reduce((sum, one) => sum + one * one, 0);
    if (squares === 0) break;
    const change = (step * Math.max(0.01, aim - bound)) / squares / stops.length;
    stops.forEach((stop, index) => {
      prices.set(stop, (prices.get(stop) ?? 0) + change * (missed[index] ?? 0));
    });
  }
  return best;
}

/** Prim's shortest tree over the stops, and the two shortest ways between it and the department; all with the prices. */
function shortestOneTree(
  ground: PlanGround,
  stops: readonly number[],
  prices: ReadonlyMap<number, number>,
): { length: number; degrees: Map<number, number> } {
  const priceOf = (stop: number): number => prices.get(stop) ?? 0;
  const degrees = new Map<number, number>();
  const touch = (stop: number) => degrees.set(stop, (degrees.get(stop) ?? 0) + 1);
  const [first = 0, ...others] = stops;
  const nearest = new Map(
    others.map((stop) => [stop, { to: first, cost: minutesBetween(ground, first, stop) + priceOf(first) + priceOf(stop) }]),
  );
  let length = 0;
  while (nearest.size > 0) {
    let next: { stop: number; to: number; cost: number } | undefined;
    for (const [stop, { to, cost }] of nearest) if (!next || cost < next.cost) next = { stop, to, cost };
    if (!next) break;
    const { stop: joined, to, cost } = next;
    nearest.delete(joined);
    length += cost;
    touch(joined);
    touch(to);
    for (const [stop, way] of nearest) {
      const through = minutesBetween(ground, joined, stop) + priceOf(joined) + priceOf(stop);
      if (through < way.cost) nearest.set(stop, { to: joined, cost: through });
    }
  }
  const home = stops.map((stop) => ({ stop, cost: minutesBetween(ground, 0, stop) + priceOf(stop) })).sort((a, b) => a.cost - b.cost);
  for (const { stop, cost } of home.slice(0, 2)) {
    length += cost;
    touch(stop);
  }
  return { length, degrees };
}
