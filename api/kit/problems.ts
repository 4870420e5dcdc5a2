/** Every problem that the API can answer, so that a client can have words and a way out for each before it meets one. */
import { z } from '@hono/zod-openapi';
import { describeError, errorCodes, membersOf } from '../../domain/kit/errors.ts';
import { operation } from './operation.ts';
import { ProblemCodeSchema } from './schemas.ts';

const ProblemEntrySchema = z
  .strictObject({
    code: ProblemCodeSchema,
    status: z.number().int(),
    zh: z.string(),
    en: z.string(),
    /** The members that such a problem may have beside those that all have. */
    members: z.array(z.string()),
  })
  .openapi('ProblemEntry');

export const listProblems = operation({
  id: 'listProblems',
  method: 'get',
  path: '/v1/problems',
  tag: 'problem',
  summary: '错误码一览 / Every problem that the API can answer',
  answers: { 200: { description: 'All codes', schema: z.strictObject({ items: z.array(ProblemEntrySchema) }) } },
  async handle() {
    const items = errorCodes.map((code) => {
      const { status, zh, en } = describeError(code);
      return { code, status, zh, en, members: [...membersOf(code)] };
    });
    return { status: 200, body: { items } };
  },
});
