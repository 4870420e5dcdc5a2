/** Sets of instruments: registered, looked up, and what is done with one by itself. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import type { Database } from '../../db/kit/database.ts';
import { refuseField } from '../../db/sterile-supply/act.ts';
import { type Custody, custodyOf, resolveThing } from '../../db/sterile-supply/find-things.ts';
import { actOnSet, findSet, listSets, registerSet, type SetRow, type SingleSetAct } from '../../db/sterile-supply/set-instances.ts';
import { allowedSetActs, type MissingItem, type SetAct } from '../../domain/sterile-supply/sets.ts';
import { ownerships, setStatuses, specialPathogens } from '../../domain/sterile-supply/vocabulary.ts';
import type { Caller } from '../kit/auth.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Id, PageQuery, pageOf, Text } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { actOperation } from './act-operation.ts';
import { sightOf } from './posts.ts';
import { Code } from './set-types.ts';
import { custodyResource, idAfter, pageById, resourceReply, thingMembers } from './thing-resource.ts';

const tag = 'sterile-supply';

const SetInstanceSchema = z
  .strictObject({
    ...thingMembers,
    status: z.enum(setStatuses),
    setTypeId: z.string(),
    ownership: z.enum(ownerships),
    ownerInstitutionId: z.string().nullable(),
    incomplete: z.boolean(),
    missingItems: z.array(z.strictObject({ itemCode: z.string(), quantity: z.number() })),
    special: z.enum(specialPathogens).nullable(),
    allowed: z.array(z.string()),
  })
  .openapi('SetInstance');

const operationOf = {
  wash: 'recordWashBatch',
  inspect: 'recordInspections',
  assemble: 'assemblePack',
  complete: 'completeSet',
  'sign-off-incomplete': 'signOffIncompleteSet',
  repaired: 'recordSetRepaired',
  'report-missing': 'reportSetMissing',
  retire: 'retireSet',
} as const satisfies Record<SetAct, OperationId>;

const setResource = (row: SetRow, custody: Custody | undefined, { roles }: Caller): z.infer<typeof SetInstanceSchema> => ({
  id: row.id,
  code: row.code,
  status: row.status,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  custody: custodyResource(custody),
  setTypeId: row.set_type_id,
  ownership: row.ownership,
  ownerInstitutionId: row.owner_institution_id,
  incomplete: row.incomplete,
  missingItems: row.missing_items as MissingItem[],
  special: row.special,
  allowed: allowedSetActs(row.status).filter((act) => mayDo(operationOf[act], roles)),
});

async function setReply(db: Database, id: string, caller: Caller, status: number) {
  const row = await findSet(db, id, { over: 'alliance' });
  if (!row) throw new Error('A set is never deleted.');
  const custody = (await custodyOf(db, 'set-instance', [row.id])).get(row.id);
  return resourceReply(status, setResource(row, custody, caller));
}

const params = z.strictObject({ id: Id });
const answers = { 200: { description: 'The set', schema: SetInstanceSchema } };

function setOperation(id: OperationId, name: SingleSetAct, summary: string): Operation {
  return actOperation({
    id,
    path: `/v1/set-instances/{id}/${name}`,
    tag,
    summary,
    params,
    body: z.object({ reason: Text(2_000).optional() }),
    answers,
    find: ({ deps, params: { id: asked }, caller }) => findSet(deps.db, asked, sightOf(caller)),
    async perform({ act, resource, body, caller }) {
      await actOnSet(act, resource.id, name, body.reason);
      return setReply(act.trx, resource.id, caller, 200);
    },
  });
}

export const setInstanceOperations: readonly Operation[] = [
  actOperation({
    id: 'registerSet',
    path: '/v1/set-instances',
    tag,
    summary: '登记器械包：在社康中心为已使用，否则待清洗 / Register a set: at a centre as used, else at the supply department to be washed',
    body: z.object({
      setTypeId: Id,
      code: Code,
      ownership: z.enum(ownerships),
      ownerInstitutionId: Id.optional(),
      institutionId: Id.optional(),
    }),
    timesOfItsOwn: true,
    answers: { 201: { description: 'The set', schema: SetInstanceSchema } },
    async perform({ act, body, caller }) {
      const { code, ownership, ownerInstitutionId } = body;
      const setTypeId = await resolveThing(act.trx, 'set_type', body.setTypeId, 'setTypeId');
      if (ownership === 'centre-owned' && ownerInstitutionId === undefined)
        throw refuseField('ownerInstitutionId', { zh: '代消毒物品须写明所属社康中心', en: 'which centre owns it?' });
      if (ownership !== 'centre-owned' && ownerInstitutionId !== undefined)
        throw refuseField('ownerInstitutionId', { zh: '只有代消毒物品属于社康中心', en: 'only a centre-owned set has one' });
      if (ownerInstitutionId !== undefined) await checkCentre(act.trx, ownerInstitutionId, 'ownerInstitutionId');
      const institutionId = body.institutionId === undefined ? null : await centreOrDepartment(act.trx, body.institutionId);
      const id = await registerSet(act, { setTypeId, code, ownership, ownerInstitutionId: ownerInstitutionId ?? null, institutionId });
      return setReply(act.trx, id, caller, 201);
    },
  }),
  operation({
    id: 'listSets',
    method: 'get',
    path: '/v1/set-instances',
    tag,
    summary: '可见的器械包 / List the sets that the caller sees, by id',
    query: z.strictObject({
      ...PageQuery,
      status: z.enum(setStatuses).optional(),
      setTypeId: Id.optional(),
      ownership: z.enum(ownerships).optional(),
      holderId: Id.optional(),
    }),
    answers: { 200: { description: 'A page', schema: pageOf(SetInstanceSchema) } },
    async handle({ deps, caller, query: { limit, cursor, ...filter } }) {
      const rows = await listSets(deps.db, filter, sightOf(caller), { limit, after: idAfter(cursor) });
      const custodies = await custodyOf(
        deps.db,
        'set-instance',
        rows.map(({ id }) => id),
      );
      return { status: 200, body: pageById(rows, limit, (row) => setResource(row, custodies.get(row.id), caller)) };
    },
  }),
  operation({
    id: 'getSet',
    method: 'get',
    path: '/v1/set-instances/{id}',
    tag,
    summary: '器械包（按编号） / A set, by id or code',
    params,
    answers,
    find: ({ deps, params: { id }, caller }) => findSet(deps.db, id, sightOf(caller)),
    handle: ({ deps, resource, caller }) => setReply(deps.db, resource.id, caller, 200),
  }),
  setOperation('completeSet', 'complete', '缺件已补齐 / What was missing in the set is in it again'),
  setOperation('recordSetRepaired', 'repaired', '器械已修复，待清洗 / The set is repaired and goes to the wash'),
  setOperation(
    'signOffIncompleteSet',
    'sign-off-incomplete',
    '护士长签字放行不完整的器械包 / The set may be used as it is, labelled incomplete',
  ),
  setOperation('retireSet', 'retire', '器械包报废 / The set is used no more'),
  setOperation('reportSetMissing', 'report-missing', '报告器械包丢失 / The set cannot be found'),
];

async function checkCentre(db: Database, institutionId: string, path: string): Promise<void> {
  const institution = await findInstitution(db, institutionId);
  if (institution?.kind !== 'community-health-centre') throw refuseField(path, { zh: '不是社康中心', en: 'is no health centre' });
}

/** Null stands for the supply department itself. */
async function centreOrDepartment(db: Database, institutionId: string): Promise<string | null> {
  const institution = await findInstitution(db, institutionId);
  if (institution?.kind === 'sterile-supply-department') return null;
  await checkCentre(db, institutionId, 'institutionId');
  return institutionId;
}
