/** A POST that is a physical act: once, in one transaction, at the time that its teller gives. */
import type { z } from '@hono/zod-openapi';
import { type Act, ActRefused, isLate } from '../../db/sterile-supply/act.ts';
import { refusalOfConstraint } from '../../db/sterile-supply/constraint-refusals.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation, type Reply } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Instant } from '../kit/schemas.ts';

const AHEAD_MS = 5 * 60_000;
const BACK_MS = 7 * 86_400_000;
const DEMO_MS = 400 * 86_400_000;

type Shape = z.ZodType<unknown>;

export type ActRequest<Params, Body, Resource> = Omit<OperationRequest<Params, unknown, Body, Resource>, 'query'> & { act: Act };

export interface ActOperation<Params extends Shape, Fields extends z.ZodRawShape, Resource>
  extends Omit<Operation<Params, Shape, Shape, Resource>, 'method' | 'query' | 'body' | 'handle' | 'isAct'> {
  /** The body without `happenedAt`, which every act takes. */
  body: z.ZodObject<Fields>;
  /** A body that brings times of its own takes no `happenedAt`. */
  timesOfItsOwn?: boolean;
  /** How far the clock of the load or round was pushed forward; 0 when it is left out. */
  clockOffsetMs?(resource: Resource): number;
  /** Judges and writes, in the transaction of `act`; throws ActRefused or Problem, and then nothing has happened. */
  perform(request: ActRequest<z.output<Params>, z.output<z.ZodObject<Fields>>, Resource>): Promise<Reply>;
  /**
   * Makes the answer of what `perform` has given, once it is committed and no row is held any more; a repeated request comes through here too, with what
   * was kept for it. For what takes long, and for what is not to be kept.
   */
  complete?(reply: Reply, request: OperationRequest<z.output<Params>, unknown, z.output<z.ZodObject<Fields>>, Resource>): Promise<Reply>;
}

export function actOperation<Params extends Shape = Shape, Fields extends z.ZodRawShape = z.ZodRawShape, Resource = undefined>({
  body,
  timesOfItsOwn = false,
  clockOffsetMs,
  perform,
  complete,
  ...contract
}: ActOperation<Params, Fields, Resource>): Operation {
  const timed = timesOfItsOwn ? body : body.extend({ happenedAt: Instant.optional() });
  return operation<Params, Shape, Shape, Resource>({
    ...contract,
    method: 'post',
    isAct: true,
    body: timed.strict(),
    async handle(request: OperationRequest<z.output<Params>, unknown, unknown, Resource>) {
      const { happenedAt: told, ...given } = request.body as z.output<z.ZodObject<Fields>> & { happenedAt?: string };
      const reply = await refusalsAsProblems(() =>
        // A repetition gets its first answer, whatever time and version it is by now.
        runOnce(request, async (trx) => {
          const recordedAt = new Date(Date.now() + (clockOffsetMs?.(request.resource) ?? 0));
          const happenedAt = told === undefined ? recordedAt : checkedInstant(told, recordedAt, request.deps.config.CAREPATH_DEMO);
          checkVersion(request);
          const act: Act = {
            trx,
            actor: request.actor,
            happenedAt,
            recordedAt,
            late: isLate(happenedAt, recordedAt),
            requestId: request.requestId,
            scanId: null,
          };
          return perform({ ...request, body: given as z.output<z.ZodObject<Fields>>, act });
        }),
      );
      return complete && reply.status === 200 ? complete(reply, { ...request, body: given as z.output<z.ZodObject<Fields>> }) : reply;
    },
  });
}

/** If-Match on a row means the row's version. Throws Problem 412. */
function checkVersion({ ifVersion, resource }: OperationRequest<unknown, unknown, unknown, unknown>): void {
  const version = (resource as { version?: number } | undefined)?.version;
  if (ifVersion !== undefined && version !== undefined && ifVersion !== version) throw new Problem('version-changed');
}

/** An instant that somebody gives of an act, within the bounds that keep slips of the pen out. Throws Problem 422. */
export function checkedInstant(told: string, recordedAt: Date, demo: boolean, path = 'happenedAt'): Date {
  const instant = new Date(told);
  const aheadMs = instant.getTime() - recordedAt.getTime();
  if (aheadMs > (demo ? DEMO_MS : AHEAD_MS)) throw invalidRequestProblem(path, { zh: '不得晚于现在', en: 'lies in the future' });
  if (-aheadMs > (demo ? DEMO_MS : BACK_MS)) throw invalidRequestProblem(path, { zh: '距今过久', en: 'lies too long ago' });
  return instant;
}

/** What the database's side refuses becomes a problem. */
export async function refusalsAsProblems<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const refused = error instanceof ActRefused ? error : refusalOfConstraint(error);
    if (!refused) throw error;
    const { code, members, fields } = refused;
    throw new Problem(code, { members, ...(fields.length > 0 ? { errors: [...fields] } : {}) });
  }
}
