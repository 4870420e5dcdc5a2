/** An operation that is a command of a pathway whose resource is a row: If-Match means the row's version, not the pathway's. */
import type { z } from '@hono/zod-openapi';
import type { CommandOperation } from '../kit/command-operation.ts';
import { type CommandSteps, runCommand } from '../kit/commands.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { pendingAnswer } from '../kit/schemas.ts';

type Shape = z.ZodType<unknown>;

/** A POST that answers what `render` says, or 202 when it is not decided in time. */
export function rowCommandOperation<Params extends Shape, Body extends Shape, Resource extends { version: number }, Checked>({
  check,
  command,
  render,
  headersOf: _,
  ...contract
}: CommandOperation<Params, Body, Resource, Checked>): Operation {
  return operation<Params, Shape, Body, Resource>({
    ...contract,
    method: 'post',
    answers: { ...contract.answers, 202: pendingAnswer },
    async handle(request: OperationRequest<z.output<Params>, unknown, z.output<Body>, Resource>) {
      const { ifVersion, resource } = request;
      const steps: CommandSteps<z.output<Body>, Resource, Checked> = {
        async check(asked) {
          if (ifVersion !== undefined && ifVersion !== resource.version) throw new Problem('version-changed');
          return check(asked);
        },
        command,
        render,
      };
      return runCommand(steps, { ...request, ifVersion: undefined });
    },
  });
}
