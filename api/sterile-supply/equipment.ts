/** Vehicles, boxes and washers. */
import { z } from '@hono/zod-openapi';
import type { Database } from '../../db/kit/database.ts';
import {
  type BoxRow,
  type EquipmentRows,
  type EquipmentTable,
  findEquipment,
  listEquipment,
  recordCleaning,
  registerBox,
  registerVehicle,
  registerWasher,
  thingTypeOf,
  type VehicleRow,
  type WasherRow,
} from '../../db/sterile-supply/equipment.ts';
import { type Custody, custodyOf, resolveThing } from '../../db/sterile-supply/find-things.ts';
import type { Words } from '../../domain/kit/language.ts';
import { lanes } from '../../domain/sterile-supply/vocabulary.ts';
import type { Caller } from '../kit/auth.ts';
import { type Operation, operation, type Reply } from '../kit/operation.ts';
import { Id, Instant, PageQuery, pageOf, Text, toIso } from '../kit/schemas.ts';
import { mayDo, type OperationId } from '../policy.ts';
import { actOperation } from './act-operation.ts';
import { seesCatalogue } from './posts.ts';
import { Code } from './set-types.ts';
import { custodyResource, idAfter, pageById, resourceReply, thingMembers } from './thing-resource.ts';

const tag = 'sterile-supply';
const NullableInstant = Instant.nullable();

/** `used`: it has to be cleaned before it goes out again. */
const cleanness = { status: z.enum(['clean', 'used']), lastUsedAt: NullableInstant, lastCleanedAt: NullableInstant };

const VehicleSchema = z
  .strictObject({ ...thingMembers, ...cleanness, sterileLitres: z.number(), soiledLitres: z.number(), allowed: z.array(z.string()) })
  .openapi('Vehicle');
const BoxSchema = z
  .strictObject({
    ...thingMembers,
    ...cleanness,
    lane: z.enum(lanes),
    capacityLitres: z.number(),
    vehicleId: z.string().nullable(),
    allowed: z.array(z.string()),
  })
  .openapi('TransportBox');
const WasherSchema = z.strictObject({ ...thingMembers, status: z.literal('in-service'), allowed: z.array(z.string()) }).openapi('Washer');

const commonOf = (row: VehicleRow | BoxRow | WasherRow, custody: Custody | undefined) => ({
  id: row.id,
  code: row.code,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  custody: custodyResource(custody),
});

const cleannessOf = ({ last_used_at: used, last_cleaned_at: cleaned }: VehicleRow | BoxRow) => ({
  status: used !== null && (cleaned === null || cleaned < used) ? ('used' as const) : ('clean' as const),
  lastUsedAt: toIso(used),
  lastCleanedAt: toIso(cleaned),
});

const vehicleResource = (row: VehicleRow, custody: Custody | undefined, { roles }: Caller): z.infer<typeof VehicleSchema> => ({
  ...commonOf(row, custody),
  ...cleannessOf(row),
  sterileLitres: row.sterile_litres,
  soiledLitres: row.soiled_litres,
  allowed: mayDo('cleanVehicle', roles) ? ['clean'] : [],
});

const boxResource = (row: BoxRow, custody: Custody | undefined, { roles }: Caller): z.infer<typeof BoxSchema> => ({
  ...commonOf(row, custody),
  ...cleannessOf(row),
  lane: row.lane,
  capacityLitres: row.capacity_litres,
  vehicleId: row.vehicle_id,
  allowed: mayDo('cleanBox', roles) ? ['clean'] : [],
});

const washerResource = (row: WasherRow, custody: Custody | undefined): z.infer<typeof WasherSchema> => ({
  ...commonOf(row, custody),
  status: 'in-service',
  allowed: [],
});

type Render<Table extends EquipmentTable> = (
  row: EquipmentRows[Table],
  custody: Custody | undefined,
  caller: Caller,
) => { version: number };

async function reply<Table extends EquipmentTable>(
  db: Database,
  table: Table,
  render: Render<Table>,
  { id, caller, status }: { id: string; caller: Caller; status: number },
): Promise<Reply> {
  const row = await findEquipment(db, table, id);
  if (!row) throw new Error('Equipment is never deleted.');
  const custody = (await custodyOf(db, thingTypeOf[table], [row.id])).get(row.id);
  return resourceReply(status, render(row, custody, caller));
}

interface Subject<Table extends EquipmentTable> {
  table: Table;
  path: string;
  name: Words;
  list: OperationId;
  get: OperationId;
  schema: z.ZodType<unknown>;
  render: Render<Table>;
}

/** The list of a table and a single one of it. */
const readingOperations = <Table extends EquipmentTable>({ table, path, name, list, get, schema, render }: Subject<Table>): Operation[] => [
  operation({
    id: list,
    method: 'get',
    path,
    tag,
    summary: `${name.zh} / List of the kind ${name.en}`,
    query: z.strictObject(PageQuery),
    answers: { 200: { description: 'A page', schema: pageOf(schema) } },
    async handle({ deps, caller, query: { limit, cursor } }) {
      const rows = await listEquipment(deps.db, table, { limit, after: idAfter(cursor) });
      const custodies = await custodyOf(
        deps.db,
        thingTypeOf[table],
        rows.map(({ id }) => id),
      );
      return { status: 200, body: pageById(rows, limit, (row) => render(row, custodies.get(row.id), caller)) };
    },
  }),
  operation({
    id: get,
    method: 'get',
    path: `${path}/{id}`,
    tag,
    summary: `${name.zh}（按编号） / A ${name.en}, by id or code`,
    params: z.strictObject({ id: Id }),
    answers: { 200: { description: `The ${name.en}`, schema } },
    find: async ({ deps, params, caller }) => (seesCatalogue(caller) ? findEquipment(deps.db, table, params.id) : undefined),
    handle: ({ deps, caller, resource }) => reply(deps.db, table, render, { id: resource.id, caller, status: 200 }),
  }),
];

const cleanOperation = <Table extends 'vehicle' | 'transport_box'>(
  id: OperationId,
  { table, path, name, schema, render }: Subject<Table>,
): Operation =>
  actOperation({
    id,
    path: `${path}/{id}/clean`,
    tag,
    summary: `${name.zh}已清洁消毒 / The ${name.en} was cleaned and disinfected`,
    params: z.strictObject({ id: Id }),
    body: z.object({ method: Text(2_000) }),
    answers: { 200: { description: `The ${name.en}`, schema } },
    find: async ({ deps, params, caller }) => (seesCatalogue(caller) ? findEquipment(deps.db, table, params.id) : undefined),
    async perform({ act, body, caller, resource }) {
      await recordCleaning(act, table, resource.id, body.method);
      return reply(act.trx, table, render, { id: resource.id, caller, status: 200 });
    },
  });

const vehicles: Subject<'vehicle'> = {
  table: 'vehicle',
  path: '/v1/vehicles',
  name: { zh: '车辆', en: 'vehicle' },
  list: 'listVehicles',
  get: 'getVehicle',
  schema: VehicleSchema,
  render: vehicleResource,
};
const boxes: Subject<'transport_box'> = {
  table: 'transport_box',
  path: '/v1/boxes',
  name: { zh: '周转箱', en: 'box' },
  list: 'listBoxes',
  get: 'getBox',
  schema: BoxSchema,
  render: boxResource,
};
const washers: Subject<'washer'> = {
  table: 'washer',
  path: '/v1/washers',
  name: { zh: '清洗机', en: 'washer' },
  list: 'listWashers',
  get: 'getWasher',
  schema: WasherSchema,
  render: washerResource,
};

const Litres = z.number().positive().max(100_000);

export const equipmentOperations: readonly Operation[] = [
  actOperation({
    id: 'registerVehicle',
    path: '/v1/vehicles',
    tag,
    summary: '登记车辆及洁、污两舱容积 / Register a vehicle with the room of its two compartments',
    body: z.object({ code: Code, sterileLitres: Litres, soiledLitres: Litres }),
    timesOfItsOwn: true,
    answers: { 201: { description: 'The vehicle', schema: VehicleSchema } },
    async perform({ act, body, caller }) {
      const id = await registerVehicle(act, body);
      return reply(act.trx, 'vehicle', vehicleResource, { id, caller, status: 201 });
    },
  }),
  ...readingOperations(vehicles),
  cleanOperation('cleanVehicle', vehicles),
  actOperation({
    id: 'registerBox',
    path: '/v1/boxes',
    tag,
    summary: '登记周转箱；洁污通道终身不变 / Register a box; its lane stays for its life',
    body: z.object({ code: Code, lane: z.enum(lanes), capacityLitres: Litres, vehicleId: Id.optional() }),
    timesOfItsOwn: true,
    answers: { 201: { description: 'The box', schema: BoxSchema } },
    async perform({ act, body, caller }) {
      const vehicleId = body.vehicleId === undefined ? null : await resolveThing(act.trx, 'vehicle', body.vehicleId, 'vehicleId');
      const id = await registerBox(act, { ...body, vehicleId });
      return reply(act.trx, 'transport_box', boxResource, { id, caller, status: 201 });
    },
  }),
  ...readingOperations(boxes),
  cleanOperation('cleanBox', boxes),
  actOperation({
    id: 'registerWasher',
    path: '/v1/washers',
    tag,
    summary: '登记清洗机 / Register a washer',
    body: z.object({ code: Code }),
    timesOfItsOwn: true,
    answers: { 201: { description: 'The washer', schema: WasherSchema } },
    async perform({ act, body, caller }) {
      const id = await registerWasher(act, body);
      return reply(act.trx, 'washer', washerResource, { id, caller, status: 201 });
    },
  }),
  ...readingOperations(washers),
];
