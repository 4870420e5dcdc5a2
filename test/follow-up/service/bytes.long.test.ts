/** What follow-up keeps for ever, in bytes: a year of Temporal's history and the decision of each visit, which name what many pathways share. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { longFormOf } from '../../../db/kit/documents.ts';
import { workflowId } from '../../../domain/kit/pathway.ts';
import { loadWorkflowBundle } from '../../../worker/bundle.ts';
import { runCommandLine } from '../../../worker/command-line.ts';
import { readRunFile } from '../../../worker/recorded-runs.ts';
import { replay } from '../../../worker/replay.ts';
import { type Enrolled, followUpsOn, offTarget, onTarget } from '../../support/builders/enrolments.ts';
import { countHistoryBytes } from '../../support/oracles/history-events.ts';
import { payloadText } from '../../support/oracles/payload-text.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const DAY_MS = 86_400_000;
const { enrol, read, visit, forwardTo, forwardToDay, state } = followUpsOn(() => service);

/** A visit's decision as Postgres keeps it, in bytes, by the number of the visit from 1. */
async function decisionBytes(pathwayId: string): Promise<number[]> {
  const { rows } = await sql<{ bytes: number }>`
    select pg_column_size(decision) as bytes from decision
    where pathway_id = ${pathwayId} and event ->> 'name' = 'record-visit' order by version`.execute(service.db);
  return rows.map(({ bytes }) => bytes);
}

test.each(['htn-2017', 't2dm-2017'])(
  'a year of twelve visits by %s costs at most 40 KB of history, and each visit a decision of at most 1.5 KB',
  { timeout: 120_000 },
  async (protocol) => {
    const enrolment = await enrol(protocol);
    for (let n = 1; n <= 12; n++) {
      await forwardToDay(enrolment, (await read(enrolment.id)).nextVisit.opensOn);
      expect((await visit(enrolment, n % 3 === 0 ? offTarget : onTarget)).status).toBe(201);
    }
    const bytes = await countHistoryBytes(service.client, workflowId('follow-up', enrolment.pathwayId));
    const visits = await decisionBytes(enrolment.pathwayId);
    console.log(`${protocol}: ${bytes} bytes of history for 12 visits; decision of the 1st ${visits[0]}, of the 12th ${visits[11]} bytes`);
    expect(bytes).toBeLessThanOrEqual(40 * 1_024);
    expect(visits).toHaveLength(12);
    expect(Math.max(...visits)).toBeLessThanOrEqual(1_536);
  },
);

test('the fiftieth visit within two years costs what the second has cost', { timeout: 120_000 }, async () => {
  const enrolment = await enrol('htn-2017');
  for (let n = 1; n <= 50; n++) {
    await forwardTo(enrolment, Date.parse((await read(enrolment.id)).now) + 12 * DAY_MS);
    expect((await visit(enrolment, onTarget)).status).toBe(201);
  }
  expect((await state(enrolment.pathwayId)).visits).toHaveLength(50);
  const visits = await decisionBytes(enrolment.pathwayId);
  console.log(`decisions of the 1st, 2nd, 12th and 50th visit: ${[0, 1, 11, 49].map((n) => visits[n]).join(', ')} bytes`);
  expect(Math.max(...visits)).toBeLessThanOrEqual(1_536);
  // Places in lists and counts have a digit more.
  expect(visits[49]).toBeLessThanOrEqual((visits[1] as number) + 32);
});

test('nothing that an enrolment is decided by stands twice: neither in the history nor in the row of the pathway', async () => {
  const { pathwayId } = await enrol('htn-2017');
  const { events } = await service.client.workflow.getHandle(workflowId('follow-up', pathwayId)).fetchHistory();
  const started = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]?.data;
  const accepted = events?.find(
    (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
  )?.workflowExecutionUpdateAcceptedEventAttributes;
  const asked = JSON.parse(payloadText(accepted?.acceptedRequest?.input?.args?.payloads?.[0]?.data as Uint8Array));
  expect([Object.keys(asked).sort(), payloadText(started as Uint8Array).includes('"enrolmentId"')]).toEqual([['actor', 'seen'], true]);
  const row = await service.db.selectFrom('pathway').select('state').where('id', '=', pathwayId).executeTakeFirstOrThrow();
  const kept = JSON.stringify(row.state);
  const whole = JSON.stringify(await longFormOf(service.db, row.state));
  expect(kept).not.toContain('国卫基层发');
  expect(whole).toContain('国卫基层发');
  expect(kept.length).toBeLessThan(whole.length / 5);
});

test('a recorded follow-up brings its documents along, so that it replays where no database is', { timeout: 60_000 }, async () => {
  const enrolment = await enrol('htn-2017');
  await forwardToDay(enrolment, enrolment.nextVisit.opensOn);
  expect((await visit(enrolment, offTarget)).status).toBe(201);
  const folder = await mkdtemp(join(tmpdir(), 'carepath-record-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { TEMPORAL_ADDRESS, CAREPATH_CACHE_FOLDER } = service.config;
  const environment = { ...process.env, TEMPORAL_ADDRESS, DATABASE_URL: service.databaseUrl };
  const said: string[] = [];
  const sink = { write: (text: string) => said.push(text) };
  expect([
    await runCommandLine(['record', '--id', enrolment.pathwayId, '--to', folder], { environment, out: sink, err: sink }),
    said,
  ]).toEqual([0, [expect.stringContaining(enrolment.pathwayId)]]);
  const file = join(folder, `${enrolment.pathwayId}.json`);
  const payloads = [...(await readFile(file, 'utf8')).matchAll(/"data":"([^"]+)"/g)].map(([, data]) =>
    payloadText(Buffer.from(data as string, 'base64')),
  );
  expect(payloads.join('\n')).not.toContain('"$doc"');
  expect(payloads.join('\n')).toContain('国卫基层发');
  const { codePath } = await loadWorkflowBundle(CAREPATH_CACHE_FOLDER);
  const differing: unknown[] = [];
  for await (const { difference } of replay(codePath, [await readRunFile(file)])) differing.push(difference);
  expect(differing).toEqual([undefined]);
});

test('a follow-up whose row older code has written whole goes on, and agrees with its log', async () => {
  const enrolment: Enrolled = await enrol('htn-2017');
  const { pathwayId } = enrolment;
  const whole = JSON.stringify(await state(pathwayId));
  await service.db.updateTable('pathway').set({ state: whole }).where('id', '=', pathwayId).execute();
  await forwardToDay(enrolment, enrolment.nextVisit.opensOn);
  const answer = await visit(enrolment, onTarget);
  expect([answer.status, answer.body.lastVisit.class]).toEqual([201, 1]);
  expect((await state(pathwayId)).protocols).toEqual(JSON.parse(whole).protocols);
});
