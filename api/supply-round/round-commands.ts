/** What the pathway of a round decides: that it is planned, confirmed, closed, cancelled. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { findThings } from '../../db/sterile-supply/find-things.ts';
import { loadNormRules } from '../../db/sterile-supply/norm-rules.ts';
import { findCentres, findDepartment, holdsRole } from '../../db/supply-round/round-ground.ts';
import type { RoundHead } from '../../db/supply-round/rounds.ts';
import type { NormRules } from '../../domain/sterile-supply/norm-rules.ts';
import { allowedRoundActs, mayActOnRound } from '../../domain/supply-round/acts.ts';
import type { CreateSupplyRound } from '../../domain/supply-round/events.ts';
import { returnDueAtOf } from '../../domain/supply-round/return-due.ts';
import { addDays, localDateOf, startOf } from '../../domain/time/local-date.ts';
import { type CommandRequest, type CommandSteps, runCommand } from '../kit/commands.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { DateOnly, Id, Instant, pendingAnswer, Text } from '../kit/schemas.ts';
import { ById, findVisibleRound } from './access.ts';
import { RoundSchema, renderRound } from './round-resource.ts';

const tag = 'supply-round';

const NewRound = z.strictObject({
  on: DateOnly,
  vehicleId: Id,
  driverId: Id,
  courierId: Id,
  departAt: Instant,
  mode: z.enum(['soiled-first', 'clean-first']).default('soiled-first'),
  stops: z
    .array(z.strictObject({ institutionId: Id, arriveAt: Instant }))
    .min(1)
    .max(60),
});
type NewRoundBody = z.output<typeof NewRound>;

/** A round is written down at most this long after its day, a demonstration's either way. Further ahead nobody plans. */
const BACK_DAYS = 7;
const FAR_DAYS = 400;

const budgetsOf = ({ timers }: NormRules): CreateSupplyRound['budgets'] => ({
  releaseLead: timers['release-lead'],
  stopLate: timers['stop-late'],
  roundLate: timers['round-late'],
  handOver: timers['hand-over'],
  reconcile: timers.reconcile,
  unserved: timers.unserved,
  confirmSignature: timers['confirm-signature'],
});

const createSteps: CommandSteps<NewRoundBody, undefined, CreateSupplyRound> = {
  async check(request) {
    const { deps, body } = request;
    checkDates(body, deps.config.CAREPATH_DEMO);
    const department = await findDepartment(deps.db);
    const vehicleId = (await findThings(deps.db, 'vehicle', [body.vehicleId])).get(body.vehicleId);
    if (vehicleId === undefined) throw invalidRequestProblem('vehicleId', { zh: '没有此车辆', en: 'no such vehicle' });
    for (const role of ['driver', 'courier'] as const)
      if (!(await holdsRole(deps.db, body[`${role}Id`], role, department.institutionId)))
        throw invalidRequestProblem(`${role}Id`, { zh: '不是消毒供应中心的该岗位人员', en: `not a ${role} of the supply department` });
    const centres = await findCentres(
      deps.db,
      body.stops.map(({ institutionId }) => institutionId),
    );
    const stops = body.stops.map(({ institutionId, arriveAt }, index) => {
      const centre = centres.find((one) => one.institutionId === institutionId);
      if (!centre) throw invalidRequestProblem(`stops.${index}.institutionId`, { zh: '没有此社康中心', en: 'no such centre' });
      return { stopId: uuid(), institutionId, arriveAt: Date.parse(arriveAt), position: centre.position };
    });
    const rules = loadNormRules(body.on);
    const departAt = Date.parse(body.departAt);
    const cutOffAt = startOf(body.on) - rules.timers['cut-off'] * 1_000;
    return {
      cssdInstitutionId: department.institutionId,
      onDate: body.on,
      vehicleId,
      driverId: body.driverId,
      courierId: body.courierId,
      mode: body.mode,
      departAt,
      returnDueAt: returnDueAtOf({ departAt, stops, depot: department.position }, rules.planning),
      cutOffAt: cutOffAt > Date.now() ? cutOffAt : null,
      stops: stops.map(({ position: _, ...stop }) => stop),
      budgets: budgetsOf(rules),
    };
  },
  command: (_, input) => ({ kind: 'supply-round', pathwayId: uuid(), name: 'create', input, texts: {}, seen: 0 }),
  render: renderRound,
};

/** Throws Problem 422. */
function checkDates({ on, departAt, stops }: NewRoundBody, demo: boolean): void {
  const today = localDateOf(Date.now());
  if (on < addDays(today, -(demo ? FAR_DAYS : BACK_DAYS))) throw invalidRequestProblem('on', { zh: '距今过久', en: 'lies too long ago' });
  if (on > addDays(today, FAR_DAYS)) throw invalidRequestProblem('on', { zh: '距今过远', en: 'lies too far ahead' });
  if (localDateOf(Date.parse(departAt)) !== on) throw invalidRequestProblem('departAt', { zh: '不在该日', en: 'is not on that day' });
  const seen = new Set<string>();
  stops.forEach(({ institutionId, arriveAt }, index) => {
    if (Date.parse(arriveAt) < Date.parse(departAt) || localDateOf(Date.parse(arriveAt)) !== on)
      throw invalidRequestProblem(`stops.${index}.arriveAt`, { zh: '须在出发之后的同一天', en: 'is not on that day after the departure' });
    if (seen.has(institutionId))
      throw invalidRequestProblem(`stops.${index}.institutionId`, { zh: '重复', en: 'stands in the list twice' });
    seen.add(institutionId);
  });
}

const createRound = operation({
  id: 'createRound',
  method: 'post',
  path: '/v1/rounds',
  tag,
  summary: '新建下收下送 / Plan a round',
  body: NewRound,
  answers: { 201: { description: 'Created', schema: RoundSchema }, 202: pendingAnswer },
  handle: (request) => runCommand(createSteps, { ...request, ifVersion: undefined }),
});

type StateChange = 'confirm' | 'close' | 'cancel';

/** If-Match means the version of the row, which the check looks at; the pathway has one of its own. */
function changeSteps<Body>(name: StateChange, textsOf: (body: Body) => Record<string, string>): CommandSteps<Body, RoundHead, undefined> {
  return {
    async check({ ifVersion, resource }: CommandRequest<Body, RoundHead>) {
      if (ifVersion !== undefined && ifVersion !== resource.version) throw new Problem('version-changed');
      if (!mayActOnRound(resource, name))
        throw new Problem('transition-not-allowed', { members: { state: resource.status, allowed: allowedRoundActs(resource) } });
      return undefined;
    },
    command: ({ body, resource: { id, pathwayVersion } }) => ({
      kind: 'supply-round',
      pathwayId: id,
      name,
      input: {},
      texts: textsOf(body),
      seen: pathwayVersion,
    }),
    render: renderRound,
  };
}

/** The check has looked at the version of the row, so the command goes on without it. */
async function runChange<Body>(
  steps: CommandSteps<Body, RoundHead, undefined>,
  request: OperationRequest<unknown, unknown, Body, RoundHead>,
) {
  const { ifVersion } = request;
  return runCommand({ ...steps, check: (asked) => steps.check({ ...asked, ifVersion }) }, { ...request, ifVersion: undefined });
}

const answers = { 200: { description: 'Done', schema: RoundSchema }, 202: pendingAnswer };
const confirmSteps = changeSteps<Record<string, never>>('confirm', () => ({}));
const closeSteps = changeSteps<Record<string, never>>('close', () => ({}));
const cancelSteps = changeSteps<{ reason: string }>('cancel', ({ reason }) => ({ note: reason }));

const confirmRound = operation({
  id: 'confirmRound',
  method: 'post',
  path: '/v1/rounds/{id}/confirm',
  tag,
  summary: '确认：冻结换物单并分配 / Confirm: slips are frozen, packs allocated',
  params: ById,
  body: z.strictObject({}),
  answers,
  find: findVisibleRound,
  handle: (request) => runChange(confirmSteps, request),
});

const closeRound = operation({
  id: 'closeRound',
  method: 'post',
  path: '/v1/rounds/{id}/close',
  tag,
  summary: '关闭 / Close',
  params: ById,
  body: z.strictObject({}),
  answers,
  find: findVisibleRound,
  handle: (request) => runChange(closeSteps, request),
});

const cancelRound = operation({
  id: 'cancelRound',
  method: 'post',
  path: '/v1/rounds/{id}/cancel',
  tag,
  summary: '取消 / Cancel',
  params: ById,
  body: z.strictObject({ reason: Text(2_000) }),
  answers,
  find: findVisibleRound,
  handle: (request) => runChange(cancelSteps, request),
});

export const roundCommandOperations: readonly Operation[] = [createRound, confirmRound, closeRound, cancelRound];
