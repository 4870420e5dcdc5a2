/**
 * Planning the rounds of a day: the fewest vehicles, then the fewest minutes. Several starts build routes by insertion, each is improved until nothing
 * saves a minute any more, the best one counts. The same problem gives the same plan on every machine: the work is counted in routes, not in time.
 */
import { createRandom } from '../kit/random.ts';
import { improveRoutes } from './planning/improve-routes.ts';
import { insertStops, type Solution } from './planning/insert-stops.ts';
import { lowerBoundMinutes } from './planning/lower-bound.ts';
import { buildGround, minutesBetween, type PlanGround, type PlanProblem, type PlanVehicle, stopOf } from './planning/problem.ts';
import { EPSILON, fitsVehicle, type Route, routeMinutes, timeRoute, travelMinutesOf } from './planning/route.ts';

export type UnplacedReason = 'window' | 'capacity' | 'duration';

export interface PlannedRound {
  vehicleId: string;
  departMinute: number;
  returnMinute: number;
  minutes: number;
  km: number;
  stops: { institutionId: string; arriveMinute: number; leaveMinute: number }[];
}

export interface RoundPlan {
  rounds: PlannedRound[];
  unplaced: { institutionId: string; reason: UnplacedReason }[];
  /** No plan that visits the placed centres takes fewer minutes. */
  lowerBoundMinutes: number;
  /** The work that it took. */
  timedRoutes: number;
}

/** Of 39 stops ten starts come near to what a hundred find; of more stops each start costs more, so there are fewer. */
const STARTS_TIMES_STOPS = 400;
const FEWEST_STARTS = 2;
const MOST_STARTS = 40;
/** A start that has timed so many routes is good enough. */
const TIMED_ROUTES_OF_START = 30_000;

export function planRounds(problem: PlanProblem): RoundPlan {
  const ground = buildGround(problem);
  const vehicles = largestFirst(problem.vehicles);
  const places = problem.stops.map((_, index) => index + 1);
  const possible = places.filter((place) => reasonAlone(ground, vehicles, place) === undefined);
  const { routes, unplaced } = findBestSolution(ground, vehicles, possible);
  const rejected = places.filter((place) => unplaced.includes(place) || !possible.includes(place));
  return {
    rounds: routes.flatMap((route, index) => toPlannedRound(ground, route, vehicles[index])),
    unplaced: rejected.map((place) => ({
      institutionId: stopOf(ground, place).institutionId,
      reason: reasonAlone(ground, vehicles, place) ?? reasonBeside(ground, vehicles, routes, place),
    })),
    lowerBoundMinutes: lowerBoundMinutes(
      ground,
      places.filter((place) => !rejected.includes(place)),
    ),
    timedRoutes: ground.timedRoutes,
  };
}

/** Vehicles of one size stay in the order in which they were given. */
const largestFirst = (vehicles: readonly PlanVehicle[]): PlanVehicle[] =>
  [...vehicles].sort((a, b) => b.sterileLitres + b.soiledLitres - (a.sterileLitres + a.soiledLitres));

/** More vehicles are tried only when fewer do not reach everybody. */
function findBestSolution(ground: PlanGround, vehicles: readonly PlanVehicle[], stops: readonly number[]): Solution {
  let best: Solution = { routes: [], unplaced: [...stops] };
  if (stops.length === 0) return best;
  const fewest = Math.ceil(lowerBoundMinutes(ground, stops) / ground.problem.rules.longestRoundMinutes - EPSILON);
  for (let count = Math.min(Math.max(1, fewest), vehicles.length); count >= 1 && count <= vehicles.length; count += 1) {
    const solution = findSolutionWith(ground, vehicles.slice(0, count), stops);
    if (isBetter(ground, solution, best)) best = solution;
    if (solution.unplaced.length === 0) break;
  }
  return best;
}

function findSolutionWith(ground: PlanGround, vehicles: readonly PlanVehicle[], stops: readonly number[]): Solution {
  const starts = Math.min(MOST_STARTS, Math.max(FEWEST_STARTS, Math.floor(STARTS_TIMES_STOPS / stops.length)));
  let best: Solution | undefined;
  for (let start = 0; start < starts; start += 1) {
    const random = start === 0 ? undefined : createRandom(start);
    const budget = ground.timedRoutes + TIMED_ROUTES_OF_START;
    let solution = insertStops(ground, vehicles, { routes: vehicles.map(() => []), unplaced: [...stops] }, random);
    // What did not fit may fit into the improved routes.
    for (let waiting = Number.POSITIVE_INFINITY; solution.unplaced.length < waiting; ) {
      waiting = solution.unplaced.length;
      const routes = improveRoutes(ground, vehicles, solution.routes, budget);
      solution = insertStops(ground, vehicles, { routes, unplaced: solution.unplaced });
      if (waiting === 0) break;
    }
    if (!best || isBetter(ground, solution, best)) best = solution;
  }
  return best ?? { routes: [], unplaced: [...stops] };
}

function isBetter(ground: PlanGround, one: Solution, other: Solution): boolean {
  if (one.unplaced.length !== other.unplaced.length) return one.unplaced.length < other.unplaced.length;
  return minutesOf(ground, one) < minutesOf(ground, other) - EPSILON;
}

const minutesOf = (ground: PlanGround, { routes }: Solution): number => routes.reduce((sum, route) => sum + routeMinutes(ground, route), 0);

function toPlannedRound(ground: PlanGround, route: Route, vehicle: PlanVehicle | undefined): PlannedRound[] {
  const times = timeRoute(ground, route);
  if (route.length === 0 || !times || !vehicle) return [];
  const { minutesAtStop, kmPerHour } = ground.problem.rules;
  const { departMinute, returnMinute, startMinutes } = times;
  return [
    {
      vehicleId: vehicle.id,
      departMinute,
      returnMinute,
      minutes: returnMinute - departMinute,
      km: (travelMinutesOf(ground, route) / 60) * kmPerHour,
      stops: route.map((place, index) => {
        const arriveMinute = startMinutes[index] ?? departMinute;
        return { institutionId: stopOf(ground, place).institutionId, arriveMinute, leaveMinute: arriveMinute + minutesAtStop };
      }),
    },
  ];
}

/** Why a stop cannot be visited even by a vehicle of its own; undefined when it can. */
function reasonAlone(ground: PlanGround, vehicles: readonly PlanVehicle[], place: number): UnplacedReason | undefined {
  if (!vehicles.some((vehicle) => fitsVehicle(ground, [place], vehicle))) return 'capacity';
  const { longestRoundMinutes, minutesAtStop } = ground.problem.rules;
  if (2 * minutesBetween(ground, 0, place) + minutesAtStop > longestRoundMinutes + EPSILON) return 'duration';
  return timeRoute(ground, [place]) ? undefined : 'window';
}

/** Why none of the routes takes the stop as well: no room in any, else no time in any, else no window that a route with time could keep. */
function reasonBeside(ground: PlanGround, vehicles: readonly PlanVehicle[], routes: readonly Route[], place: number): UnplacedReason {
  const withRoom = vehicles
    .map((vehicle, index) => ({ vehicle, route: routes[index] ?? [] }))
    .filter(({ vehicle, route }) => fitsVehicle(ground, [...route, place], vehicle));
  if (withRoom.length === 0) return 'capacity';
  const { longestRoundMinutes, minutesAtStop } = ground.problem.rules;
  const hasTime = withRoom.some(({ route }) =>
    Array.from({ length: route.length + 1 }, (_, index) => [...route.slice(0, index), place, ...route.slice(index)]).some(
      (longer) => travelMinutesOf(ground, longer) + longer.length * minutesAtStop <= longestRoundMinutes + EPSILON,
    ),
  );
  return hasTime ? 'window' : 'duration';
}
