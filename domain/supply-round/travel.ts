/** How long a vehicle takes from one place to another: the great circle, made longer by the detours of real streets, at the speed of the city. */

export interface Position {
  latitude: number;
  longitude: number;
}

export interface TravelRules {
  detourFactor: number;
  kmPerHour: number;
}

/** The mean radius of the Earth (IUGG). */
const EARTH_RADIUS_KM = 6_371.0088;
const radiansOf = (degrees: number): number => (degrees * Math.PI) / 180;

/** By the haversine formula. */
function greatCircleKm(a: Position, b: Position): number {
  const latitude = Math.sin(radiansOf(b.latitude - a.latitude) / 2);
  const longitude = Math.sin(radiansOf(b.longitude - a.longitude) / 2);
  const h = latitude ** 2 + Math.cos(radiansOf(a.latitude)) * Math.cos(radiansOf(b.latitude)) * longitude ** 2;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

const roadKm = (a: Position, b: Position, { detourFactor }: TravelRules): number => greatCircleKm(a, b) * detourFactor;

export const travelMinutes = (a: Position, b: Position, rules: TravelRules): number => (roadKm(a, b, rules) / rules.kmPerHour) * 60;
