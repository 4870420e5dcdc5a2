/** The norm rules for people to read: what holds on a day, where it stands and how well it is known. */
import { z } from '@hono/zod-openapi';
import { listNormRules } from '../../db/sterile-supply/norm-rules.ts';
import { ruleMarks } from '../../domain/sterile-supply/norm-rules.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { DateOnly, PageQuery, pageOf } from '../kit/schemas.ts';
import { idAfter, pageById } from './thing-resource.ts';

const NormRuleSchema = z
  .strictObject({
    id: z.string(),
    norm: z.string(),
    clause: z.string(),
    mark: z.enum(ruleMarks),
    effectiveFrom: DateOnly,
    value: z.unknown(),
  })
  .openapi('NormRule');

export const normRuleOperations: readonly Operation[] = [
  operation({
    id: 'listNormRules',
    method: 'get',
    path: '/v1/norm-rules',
    tag: 'sterile-supply',
    summary: '某日有效的规范条款（默认当日） / List the norm rules in force on a day, today by default, by id',
    query: z.strictObject({ ...PageQuery, on: DateOnly.optional() }),
    answers: { 200: { description: 'A page', schema: pageOf(NormRuleSchema) } },
    async handle({ query: { limit, cursor, on = localDateOf(Date.now()) } }) {
      const after = idAfter(cursor) ?? '';
      const rules = listNormRules(on).filter(({ id }) => id > after);
      return { status: 200, body: pageById(rules.slice(0, limit + 1), limit, (rule) => rule) };
    },
  }),
];
