import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { longFormOf } from '../../db/kit/documents.ts';
import type { ReferralState } from '../../domain/referral/state.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

interface HistoryLine {
  runId: string | null;
  eventId: number;
  at: string;
  type: string;
  summary: string;
  waitedSeconds?: number;
}

let service: Service;
/** of one chain of several runs: accepted after 15 h, then nothing more until the two-week check */
let accepted: string;

beforeAll(async () => {
  service = await startService({ eventCap: 20 });
  accepted = await create();
  await service.fastForward(accepted, 'PT15H');
  await done(await service.post('desk', `/v1/referrals/${accepted}/send-acceptance`, {}));
  await service.fastForward(accepted, 'P14D');
});
afterAll(() => service.stop());

async function create(over = {}): Promise<string> {
  const made = await service.post('gp', '/v1/referrals', await newReferral(service, over));
  return (await done(made, 201)).body.id;
}

async function done(answer: Answer, status = 200): Promise<Answer> {
  expect([answer.status, answer.body]).toEqual([status, expect.anything()]);
  return answer;
}

const english = { headers: { 'accept-language': 'en' } };

async function historyOf(
  id: string,
  query = '',
): Promise<{ items: HistoryLine[]; nextCursor: string | null; source: string; complete: boolean }> {
  const answer = await service.call('sysadmin', 'GET', `/v1/pathways/${id}/history?${query}`, english);
  return (await done(answer)).body;
}

const auditOf = (id: string, action: string) =>
  service.db.selectFrom('audit').selectAll().where('target_id', '=', id).where('action', '=', action).orderBy('id', 'desc').execute();

describe('the list of pathways', () => {
  test('shows every pathway once, the newest first, page by page', async () => {
    for (let n = 0; n < 4; n++) await create();
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body }: Answer = await service.get('auditor', `/v1/pathways?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor;
    }
    const rows = await service.db.selectFrom('pathway').select('id').orderBy('id', 'desc').execute();
    expect(seen).toEqual(rows.map(({ id }) => id));
  });

  test('an item says where the pathway stands, and nothing about whom it is', async () => {
    const id = await create({ toInstitutionId: 'inst-h3' });
    const { body } = await service.get('sysadmin', '/v1/pathways?kind=referral&status=open&institutionId=inst-h3&limit=1');
    const row = await service.db.selectFrom('pathway').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(body.items).toEqual([
      {
        id,
        kind: 'referral',
        status: 'open',
        version: 1,
        institutionId: 'inst-h3',
        nextDueAt: row.next_due_at?.toISOString(),
        overdue: false,
        createdAt: row.created_at.toISOString(),
        endedAt: null,
        unanswered: 0,
      },
    ]);
  });

  test('finds what is overdue on the pathway’s own clock', async () => {
    const late = await create();
    await service.fastForward(late, 'P4D'); // nobody answered; 72 h to review have begun, then passed by a day
    await service.fastForward(late, 'P4D');
    const onTime = await create();
    const overdue = await service.get('sysadmin', '/v1/pathways?overdue=true&limit=200');
    const inTime = await service.get('sysadmin', '/v1/pathways?overdue=false&limit=200');
    const ids = ({ body }: Answer) => body.items.map((item: { id: string }) => item.id);
    expect(ids(overdue)).toContain(late);
    expect(ids(overdue)).not.toContain(onTime);
    expect(ids(inTime)).toContain(onTime);
    expect(ids(inTime)).not.toContain(late);
  });

  test('counts the commands that nobody has had an answer for, and names them', async () => {
    const id = await create();
    const commandId = randomUUID();
    const stored = {
      account_id: 'person-gp',
      idempotency_key: commandId,
      request_hash: Buffer.alloc(32),
      operation: 'withdraw',
      request_id: 'request-1',
    };
    await service.db
      .insertInto('command')
      .values({
        id: commandId,
        ...stored,
        pathway_id: id,
        pathway_kind: 'referral',
        name: 'withdraw',
        actor: '{}',
        input: '{}',
        texts: '{"reason":"secret"}',
        relay_attempts: 3,
      })
      .execute();
    const { body } = await done(await service.get('sysadmin', `/v1/pathways/${id}`));
    expect(body.unanswered).toBe(1);
    expect(body.commandsWithoutAnswer).toEqual([{ id: commandId, name: 'withdraw', createdAt: expect.any(String), relayAttempts: 3 }]);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  test.each([
    ['?kind=unheard-of', 'kind'],
    ['?status=closed', 'status'],
    ['?overdue=maybe', 'overdue'],
    ['?cursor=bm8', 'cursor'],
    ['?patientId=patient-0001', 'patientId'],
  ])('%s is refused and says where', async (query, where) => {
    const { status, body } = await service.get('sysadmin', `/v1/pathways${query}`);
    expect([status, body.errors?.[0].path]).toEqual([422, where]);
  });
});

test('only who runs or audits the service inspects pathways', async () => {
  for (const path of ['/v1/pathways', `/v1/pathways/${accepted}`, `/v1/pathways/${accepted}/history`]) {
    for (const account of ['sysadmin', 'auditor']) expect([path, (await service.get(account, path)).status]).toEqual([path, 200]);
    for (const account of ['gp', 'specialist', 'office', 'secadmin', 'gateway'])
      expect([path, (await service.get(account, path)).status]).toEqual([path, 403]);
    expect((await service.get('', path)).status).toBe(401);
  }
  expect((await service.get('sysadmin', `/v1/pathways/${randomUUID()}`)).status).toBe(404);
  expect((await service.get('sysadmin', '/v1/pathways/nonsense/history')).status).toBe(404);
});

describe('one pathway', () => {
  test('shows its state, what it will do next, and its runs from the newest to the first', async () => {
    const { body, headers } = await done(await service.get('sysadmin', `/v1/pathways/${accepted}`));
    const row = await service.db.selectFrom('pathway').selectAll().where('id', '=', accepted).executeTakeFirstOrThrow();
    expect(headers.get('etag')).toBe(`"${row.version}"`);
    // The same, but for instants, durations and the agreement, which is named only.
    const stored = (await longFormOf(service.db, row.state)) as ReferralState;
    expect(body.state).toMatchObject({
      status: stored.status,
      patientId: stored.patientId,
      sentAt: new Date(stored.sentAt ?? 0).toISOString(),
      policy: { version: stored.policy.version },
      clock: { startedAt: new Date(stored.clock?.startedAt ?? 0).toISOString(), budgetSeconds: (stored.clock?.budgetMs ?? 0) / 1_000 },
    });
    expect(Object.keys(body.state.policy)).toEqual(['version']);
    expect(JSON.stringify(body.state)).not.toMatch(/Ms"|\d{13}/);
    expect(body.pendingObligation).toMatchObject({ name: 'rung', at: row.next_due_at?.toISOString() });
    expect(body.runs.length).toBeGreaterThan(1);
    const [newest, ...earlier] = body.runs;
    expect(newest).toMatchObject({ status: 'running', closedAt: null });
    for (const run of earlier) expect(run.status).toBe('continued-as-new');
    const starts = body.runs.map((run: { startedAt: string }) => run.startedAt);
    expect(starts).toEqual(starts.toSorted().reverse());
    const description = await service.client.workflow.getHandle(`referral/${accepted}`).describe();
    expect([newest.runId, newest.historyLength]).toEqual([description.runId, description.historyLength]);
  });

  test('every look is recorded with the patient whose pathway it is', async () => {
    const id = await create();
    await service.get('auditor', `/v1/pathways/${id}`);
    await service.get('sysadmin', `/v1/pathways/${id}/history`);
    const { patient_id } = await service.db.selectFrom('pathway').select('patient_id').where('id', '=', id).executeTakeFirstOrThrow();
    expect((await auditOf(id, 'pathway.read'))[0]).toMatchObject({ patient_id, actor: { personId: 'person-auditor', role: 'auditor' } });
    expect((await auditOf(id, 'pathway.history.read'))[0]).toMatchObject({ patient_id, actor: { personId: 'person-sysadmin' } });
  });
});

describe('the history of a pathway', () => {
  test('reads as what was asked, decided and waited for, over all runs', async () => {
    const { items, source, complete } = await historyOf(accepted);
    expect([source, complete]).toEqual(['temporal', true]);
    const said = items.map(({ type, summary }) => `${type}: ${summary}`).filter((line) => !/^(alarm-set|clock|run)/.test(line));
    expect(said).toEqual([
      'command: asked: created',
      'commit: created, referral sent (version 1)',
      'wait: waited 12 hours',
      'alarm: the time has come',
      'commit: 50 % of the time is used (version 2)',
      'wait: waited 3 hours',
      'command: asked: referral accepted',
      'commit: referral accepted (version 3)',
      'wait: waited 4 hours 12 minutes',
      'alarm: the time has come',
      'commit: 80 % of the time is used (version 4)',
      'wait: waited 4 hours 48 minutes',
      'alarm: the time has come',
      'commit: 100 % of the time is used (version 5)',
      'wait: waited 13 days',
      'alarm: the time has come',
      'commit: two-week check due (version 6)',
    ]);
    const waited = items.filter(({ type }) => type === 'wait').at(-1);
    expect(Math.round((waited?.waitedSeconds ?? 0) / 3_600)).toBe(13 * 24);
    expect(items.filter(({ type }) => type === 'run').length).toBeGreaterThan(2);
    expect(new Set(items.map(({ runId }) => runId)).size).toBeGreaterThan(1);
    // Temporal's own instants go back by milliseconds where a clock was pushed.
    const steps = items.slice(1).map(({ at }, index) => Date.parse(at) - Date.parse(items[index]?.at ?? at));
    expect(Math.min(...steps)).toBeGreaterThan(-2_000);
  });

  test('comes in the language that is asked for, Chinese first', async () => {
    const { body } = await service.get('sysadmin', `/v1/pathways/${accepted}/history?limit=200`);
    expect(body.items.map(({ summary }: HistoryLine) => summary)).toEqual(
      expect.arrayContaining(['路径开始', '收到指令：接收转诊', '接收转诊（第 3 版）', '等待 13 天']),
    );
  });

  test('is the same in pages of any size', async () => {
    const { items: whole } = await historyOf(accepted, 'limit=200');
    for (const limit of [1, 3, 7]) {
      const pieces: HistoryLine[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const shown = await historyOf(accepted, `limit=${limit}${cursor ? `&cursor=${cursor}` : ''}`);
        pieces.push(...shown.items);
        cursor = shown.nextCursor;
      }
      expect(pieces).toEqual(whole);
    }
  });

  test('names a refusal that the pathway itself gave', async () => {
    const id = await create();
    const [first, second] = await Promise.all([
      service.post('desk', `/v1/referrals/${id}/send-acceptance`, {}),
      service.post('desk', `/v1/referrals/${id}/send-decline`, { reason: '无床位' }),
    ]);
    const { items } = await historyOf(id);
    // Refused before it was taken on it leaves no trace; both ways are right.
    if (items.some(({ type }) => type === 'refusal'))
      expect(items.find(({ type }) => type === 'refusal')?.summary).toMatch(/^refused, referral (accepted|declined): The present state/);
    expect([first?.status, second?.status].filter((status) => status === 200).length).toBeGreaterThan(0);
  });

  test('shows a commit that is still being tried, and what it came to', async () => {
    const id = await create();
    let release = (): void => {};
    const held = service.db.transaction().execute(async (trx) => {
      await trx.selectFrom('pathway').select('id').where('id', '=', id).forUpdate().execute();
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    const acceptance = service.post('desk', `/v1/referrals/${id}/send-acceptance`, {});
    const last = async () => (await historyOf(id)).items.at(-1);
    await vi.waitFor(async () => expect(await last()).toMatchObject({ type: 'pending', summary: 'being written: referral accepted' }), {
      timeout: 20_000,
      interval: 50,
    });
    release();
    await held;
    await acceptance;
    await vi.waitFor(
      async () => expect((await historyOf(id)).items).toContainEqual(expect.objectContaining({ summary: 'referral accepted (version 2)' })),
      { timeout: 20_000, interval: 50 },
    );
    expect((await historyOf(id)).items.filter(({ type }) => type === 'pending')).toEqual([]);
  });

  test('comes from our own log once Temporal has forgotten the pathway', async () => {
    const id = await create();
    await service.fastForward(id, 'PT15H');
    const { runs } = (await service.get('sysadmin', `/v1/pathways/${id}`)).body;
    for (const { runId } of runs)
      await service.client.workflowService.deleteWorkflowExecution({
        namespace: service.client.options.namespace,
        workflowExecution: { workflowId: `referral/${id}`, runId },
      });
    await vi.waitFor(async () => expect((await service.get('sysadmin', `/v1/pathways/${id}`)).body.runs).toEqual([]), {
      timeout: 30_000,
      interval: 100,
    });

    const { items, source, complete } = await historyOf(id);
    expect([source, complete]).toEqual(['decisions', true]);
    expect(items.map(({ eventId, runId, summary }) => [eventId, runId, summary])).toEqual([
      [1, null, 'created, referral sent (version 1)'],
      [2, null, 'waited 12 hours'],
      [2, null, '50 % of the time is used (version 2)'],
    ]);
    const first = await historyOf(id, 'limit=2');
    const rest = await historyOf(id, `limit=2&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items]).toEqual(items);
    expect(rest.nextCursor).toBeNull();
  });

  test('a cursor of another pathway is refused', async () => {
    const other = await create();
    const { nextCursor } = await historyOf(other, 'limit=1');
    const { status, body } = await service.get('sysadmin', `/v1/pathways/${accepted}/history?cursor=${nextCursor}`);
    expect([status, body.errors?.[0].path]).toEqual([422, 'cursor']);
  });
});
