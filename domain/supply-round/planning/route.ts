/** One route: the order of its stops, its times, and whether it may be driven. */
import { minutesBetween, type PlanGround, type PlanStop, type PlanVehicle, stopOf } from './problem.ts';

/** The stops by their places, in the order of the visits. */
export type Route = readonly number[];

export interface RouteTimes {
  departMinute: number;
  returnMinute: number;
  /** When the service at each stop begins. */
  startMinutes: number[];
}

/** Returns undefined when a window is missed or the round takes too long. An empty route takes no time. */
export function timeRoute(ground: PlanGround, route: Route): RouteTimes | undefined {
  ground.timedRoutes += 1;
  const { departMinute, rules } = ground.problem;
  const earliest = departMinute ?? 0;
  const startMinutes: number[] = [];
  let minute = earliest;
  let place = 0;
  for (const next of route) {
    const start = earliestStart(stopOf(ground, next), minute + minutesBetween(ground, place, next), rules.minutesAtStop);
    if (start === undefined) return undefined;
    startMinutes.push(start);
    minute = start + rules.minutesAtStop;
    place = next;
  }
  const returnMinute = minute + minutesBetween(ground, place, 0);
  if (departMinute === null) leaveAsLateAsPossible(ground, route, startMinutes);
  const [first] = route;
  const firstStart = startMinutes[0] ?? earliest;
  const depart = departMinute ?? (first === undefined ? earliest : firstStart - minutesBetween(ground, 0, first));
  if (returnMinute - depart > rules.longestRoundMinutes + EPSILON) return undefined;
  return { departMinute: depart, returnMinute, startMinutes };
}

/** Sums of fractions differ in their last digits. */
export const EPSILON = 1e-6;

/** How long a route takes, infinite for one that may not be driven. */
export function routeMinutes(ground: PlanGround, route: Route): number {
  if (route.length === 0) return 0;
  const times = timeRoute(ground, route);
  return times ? times.returnMinute - times.departMinute : Number.POSITIVE_INFINITY;
}

function earliestStart({ windows }: PlanStop, arriveMinute: number, minutesAtStop: number): number | undefined {
  if (windows.length === 0) return arriveMinute;
  let earliest: number | undefined;
  for (const { fromMinute, toMinute } of windows) {
    const start = Math.max(fromMinute, arriveMinute);
    if (start + minutesAtStop <= toMinute + EPSILON && (earliest === undefined || start < earliest)) earliest = start;
  }
  return earliest;
}

/** Waiting at the beginning is of no use: each service begins as late as the next one lets it, and the round still ends when it did. */
function leaveAsLateAsPossible(ground: PlanGround, route: Route, startMinutes: number[]): void {
  const { minutesAtStop } = ground.problem.rules;
  for (let index = route.length - 2; index >= 0; index -= 1) {
    const place = route[index] ?? 0;
    const next = route[index + 1] ?? 0;
    const latest = (startMinutes[index + 1] ?? 0) - minutesBetween(ground, place, next) - minutesAtStop;
    startMinutes[index] = latestStart(stopOf(ground, place), latest, minutesAtStop) ?? startMinutes[index] ?? latest;
  }
}

function latestStart({ windows }: PlanStop, notAfter: number, minutesAtStop: number): number | undefined {
  if (windows.length === 0) return notAfter;
  let latest: number | undefined;
  for (const { fromMinute, toMinute } of windows) {
    const start = Math.min(toMinute - minutesAtStop, notAfter);
    if (start + EPSILON >= fromMinute && (latest === undefined || start > latest)) latest = start;
  }
  return latest;
}

/** The way alone, without service and waiting. */
export function travelMinutesOf(ground: PlanGround, route: Route): number {
  let sum = 0;
  let place = 0;
  for (const next of route) {
    sum += minutesBetween(ground, place, next);
    place = next;
  }
  return route.length === 0 ? 0 : sum + minutesBetween(ground, place, 0);
}

export function fitsVehicle(ground: PlanGround, route: Route, { sterileLitres, soiledLitres }: PlanVehicle): boolean {
  let deliver = 0;
  let collect = 0;
  for (const place of route) {
    const { deliverLitres, collectLitres } = stopOf(ground, place);
    deliver += deliverLitres;
    collect += collectLitres;
  }
  return deliver <= sterileLitres + EPSILON && collect <= soiledLitres + EPSILON;
}
