/** Packs: looked up, and what is done with one by itself. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import type { Act } from '../../db/sterile-supply/act.ts';
import { findNotDispensable } from '../../db/sterile-supply/dispensable.ts';
import { resolveThing } from '../../db/sterile-supply/find-things.ts';
import {
  assemblePack,
  breakOutPack,
  checkPack,
  compromisePack,
  openPack,
  restockPack,
  returnUnopenedPack,
} from '../../db/sterile-supply/pack-acts.ts';
import { type AskedPackRecord, findPack, getPack, listPacks } from '../../db/sterile-supply/packs.ts';
import { compromiseReasons } from '../../domain/sterile-supply/packs.ts';
import { packStatuses } from '../../domain/sterile-supply/vocabulary.ts';
import type { Caller } from '../kit/auth.ts';
import { type Operation, operation, type Reply } from '../kit/operation.ts';
import { DateOnly, Id, Instant, PageQuery, pageOf, Text } from '../kit/schemas.ts';
import type { OperationId } from '../policy.ts';
import { actOperation } from './act-operation.ts';
import { DispensableReasonSchema, PackSchema, packResource } from './pack-resource.ts';
import { sightOf } from './posts.ts';
import { idAfter, pageById, resourceReply } from './thing-resource.ts';

const tag = 'sterile-supply';
const params = z.strictObject({ id: Id });
const answers = { 200: { description: 'The pack', schema: PackSchema } };

async function packReply(db: Database, id: string, caller: Caller, status: number): Promise<Reply> {
  return resourceReply(status, packResource(await getPack(db, id), caller));
}

interface OnePackAct<Fields extends z.ZodRawShape> {
  id: OperationId;
  /** The end of the path. */
  name: string;
  summary: string;
  body: z.ZodObject<Fields>;
  write(act: Act, pack: AskedPackRecord, body: z.output<z.ZodObject<Fields>>): Promise<void>;
}

const packOperation = <Fields extends z.ZodRawShape>({ id, name, summary, body, write }: OnePackAct<Fields>): Operation =>
  actOperation<typeof params, Fields, AskedPackRecord>({
    id,
    path: `/v1/packs/{id}/${name}`,
    tag,
    summary,
    params,
    body,
    answers,
    find: ({ deps, params: { id: asked }, caller }) => findPack(deps.db, asked, sightOf(caller)),
    async perform({ act, resource, body: given, caller }) {
      await write(act, resource, given);
      return packReply(act.trx, resource.id, caller, 200);
    },
  });

export const packOperations: readonly Operation[] = [
  actOperation({
    id: 'assemblePack',
    path: '/v1/packs',
    tag,
    summary: '包装检查合格的器械包 / Pack an inspected set: a new sterile life begins',
    body: z.object({ setInstanceId: Id }),
    answers: { 201: { description: 'The pack', schema: PackSchema } },
    async perform({ act, body, caller }) {
      const setInstanceId = await resolveThing(act.trx, 'set_instance', body.setInstanceId, 'setInstanceId');
      return packReply(act.trx, await assemblePack(act, setInstanceId), caller, 201);
    },
  }),
  operation({
    id: 'listPacks',
    method: 'get',
    path: '/v1/packs',
    tag,
    summary: '可见的无菌包 / List the packs that the caller sees, by id',
    query: z.strictObject({
      ...PageQuery,
      status: z.enum(packStatuses).optional(),
      setTypeId: Id.optional(),
      loadId: Id.optional(),
      holderId: Id.optional(),
      expiresBefore: DateOnly.optional(),
    }),
    answers: { 200: { description: 'A page', schema: pageOf(PackSchema) } },
    async handle({ deps, caller, query: { limit, cursor, ...filter } }) {
      const packs = await listPacks(deps.db, filter, sightOf(caller), { limit, after: idAfter(cursor) });
      return { status: 200, body: pageById(packs, limit, (pack) => packResource(pack, caller)) };
    },
  }),
  operation({
    id: 'getPack',
    method: 'get',
    path: '/v1/packs/{id}',
    tag,
    summary: '无菌包（按编号或标签码） / A pack, by id, code or what its label shows',
    params,
    answers,
    find: ({ deps, params: { id }, caller }) => findPack(deps.db, id, sightOf(caller)),
    handle: ({ deps, resource, caller }) => packReply(deps.db, resource.id, caller, 200),
  }),
  operation({
    id: 'getPackDispensable',
    method: 'get',
    path: '/v1/packs/{id}/dispensable',
    tag,
    summary: '无菌包可否发放，及不可发放的全部原因 / Whether the pack may be handed to a centre, with every reason against it',
    params,
    query: z.strictObject({ for: Id.optional(), at: Instant.optional() }),
    answers: {
      200: {
        description: 'The answer',
        schema: z.strictObject({
          dispensable: z.boolean(),
          reasons: z.array(DispensableReasonSchema),
          at: Instant,
          expiresOn: DateOnly.nullable(),
        }),
      },
    },
    find: ({ deps, params: { id }, caller }) => findPack(deps.db, id, sightOf(caller)),
    async handle({ deps, resource: { id, print, expires_on: expiresOn }, query }) {
      const at = query.at === undefined ? new Date() : new Date(query.at);
      const [refused] = await findNotDispensable(deps.db, [{ id, print }], { for: query.for ?? null, at });
      const reasons = refused?.reasons ?? [];
      return { status: 200, body: { dispensable: reasons.length === 0, reasons, at: at.toISOString(), expiresOn } };
    },
  }),
  packOperation({
    id: 'checkPack',
    name: 'check',
    summary: '包装复核（须另一人） / Another person than the packer has looked at the pack',
    body: z.object({}),
    write: (act, { id }) => checkPack(act, id),
  }),
  packOperation({
    id: 'compromisePack',
    name: 'compromise',
    summary: '无菌包掉落、破损、污染或标签无法辨认 / The pack was dropped, torn or soiled, or its label cannot be read',
    body: z.object({ reason: z.enum(compromiseReasons) }),
    write: (act, { id }, { reason }) => compromisePack(act, id, reason),
  }),
  packOperation({
    id: 'breakOutPack',
    name: 'break-out',
    summary: '在消毒供应中心拆包 / A pack that nobody may use is taken apart at the supply department',
    body: z.object({}),
    write: (act, { id }) => breakOutPack(act, id),
  }),
  packOperation({
    id: 'restockPack',
    name: 'restock',
    summary: '带回的无菌包重新入库 / What a round brought back goes into the store again',
    body: z.object({ intact: z.boolean() }),
    write: (act, { id }, { intact }) => restockPack(act, id, { intact }),
  }),
  packOperation({
    id: 'openPack',
    name: 'open',
    summary: '开包使用，并登记包内化学指示物 / Open a pack for use, with what its inner indicator shows',
    body: z.object({ innerCi: z.enum(['pass', 'fail']), patientReference: Text(200).optional() }),
    write: (act, { id, print }, { innerCi, patientReference = null }) => openPack(act, id, { innerCi, patientReference, print }),
  }),
  packOperation({
    id: 'returnPackUnopened',
    name: 'return-unopened',
    summary: '未开包退回 / Send back a pack that was not used',
    body: z.object({ reason: Text(2_000) }),
    write: (act, { id }, { reason }) => returnUnopenedPack(act, id, reason),
  }),
];
