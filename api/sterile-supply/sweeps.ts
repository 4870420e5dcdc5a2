/** A sweep run by hand, as the schedule runs it every morning. In demo mode only. */
import { z } from '@hono/zod-openapi';
import { runSweep } from '../../db/sterile-supply/sweeps.ts';
import { sweepNames } from '../../domain/sterile-supply/sweeps.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Instant } from '../kit/schemas.ts';
import { checkedInstant } from './act-operation.ts';

const runDemoSweep = operation({
  id: 'runDemoSweep',
  method: 'post',
  path: '/v1/demo/sweeps',
  tag: 'demo',
  summary: '立即巡检（仅演示） / Run a sweep as of an instant',
  demoOnly: true,
  body: z.strictObject({ name: z.enum(sweepNames), at: Instant.optional() }),
  answers: {
    200: {
      description: 'Alerts were raised and cleared',
      schema: z.strictObject({ name: z.enum(sweepNames), at: Instant, raised: z.number().int(), cleared: z.number().int() }),
    },
  },
  async handle(request) {
    const { name, at } = request.body;
    const now = new Date();
    const instant = at === undefined ? now : checkedInstant(at, now, true, 'at');
    return runOnce(request, async (trx) => ({
      status: 200,
      body: { name, at: instant.toISOString(), ...(await runSweep(trx, name, instant)) },
    }));
  },
});

export const sweepOperations: readonly Operation[] = [runDemoSweep];
