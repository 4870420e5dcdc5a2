/** What is done with a round at the department and on the way: each a physical act. */
import { z } from '@hono/zod-openapi';
import type { Act } from '../../db/sterile-supply/act.ts';
import { addStop, moveStop } from '../../db/supply-round/add-and-move-stops.ts';
import { allocateAgain } from '../../db/supply-round/allocate-again.ts';
import { abortRound, breakDown, transferRound } from '../../db/supply-round/break-down.ts';
import { issueBundle } from '../../db/supply-round/bundle.ts';
import { consignPacks } from '../../db/supply-round/consign.ts';
import { completeLoading, depart, returnToDepartment } from '../../db/supply-round/depart.ts';
import { handRoundOver } from '../../db/supply-round/hand-over.ts';
import type { RoundHead } from '../../db/supply-round/rounds.ts';
import { takeOffPacks } from '../../db/supply-round/take-off.ts';
import type { Operation } from '../kit/operation.ts';
import { Id, Instant, Text } from '../kit/schemas.ts';
import type { OperationId } from '../policy.ts';
import { type ActRequest, actOperation } from '../sterile-supply/act-operation.ts';
import { ById, findVisibleRound } from './access.ts';
import { bundleSigner } from './bundle-signer.ts';
import { RoundSchema, roundReply } from './round-resource.ts';

/** The number of a seal as it is printed. */
export const SealNumber = Text(100);
export const PackIds = z.array(Id).max(500);

const Consignments = z.array(z.strictObject({ consignmentId: Id, sealNumber: SealNumber, intact: z.boolean() })).max(200);

interface RoundActForm<Fields extends z.ZodRawShape> {
  id: OperationId;
  act: string;
  summary: string;
  body: z.ZodObject<Fields>;
  perform(act: Act, roundId: string, body: z.output<z.ZodObject<Fields>>, request: RoundActRequest<Fields>): Promise<unknown>;
}

type RoundActRequest<Fields extends z.ZodRawShape> = ActRequest<{ id: string }, z.output<z.ZodObject<Fields>>, RoundHead>;

/** Each answers the round as it is after the act. */
const roundAct = <Fields extends z.ZodRawShape>({ id, act: name, summary, body, perform }: RoundActForm<Fields>): Operation =>
  actOperation({
    id,
    path: `/v1/rounds/{id}/${name}`,
    tag: 'supply-round',
    summary,
    params: ById,
    body,
    answers: { 200: { description: 'Done', schema: RoundSchema } },
    find: findVisibleRound,
    clockOffsetMs: ({ clockOffsetMs }: RoundHead) => clockOffsetMs,
    async perform(request) {
      await perform(request.act, request.resource.id, request.body, request);
      return roundReply(request.act.trx, request.resource.id, request.caller, 200);
    },
  });

const nothing = z.object({});
const reason = Text(2_000);

export const roundActOperations: readonly Operation[] = [
  roundAct({
    id: 'allocateRound',
    act: 'allocate',
    summary: '再次分配 / Allocate what was released since',
    body: nothing,
    perform: (act, roundId) => allocateAgain(act, roundId),
  }),
  roundAct({
    id: 'addStop',
    act: 'add-stop',
    summary: '增加站点 / Add a stop',
    body: z.object({ institutionId: Id, arriveAt: Instant, reason }),
    perform: (act, roundId, body) => addStop(act, roundId, { ...body, arriveAt: new Date(body.arriveAt) }),
  }),
  roundAct({
    id: 'moveStop',
    act: 'move-stop',
    summary: '站点改派到另一次下收下送 / Move a stop to another round',
    body: z.object({ stopId: z.uuid(), toRoundId: z.uuid(), reason }),
    perform: (act, roundId, body) => moveStop(act, roundId, body),
  }),
  roundAct({
    id: 'consignPacks',
    act: 'consignments',
    summary: '装箱封签 / Pack and seal a consignment for one stop',
    body: z.object({ stopId: z.uuid(), boxId: Id, sealNumber: SealNumber, packIds: PackIds }),
    perform: (act, roundId, body) => consignPacks(act, roundId, body),
  }),
  roundAct({
    id: 'takePacksOff',
    act: 'take-off',
    summary: '卸下灭菌包 / Take packs off before the departure',
    body: z.object({ packIds: PackIds, reason }),
    perform: (act, roundId, body) => takeOffPacks(act, roundId, body),
  }),
  roundAct({
    id: 'completeLoading',
    act: 'complete-loading',
    summary: '装车完毕，签发离线清单 / Complete the loading; the bundle is issued',
    body: nothing,
    async perform(act, roundId, _, { deps }) {
      await completeLoading(act, roundId);
      await issueBundle(act.trx, roundId, { at: act.recordedAt, sign: await bundleSigner(deps.config) });
    },
  }),
  roundAct({
    id: 'departRound',
    act: 'depart',
    summary: '出发 / Depart',
    body: nothing,
    perform: (act, roundId) => depart(act, roundId),
  }),
  roundAct({
    id: 'returnRound',
    act: 'return',
    summary: '返回 / Return',
    body: nothing,
    perform: (act, roundId) => returnToDepartment(act, roundId),
  }),
  roundAct({
    id: 'breakDownRound',
    act: 'break-down',
    summary: '车辆故障 / The vehicle has broken down',
    body: z.object({ note: reason }),
    perform: (act, roundId, body) => breakDown(act, roundId, body),
  }),
  roundAct({
    id: 'transferRound',
    act: 'transfer',
    summary: '换车，逐件核对封签 / Go on in another vehicle, seal by seal',
    body: z.object({ vehicleId: Id, consignments: Consignments }),
    perform: (act, roundId, body) => transferRound(act, roundId, body),
  }),
  roundAct({
    id: 'abortRound',
    act: 'abort',
    summary: '中止：其余站点未完成 / Abort: the remaining stops fail',
    body: z.object({ reason }),
    perform: (act, roundId, body) => abortRound(act, roundId, body),
  }),
  roundAct({
    id: 'handOverRound',
    act: 'hand-over',
    summary: '向去污区移交 / Hand over to decontamination',
    body: z.object({ consignments: Consignments }),
    perform: (act, roundId, body) => handRoundOver(act, roundId, body.consignments),
  }),
];
