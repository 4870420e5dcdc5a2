/** The route at which a caller reads what became of a command that was not answered at once. */
import { z } from '@hono/zod-openapi';
import { type CommandRow, findCommand, storeResponse } from '../../db/kit/commands.ts';
import { type Asking, answeredCommandOf, toRefusalReply } from './commands.ts';
import { type Operation, operation, type Reply } from './operation.ts';
import { reachOf } from './reach.ts';
import { pathwayApiOf } from './registry.ts';
import { PendingSchema } from './schemas.ts';

const getCommand = operation({
  id: 'getCommand',
  method: 'get',
  path: '/v1/commands/{id}',
  tag: 'command',
  summary: '查询指令结果 / What became of a command',
  params: z.object({ id: z.uuid() }),
  answers: { 200: { description: 'pending, done or refused', schema: PendingSchema } },
  async find(request) {
    const row = await findCommand(request.deps.db, request.params.id);
    const reach = await reachOf(request);
    return reach.over === 'person' && row?.accountId === reach.personId ? row : undefined;
  },
  async handle(request) {
    const row = request.resource;
    if (row.responseStatus) {
      const state = row.responseStatus < 400 ? 'done' : 'refused';
      return { status: 200, body: { id: row.id, state, response: { status: row.responseStatus, body: row.responseBody } } };
    }
    if (!row.outcome) return { status: 200, body: { id: row.id, state: 'pending' } };
    const reply = row.outcome.ok ? await render(request, row) : toRefusalReply(request, row.outcome.refusal);
    // Whoever shows an answer first stores it, so that everybody who asks with the same key or follows the address reads the same one.
    const response = await storeResponse(request.deps.db, row.id, reply, { acked: false });
    return { status: 200, body: { id: row.id, state: row.outcome.ok ? 'done' : 'refused', response } };
  },
});

async function render(request: Asking, row: CommandRow): Promise<Reply> {
  const command = answeredCommandOf(row);
  if (!command || row.pathwayKind === null) throw new Error('Only a pathway decides, so the row of a decision names its pathway.');
  return pathwayApiOf(row.pathwayKind).render(request, command);
}

export const commandOperations: Operation[] = [getCommand];
