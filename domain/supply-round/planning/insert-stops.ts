/** Building routes by insertion: again and again the stop that would lose most by waiting goes to its best place. */
import type { Random } from '../../kit/random.ts';
import type { PlanGround, PlanVehicle } from './problem.ts';
import { fitsVehicle, type Route, routeMinutes } from './route.ts';

/** A route for each vehicle, and the stops that none of them takes. */
export interface Solution {
  routes: Route[];
  unplaced: number[];
}

interface Insertion {
  route: number;
  index: number;
  addedMinutes: number;
}

/** How far the first choice may be wrong, so that each start tries another order. */
const NOISE = 0.4;

/**
 * Inserts the unplaced stops as far as they fit. Without `random` the choice is exact, with it the added minutes are changed a little, so that other
 * starts find other solutions.
 */
export function insertStops(ground: PlanGround, vehicles: readonly PlanVehicle[], solution: Solution, random?: Random): Solution {
  const routes = [...solution.routes];
  let unplaced = [...solution.unplaced];
  const best = new Map<number, (Insertion | undefined)[]>();
  const blur = new Map(unplaced.map((stop) => [stop, random ? 1 + NOISE * (random.fraction() - 0.5) : 1]));
  const find = (stop: number, index: number) => findBestInsertion(ground, vehicles, routes, { stop, route: index });
  for (const stop of unplaced)
    best.set(
      stop,
      routes.map((_, index) => find(stop, index)),
    );
  while (unplaced.length > 0) {
    const chosen = chooseNext(unplaced, best, blur);
    if (!chosen) break;
    const { stop, insertion } = chosen;
    routes[insertion.route] = withInserted(routes[insertion.route] ?? [], stop, insertion.index);
    unplaced = unplaced.filter((one) => one !== stop);
    for (const other of unplaced) {
      const insertions = best.get(other);
      if (insertions) insertions[insertion.route] = find(other, insertion.route);
    }
  }
  return { routes, unplaced };
}

const withInserted = (route: Route, stop: number, index: number): Route => [...route.slice(0, index), stop, ...route.slice(index)];

function findBestInsertion(
  ground: PlanGround,
  vehicles: readonly PlanVehicle[],
  routes: readonly Route[],
  { stop, route: index }: { stop: number; route: number },
): Insertion | undefined {
  const route = routes[index] ?? [];
  const vehicle = vehicles[index];
  if (!vehicle || !fitsVehicle(ground, [...route, stop], vehicle)) return undefined;
  const before = routeMinutes(ground, route);
  let best: Insertion | undefined;
  for (let place = 0; place <= route.length; place += 1) {
    const addedMinutes = routeMinutes(ground, withInserted(route, stop, place)) - before;
    if (Number.isFinite(addedMinutes) && (!best || addedMinutes < best.addedMinutes)) best = { route: index, index: place, addedMinutes };
  }
  return best;
}

/** The stop whose second best route is worst compared with its best one; of equal ones the cheapest, then the first. */
function chooseNext(
  unplaced: readonly number[],
  best: ReadonlyMap<number, (Insertion | undefined)[]>,
  blur: ReadonlyMap<number, number>,
): { stop: number; insertion: Insertion } | undefined {
  let chosen: { stop: number; insertion: Insertion; regret: number; cost: number } | undefined;
  for (const stop of unplaced) {
    const sorted = (best.get(stop) ?? []).filter((one) => one !== undefined).sort((a, b) => a.addedMinutes - b.addedMinutes);
    const [first, second] = sorted;
    if (!first) continue;
    const cost = first.addedMinutes * (blur.get(stop) ?? 1);
    const regret = second ? second.addedMinutes - first.addedMinutes : 0;
    if (!chosen || regret - cost > chosen.regret - chosen.cost) chosen = { stop, insertion: first, regret, cost };
  }
  return chosen;
}
