/** A follow-up whose runs are continued as new after few bytes: nobody who asks it anything notices, and what it carries along stays small. */
import proto from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workflowId } from '../../../domain/kit/pathway.ts';
import { fetchHistory, listRuns } from '../../../platform/pathway-runs.ts';
import { followUpsOn, offTarget, onTarget } from '../../support/builders/enrolments.ts';
import { type Service, startService } from '../../support/service/service.ts';

const BYTE_CAP = 10_000;

let service: Service;
beforeAll(async () => {
  service = await startService({ byteCap: BYTE_CAP });
});
afterAll(() => service?.stop());

const { enrol, read, visit, forwardToDay, state } = followUpsOn(() => service);

type Event = proto.temporal.api.history.v1.IHistoryEvent;
const bytesOf = (events: readonly Event[]): number =>
  events.reduce((sum, event) => sum + proto.temporal.api.history.v1.HistoryEvent.encode(event).finish().length, 0);

async function readRuns(pathwayId: string): Promise<Event[][]> {
  const target = workflowId('follow-up', pathwayId);
  const { runs } = await listRuns(service.client, target);
  const histories = await Promise.all(runs.map(({ runId }) => fetchHistory(service.client, target, runId)));
  return histories.map((history) => history?.events ?? []);
}

test('twenty visits over many runs: each window opens, no run grows beyond its bound and a step, and what is carried over does not grow', {
  timeout: 120_000,
}, async () => {
  const enrolment = await enrol('htn-2017');
  for (let n = 1; n <= 20; n++) {
    await forwardToDay(enrolment, (await read(enrolment.id)).nextVisit.opensOn);
    expect((await read(enrolment.id)).visitPlan.stage).toBe('open');
    expect((await visit(enrolment, n % 3 === 0 ? offTarget : onTarget)).status).toBe(201);
  }
  expect((await state(enrolment.pathwayId)).visits.length).toBeGreaterThan(10);
  const runs = await readRuns(enrolment.pathwayId);
  expect(runs.length).toBeGreaterThan(3);
  // The largest step is a visit with its reminder, and its Update, beside what continuing itself takes.
  for (const events of runs) expect(bytesOf(events)).toBeLessThan(BYTE_CAP + 8_000);
  const carried = runs.slice(1).map(([started]) => bytesOf(started ? [started] : []));
  console.log(`${runs.length} runs; bytes carried into each: ${carried.join(', ')}`);
  expect(Math.max(...carried)).toBeLessThan(6_000);
});

test('of thirty commands at once, while runs end and begin, each is answered once and decided once', { timeout: 120_000 }, async () => {
  const enrolment = await enrol('htn-2017');
  const path = `/v1/enrolments/${enrolment.id}/change-package`;
  const keys = Array.from({ length: 30 }, (_, n) => `${enrolment.id}-${n}`);
  const ask = () =>
    Promise.all(keys.map((key, n) => service.post('gp', path, { package: n % 2 === 0 ? 'basic' : 'personalised' }, { key })));
  const answers = await ask();
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  const { version } = await service.db
    .selectFrom('pathway')
    .select('version')
    .where('id', '=', enrolment.pathwayId)
    .executeTakeFirstOrThrow();
  expect(version).toBe(31);
  expect((await readRuns(enrolment.pathwayId)).length).toBeGreaterThan(1);
  // Every one again, of which the runs of today remember the last few only.
  expect((await ask()).map(({ body }) => body)).toEqual(answers.map(({ body }) => body));
  expect(await service.client.workflow.getHandle(workflowId('follow-up', enrolment.pathwayId)).query('version')).toBe(31);
});
