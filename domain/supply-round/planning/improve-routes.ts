/**
 * Improving routes: short pieces move to a better place (Or-opt), pieces are driven the other way round (2-opt), stops of two routes change places, and
 * two routes change their ends. Each change is made as soon as it is found to save minutes.
 */
import type { PlanGround, PlanVehicle } from './problem.ts';
import { EPSILON, fitsVehicle, type Route, routeMinutes, travelMinutesOf } from './route.ts';

/** A route with what its changes are compared with. */
interface Driven {
  route: Route;
  minutes: number;
  /** The way and the service alone; the rest of the minutes is waiting. */
  waiting: number;
}

const LONGEST_PIECE = 3;

/** Goes on until no change saves anything, or until `mostTimedRoutes` routes have been timed. */
export function improveRoutes(
  ground: PlanGround,
  vehicles: readonly PlanVehicle[],
  routes: readonly Route[],
  mostTimedRoutes: number,
): Route[] {
  const driven = routes.map((route) => drive(ground, route));
  while (ground.timedRoutes < mostTimedRoutes) {
    const improved = driven.some((_, index) => improveWithin(ground, driven, index));
    const moved = driven.some((_, from) => driven.some((_other, to) => from !== to && improveBetween(ground, vehicles, driven, from, to)));
    if (!improved && !moved) break;
  }
  return driven.map(({ route }) => route);
}

function drive(ground: PlanGround, route: Route): Driven {
  const minutes = routeMinutes(ground, route);
  const busy = travelMinutesOf(ground, route) + route.length * ground.problem.rules.minutesAtStop;
  return { route, minutes, waiting: route.length === 0 ? 0 : minutes - busy };
}

const drivenAt = (driven: readonly Driven[], index: number): Driven => driven[index] ?? { route: [], minutes: 0, waiting: 0 };

/** Makes the first change of one route that saves minutes. */
function improveWithin(ground: PlanGround, driven: Driven[], index: number): boolean {
  const before = drivenAt(driven, index);
  for (const route of changesWithin(before.route)) {
    // The way alone tells most changes apart: waiting can save no more than there is of it.
    if (travelMinutesOf(ground, route) - travelMinutesOf(ground, before.route) > before.waiting - EPSILON) continue;
    const after = drive(ground, route);
    if (after.minutes < before.minutes - EPSILON) {
      driven[index] = after;
      return true;
    }
  }
  return false;
}

function* changesWithin(route: Route): Generator<Route> {
  for (let from = 0; from < route.length; from += 1) {
    for (let to = from + 2; to <= route.length; to += 1)
      yield [...route.slice(0, from), ...route.slice(from, to).reverse(), ...route.slice(to)];
    for (let length = 1; length <= LONGEST_PIECE && from + length <= route.length; length += 1) {
      const piece = route.slice(from, from + length);
      const rest = [...route.slice(0, from), ...route.slice(from + length)];
      for (let place = 0; place <= rest.length; place += 1)
        if (place !== from) yield [...rest.slice(0, place), ...piece, ...rest.slice(place)];
    }
  }
}

/** Makes the first change between two routes that saves minutes. */
function improveBetween(ground: PlanGround, vehicles: readonly PlanVehicle[], driven: Driven[], from: number, to: number): boolean {
  const one = drivenAt(driven, from);
  const other = drivenAt(driven, to);
  const [oneVehicle, otherVehicle] = [vehicles[from], vehicles[to]];
  if (!oneVehicle || !otherVehicle) return false;
  const way = travelMinutesOf(ground, one.route) + travelMinutesOf(ground, other.route);
  for (const [first, second] of changesBetween(one.route, other.route)) {
    if (travelMinutesOf(ground, first) + travelMinutesOf(ground, second) - way > one.waiting + other.waiting - EPSILON) continue;
    if (!fitsVehicle(ground, first, oneVehicle) || !fitsVehicle(ground, second, otherVehicle)) continue;
    const [after, afterOther] = [drive(ground, first), drive(ground, second)];
    if (after.minutes + afterOther.minutes < one.minutes + other.minutes - EPSILON) {
      driven[from] = after;
      driven[to] = afterOther;
      return true;
    }
  }
  return false;
}

function* changesBetween(one: Route, other: Route): Generator<[Route, Route]> {
  for (let from = 0; from < one.length; from += 1) {
    for (let length = 1; length <= LONGEST_PIECE && from + length <= one.length; length += 1) {
      const piece = one.slice(from, from + length);
      const rest = [...one.slice(0, from), ...one.slice(from + length)];
      for (let place = 0; place <= other.length; place += 1) yield [rest, [...other.slice(0, place), ...piece, ...other.slice(place)]];
    }
    for (let place = 0; place < other.length; place += 1) {
      const [mine = 0, theirs = 0] = [one[from], other[place]];
      yield [withReplaced(one, from, theirs), withReplaced(other, place, mine)];
      yield [
        [...one.slice(0, from), ...other.slice(place)],
        [...other.slice(0, place), ...one.slice(from)],
      ];
    }
  }
}

const withReplaced = (route: Route, index: number, stop: number): Route => route.map((one, place) => (place === index ? stop : one));
