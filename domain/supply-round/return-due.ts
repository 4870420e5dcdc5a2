/** When the vehicle of a round should be back: after the last stop and the way home. */
import { type Position, type TravelRules, travelMinutes } from './travel.ts';

export interface TimedStop {
  arriveAt: number;
  /** null: nobody knows where the centre lies. */
  position: Position | null;
}

/** In milliseconds. Without a place the way home counts as nothing. */
export function returnDueAtOf(
  { departAt, stops, depot }: { departAt: number; stops: readonly TimedStop[]; depot: Position | null },
  rules: TravelRules & { minutesAtStop: number },
): number {
  const last = stops.reduce<TimedStop | undefined>(
    (latest, stop) => (latest && latest.arriveAt >= stop.arriveAt ? latest : stop),
    undefined,
  );
  if (!last) return departAt;
  const way = last.position && depot ? travelMinutes(last.position, depot, rules) : 0;
  return last.arriveAt + Math.round((rules.minutesAtStop + way) * 60_000);
}
