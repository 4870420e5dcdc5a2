/** What is planned: which centres are visited from which place by which vehicles. Minutes count from midnight, local time. */
import { type Position, type TravelRules, travelMinutes } from '../travel.ts';

export interface PlanWindow {
  fromMinute: number;
  toMinute: number;
}

export interface PlanStop {
  institutionId: string;
  position: Position;
  /** The service lies within one of them; none: at any time. */
  windows: readonly PlanWindow[];
  /** What is delivered takes room at the departure, what is collected at the return. */
  deliverLitres: number;
  collectLitres: number;
}

export interface PlanVehicle {
  id: string;
  sterileLitres: number;
  soiledLitres: number;
}

export interface PlanRules extends TravelRules {
  longestRoundMinutes: number;
  minutesAtStop: number;
}

export interface PlanProblem {
  /** The supply department, where each round begins and ends. */
  depot: Position;
  /** null: as late as the first stop allows. */
  departMinute: number | null;
  stops: readonly PlanStop[];
  vehicles: readonly PlanVehicle[];
  rules: PlanRules;
}

/** The problem as the solver works on it: places are numbers, 0 is the department and n the stop n - 1. */
export interface PlanGround {
  problem: PlanProblem;
  /** Minutes from each place to each other one. The way there is as long as the way back. */
  minutes: readonly (readonly number[])[];
  /** How many routes have been timed: the measure of the work, which is the same on every machine. */
  timedRoutes: number;
}

export function buildGround(problem: PlanProblem): PlanGround {
  const places = [problem.depot, ...problem.stops.map(({ position }) => position)];
  const minutes = places.map((from) => places.map((to) => travelMinutes(from, to, problem.rules)));
  return { problem, minutes, timedRoutes: 0 };
}

export const minutesBetween = ({ minutes }: Pick<PlanGround, 'minutes'>, from: number, to: number): number => minutes[from]?.[to] ?? 0;

/** Throws for the department, which is no stop. */
export function stopOf({ problem }: PlanGround, place: number): PlanStop {
  const stop = problem.stops[place - 1];
  if (!stop) throw new RangeError(`${place} is no stop.`);
  return stop;
}
