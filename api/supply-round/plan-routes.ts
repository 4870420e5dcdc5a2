/** Planning the rounds of a day. It writes nothing: a dispatcher creates the rounds that they like. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import { findThings } from '../../db/sterile-supply/find-things.ts';
import { loadNormRules } from '../../db/sterile-supply/norm-rules.ts';
import { type CentreToPlan, listCentresToPlan, listVehicles } from '../../db/supply-round/planning-ground.ts';
import { findDepartment } from '../../db/supply-round/round-ground.ts';
import { planRounds, type RoundPlan } from '../../domain/supply-round/plan-rounds.ts';
import type { Position } from '../../domain/supply-round/travel.ts';
import { localDateOf, startOf, weekdayOf } from '../../domain/time/local-date.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { DateOnly, Id, Instant, pendingAnswer } from '../kit/schemas.ts';

const PlanSchema = z
  .strictObject({
    rounds: z.array(
      z.strictObject({
        vehicleId: z.string(),
        departAt: Instant,
        returnAt: Instant,
        minutes: z.number(),
        km: z.number(),
        stops: z.array(z.strictObject({ institutionId: z.string(), arriveAt: Instant, leaveAt: Instant })),
      }),
    ),
    unplaced: z.array(z.strictObject({ institutionId: z.string(), reason: z.enum(['window', 'capacity', 'duration']) })),
    lowerBoundMinutes: z.number(),
  })
  .openapi('RoundPlan');

const planRoundsOperation = operation({
  id: 'planRounds',
  method: 'post',
  path: '/v1/round-plans',
  tag: 'supply-round',
  summary: '排线：尽量少的车辆与时间，不保存 / Plan the rounds of a day; nothing is written',
  body: z.strictObject({
    on: DateOnly,
    vehicleIds: z.array(Id).min(1).max(50),
    institutionIds: z.array(Id).min(1).max(300).optional(),
    departAt: Instant.optional(),
  }),
  answers: { 200: { description: 'The plan', schema: PlanSchema }, 202: pendingAnswer },
  async handle(request) {
    const { deps, body } = request;
    const { on, departAt } = body;
    if (departAt !== undefined && localDateOf(Date.parse(departAt)) !== on)
      throw invalidRequestProblem('departAt', { zh: '不在该日', en: 'is not on that day' });
    const vehicles = await listVehicles(deps.db, await resolveVehicles(request));
    const centres = await listCentresToPlan(deps.db);
    const chosen = body.institutionIds === undefined ? centres.filter(isVisitedOn(on)) : chooseCentres(centres, body.institutionIds);
    const plan = planRounds({
      depot: await findDepot(deps.db, centres),
      departMinute: departAt === undefined ? null : minuteOfDay(on, Date.parse(departAt)),
      stops: chosen.map(({ windows, visitDays: _, ...centre }) => ({
        ...centre,
        windows: windows.map(({ from, to }) => ({ fromMinute: toMinute(from), toMinute: toMinute(to) })),
      })),
      vehicles,
      rules: loadNormRules(on).planning,
    });
    return runOnce(request, async () => ({ status: 200, body: planResource(on, plan) }));
  },
});

/** Where the vehicles start. Throws Problem 422 where nobody has entered the places that a plan is made of. */
async function findDepot(db: Database, centres: readonly CentreToPlan[]): Promise<Position> {
  const { institutionId, position } = await findDepartment(db);
  if (centres.length === 0)
    throw invalidRequestProblem('institutionIds', {
      zh: '尚未登记任何社康中心的位置：请先 PUT /v1/supply-centres/{institutionId}',
      en: 'no centre has a place yet: enter one with PUT /v1/supply-centres/{institutionId}',
    });
  if (position === null)
    throw invalidRequestProblem('vehicleIds', {
      zh: `尚未登记车辆出发地（消毒供应中心）的位置：请先 PUT /v1/supply-centres/${institutionId}`,
      en: `the supply department, where vehicles start, has no place yet: enter it with PUT /v1/supply-centres/${institutionId}`,
    });
  return position;
}

const MINUTE_MS = 60_000;
const minuteOfDay = (on: string, at: number): number => (at - startOf(on)) / MINUTE_MS;

function toMinute(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

const isVisitedOn =
  (on: string) =>
  ({ visitDays }: CentreToPlan): boolean =>
    visitDays.includes(weekdayOf(on) || 7);

async function resolveVehicles({ deps, body }: { deps: { db: Parameters<typeof findThings>[0] }; body: { vehicleIds: string[] } }) {
  const found = await findThings(deps.db, 'vehicle', body.vehicleIds);
  const ids = body.vehicleIds.map((given, index) => {
    const id = found.get(given);
    if (id === undefined) throw invalidRequestProblem(`vehicleIds.${index}`, { zh: '没有此车辆', en: 'no such vehicle' });
    return id;
  });
  ids.forEach((id, index) => {
    if (ids.indexOf(id) < index) throw invalidRequestProblem(`vehicleIds.${index}`, { zh: '重复', en: 'stands in the list twice' });
  });
  return ids;
}

/** Whoever names the centres may name one on any day. Throws Problem 422. */
function chooseCentres(centres: readonly CentreToPlan[], ids: readonly string[]): CentreToPlan[] {
  return ids.map((id, index) => {
    const centre = centres.find(({ institutionId }) => institutionId === id);
    if (!centre)
      throw invalidRequestProblem(`institutionIds.${index}`, {
        zh: '没有此社康中心，或未登记位置',
        en: 'no such centre, or one without a place',
      });
    if (ids.indexOf(id) < index) throw invalidRequestProblem(`institutionIds.${index}`, { zh: '重复', en: 'stands in the list twice' });
    return centre;
  });
}

const TENTHS = 10;
const toTenths = (value: number): number => Math.round(value * TENTHS) / TENTHS;

function planResource(on: string, { rounds, unplaced, lowerBoundMinutes }: RoundPlan): z.infer<typeof PlanSchema> {
  const instant = (minute: number): string => new Date(startOf(on) + Math.round(minute * MINUTE_MS)).toISOString();
  return {
    rounds: rounds.map(({ vehicleId, departMinute, returnMinute, minutes, km, stops }) => ({
      vehicleId,
      departAt: instant(departMinute),
      returnAt: instant(returnMinute),
      minutes: toTenths(minutes),
      km: toTenths(km),
      stops: stops.map(({ institutionId, arriveMinute, leaveMinute }) => ({
        institutionId,
        arriveAt: instant(arriveMinute),
        leaveAt: instant(leaveMinute),
      })),
    })),
    unplaced,
    // Rounded down, so that it stays below what it bounds.
    lowerBoundMinutes: Math.floor(lowerBoundMinutes * TENTHS) / TENTHS,
  };
}

export const planOperations: readonly Operation[] = [planRoundsOperation];
