/** An operation that is a command of a pathway. */
import type { z } from '@hono/zod-openapi';
import { type CommandSteps, runCommand } from './commands.ts';
import { type Operation, type OperationRequest, operation, type Reply } from './operation.ts';
import { pendingAnswer } from './schemas.ts';

type Shape = z.ZodType<unknown>;

/** The contract, and the steps: what is checked, what the pathway is asked, how its answer is shown. */
export type CommandOperation<Params extends Shape, Body extends Shape, Resource, Checked> = Omit<
  Operation<Params, Shape, Body, Resource>,
  'method' | 'query' | 'handle'
> & { method?: 'post' | 'patch' } & CommandSteps<z.output<Body>, Resource, Checked> & {
    /** Members that every answer has beside the stored one, a repeated one too, such as the address of what was created. */
    headersOf?(reply: Reply): Record<string, string>;
  };

/** A POST, or the PATCH of what there is, that answers what `render` says, or 202 when it is not decided in time. */
export function commandOperation<Params extends Shape = Shape, Body extends Shape = Shape, Resource = undefined, Checked = unknown>({
  check,
  command,
  render,
  headersOf,
  method = 'post',
  ...contract
}: CommandOperation<Params, Body, Resource, Checked>): Operation {
  const steps: CommandSteps<z.output<Body>, Resource, Checked> = { check, command, render };
  return operation<Params, Shape, Body, Resource>({
    ...contract,
    method,
    answers: { ...contract.answers, 202: pendingAnswer },
    async handle(request: OperationRequest<z.output<Params>, unknown, z.output<Body>, Resource>) {
      const reply = await runCommand(steps, request);
      return headersOf && reply.status < 400 && reply.status !== 202
        ? { ...reply, headers: { ...reply.headers, ...headersOf(reply) } }
        : reply;
    },
  });
}
