/** The Update that creates a pathway leaves its input to the start; one that meets a pathway of another start is never decided without its own. */
import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowId } from '../../domain/kit/pathway.ts';
import { sendCommand } from '../../platform/send-command.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

test('a creating command without input that finds a pathway there already brings its input at once, and is refused by the pathway', async () => {
  const { body } = await service.post('gp', '/v1/referrals', await newReferral(service));
  const actor = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };
  const mistaken = { id: uuid(), pathwayId: body.id, kind: 'referral', name: 'create', actor, input: {}, seen: 0, begins: true };
  const { CAREPATH_TASK_QUEUE: taskQueue, CAREPATH_EVENT_CAP: eventCap, CAREPATH_BYTE_CAP: byteCap } = service.config;
  expect(await sendCommand(service.client, mistaken, { taskQueue, eventCap, byteCap, deadlineMs: 20_000 })).toMatchObject({
    result: 'refused',
    refusal: { code: 'already-exists' },
  });
  expect(await service.client.workflow.getHandle(workflowId('referral', body.id)).query('version')).toBe(1);
  // The pathway goes on as if it had not been asked.
  expect((await service.post('specialist', `/v1/referrals/${body.id}/send-acceptance`, {})).status).toBe(200);
});
