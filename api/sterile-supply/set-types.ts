/** Types of sets. */
import { z } from '@hono/zod-openapi';
import { createSetType, findSetType, listSetTypes, type SetTypeRow } from '../../db/sterile-supply/set-types.ts';
import { isGtin } from '../../domain/sterile-supply/labels.ts';
import type { CountSheetLine } from '../../domain/sterile-supply/sets.ts';
import { packagings, programs } from '../../domain/sterile-supply/vocabulary.ts';
import { toMessage } from '../kit/field-words.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Id, PageQuery, pageOf, Text } from '../kit/schemas.ts';
import { actOperation } from './act-operation.ts';
import { seesCatalogue } from './posts.ts';
import { idAfter, pageById, resourceMembers, resourceReply } from './thing-resource.ts';

const tag = 'sterile-supply';

/** A code that is printed and typed: without blanks at its ends, and short enough for a label. */
export const Code = Text(50);

const Name = z.strictObject({ zh: Text(200), en: Text(200) });
const SheetLine = z.strictObject({ itemCode: Text(50), name: Name, quantity: z.int().min(1).max(1_000) });

const hasEachOnce = (sheet: readonly { itemCode: string }[]): boolean =>
  new Set(sheet.map(({ itemCode }) => itemCode)).size === sheet.length;

const NewSetTypeBody = z.object({
  code: Code,
  name: Name,
  countSheet: z
    .array(SheetLine)
    .min(1)
    .max(500)
    .refine(hasEachOnce, toMessage({ zh: '同一 itemCode 出现两次', en: 'names an itemCode twice' })),
  packaging: z.enum(packagings),
  programs: z.array(z.enum(programs)).min(1).max(programs.length),
  surgical: z.boolean(),
  implant: z.boolean(),
  lowUse: z.boolean(),
  volumeLitres: z.number().positive().max(1_000),
  gtin: z
    .string()
    .refine(isGtin, toMessage({ zh: '不是有效的 GTIN（校验位）', en: 'no GTIN with a right check digit' }))
    .optional(),
  pictures: z.array(Text(2_000)).max(50).optional(),
});

const SetTypeSchema = z
  .strictObject({
    ...resourceMembers,
    code: z.string(),
    status: z.literal('active'),
    name: z.strictObject({ zh: z.string(), en: z.string() }),
    countSheet: z.array(
      z.strictObject({ itemCode: z.string(), name: z.strictObject({ zh: z.string(), en: z.string() }), quantity: z.number() }),
    ),
    packaging: z.enum(packagings),
    programs: z.array(z.string()),
    surgical: z.boolean(),
    implant: z.boolean(),
    lowUse: z.boolean(),
    volumeLitres: z.number(),
    gtin: z.string().nullable(),
    pictures: z.array(z.string()),
    allowed: z.array(z.string()),
  })
  .openapi('SetType');

const setTypeResource = (row: SetTypeRow): z.infer<typeof SetTypeSchema> => ({
  id: row.id,
  code: row.code,
  status: 'active',
  version: row.version,
  createdAt: row.created_at.toISOString(),
  name: { zh: row.name_zh, en: row.name_en },
  countSheet: row.count_sheet as CountSheetLine[],
  packaging: row.packaging,
  programs: row.programs,
  surgical: row.surgical,
  implant: row.implant,
  lowUse: row.low_use,
  volumeLitres: row.volume_litres,
  gtin: row.gtin,
  pictures: row.pictures as string[],
  allowed: [],
});

export const setTypeOperations: readonly Operation[] = [
  actOperation({
    id: 'createSetType',
    path: '/v1/set-types',
    tag,
    summary: '登记器械包类型及双语清单 / Enter a type of sets, with its count sheet in both languages',
    body: NewSetTypeBody,
    timesOfItsOwn: true,
    answers: { 201: { description: 'The type', schema: SetTypeSchema } },
    async perform({ body, act }) {
      return resourceReply(201, setTypeResource(await createSetType(act.trx, body)));
    },
  }),
  operation({
    id: 'listSetTypes',
    method: 'get',
    path: '/v1/set-types',
    tag,
    summary: '器械包类型 / List the types of sets, by id',
    query: z.strictObject(PageQuery),
    answers: { 200: { description: 'A page', schema: pageOf(SetTypeSchema) } },
    async handle({ deps, query: { limit, cursor } }) {
      const rows = await listSetTypes(deps.db, { limit, after: idAfter(cursor) });
      return { status: 200, body: pageById(rows, limit, setTypeResource) };
    },
  }),
  operation({
    id: 'getSetType',
    method: 'get',
    path: '/v1/set-types/{id}',
    tag,
    summary: '器械包类型（按编号） / A type of sets, by id or code',
    params: z.strictObject({ id: Id }),
    answers: { 200: { description: 'The type', schema: SetTypeSchema } },
    find: async ({ deps, params, caller }) => (seesCatalogue(caller) ? findSetType(deps.db, params.id) : undefined),
    handle: async ({ resource }) => resourceReply(200, setTypeResource(resource)),
  }),
];
