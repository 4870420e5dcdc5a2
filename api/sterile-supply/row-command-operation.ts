/** A command of a pathway whose resource is a row: If-Match means the row's version, because acts change the row without a step of the pathway. */
import type { z } from '@hono/zod-openapi';
import type { CommandOperation } from '../kit/command-operation.ts';
import { type CommandSteps, runCommand } from '../kit/commands.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { pendingAnswer } from '../kit/schemas.ts';
import { refusalsAsProblems } from './act-operation.ts';

type Shape = z.ZodType<unknown>;

/** Like commandOperation; what the tables refuse in `check` becomes a problem. */
export function rowCommandOperation<
  Params extends Shape = Shape,
  Body extends Shape = Shape,
  Resource extends { version: number } | undefined = undefined,
  Checked = unknown,
>({ check, command, render, headersOf, ...contract }: CommandOperation<Params, Body, Resource, Checked>): Operation {
  return operation<Params, Shape, Body, Resource>({
    ...contract,
    method: 'post',
    answers: { ...contract.answers, 202: pendingAnswer },
    async handle(request: OperationRequest<z.output<Params>, unknown, z.output<Body>, Resource>) {
      const steps: CommandSteps<z.output<Body>, Resource, Checked> = {
        // A repeated request gets its first answer although the row has changed by that very request, so the version is looked at in the check.
        async check(asked) {
          checkRowVersion(request);
          return refusalsAsProblems(() => check(asked));
        },
        command,
        render,
      };
      const reply = await runCommand(steps, { ...request, ifVersion: undefined });
      return headersOf && reply.status < 400 && reply.status !== 202
        ? { ...reply, headers: { ...reply.headers, ...headersOf(reply) } }
        : reply;
    },
  });
}

/** Throws Problem 412 when the row has changed since the caller has seen it. */
export function checkRowVersion({
  ifVersion,
  resource,
}: {
  ifVersion: number | undefined;
  resource: { version: number } | undefined;
}): void {
  if (ifVersion !== undefined && resource !== undefined && ifVersion !== resource.version) throw new Problem('version-changed');
}
