/** The referral book: every referral of an institution's month, once, as a table that a spreadsheet opens without harm. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toCsvLines } from '../../../api/kit/csv.ts';
import { finishFills } from '../../../db/fills.ts';
import { type BookEntry, listBookEntries } from '../../../db/referral/book.ts';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { type StoredReferral, storeReferrals } from '../../support/builders/referral-rows.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { parseCsv, type Row, rowsOf } from '../../support/oracles/csv.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const ask = (account: string, query: string) => service.get(account, `/v1/referral-book.csv?${query}`);

async function book(account: string, query: string): Promise<Row[]> {
  const { status, body } = await ask(account, query);
  expect([status, body]).toEqual([200, expect.any(String)]);
  return rowsOf(body);
}

const at = (text: string): Date => new Date(`${text}+08:00`);
const sentEntry = (when: Date) => ({ event: 'send-referral-package', at: when, from: 'draft', to: 'received' });

/** Sent by the first centre to the first hospital; nobody has answered. */
const waiting = (sentAt: Date, over: Partial<StoredReferral> = {}): StoredReferral => ({
  status: 'received',
  sentAt,
  legs: [{ institutionId: 'inst-h1', from: sentAt }],
  entries: [sentEntry(sentAt)],
  ...over,
});

/** A month of a year that no other test uses. */
let year = 2030;
function emptyMonth(): string {
  year += 1;
  return `${year}-03`;
}

// --- what is in it -----------------------------------------------------------------------------

test('whether the appointment was kept and what was reported stand in the books of both, for referrals of before as well', async () => {
  const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const { body: created } = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
  const step = (trigger: string, body: object) => service.post('specialist', `/v1/referrals/${created.id}/${trigger}`, body);
  await step('send-acceptance', {});
  await step('schedule-visit', { startsAt: inHours(2), endsAt: inHours(3) });
  await service.fastForward(created.id, 'PT150M');
  expect((await step('send-outcome', { outcome: '调整降压方案，社区随访' })).status).toBe(200);
  const month = localDateOf(Date.parse(created.sentAt)).slice(0, 7);
  const shown = async () => {
    const rows = await Promise.all(['gp', 'specialist'].map(async (account) => book(account, `month=${month}`)));
    return rows.map((ofOne) => ofOne.find(({ 单号 }) => 单号 === created.id)).map((row) => [row?.就诊情况, row?.诊疗结果]);
  };
  const expected = [expect.stringContaining('已到诊'), '调整降压方案，社区随访'];
  expect(await shown()).toEqual([expected, expected]);
  // As code of before has left it.
  await sql`truncate referral_ending`.execute(service.db);
  await sql`update fill set after = null, finished_at = null where name = 'referral-endings'`.execute(service.db);
  await finishFills(service.db);
  expect(await shown()).toEqual([expected, expected]);
});

test('a sent and a received referral stand in the books of both with their people, times and state', async () => {
  const month = emptyMonth();
  const patient = await service.db.selectFrom('patient').selectAll().where('id', '=', 'patient-0005').executeTakeFirstOrThrow();
  const gp = await service.db.selectFrom('person').select('name').where('id', '=', 'person-gp').executeTakeFirstOrThrow();
  const sentAt = at(`${month}-10T09:00:00`);
  const acceptedAt = at(`${month}-10T09:12:30`);
  const [id] = await storeReferrals(service.db, [
    {
      patientId: 'patient-0005',
      urgency: 'urgent',
      emergency: true,
      status: 'in-progress/5.1.1',
      sentAt,
      appointmentAt: at(`${month}-12T08:30:00`),
      legs: [{ institutionId: 'inst-h1', departmentId: 'dept-h1-cardiology', from: sentAt }],
      entries: [sentEntry(sentAt), { event: 'send-acceptance', at: acceptedAt, from: 'received', to: 'accepted' }],
      reason: '胸痛, 2 小时\n"放射痛"',
    },
  ]);
  const expected = {
    序号: '1',
    单号: id,
    方向: '上转',
    紧急程度: '紧急',
    绿色通道: '是',
    患者姓名: '𠮷建国',
    性别: '男',
    出生日期: '1949-10-01',
    转诊时年龄: `${year - 1950} 岁`,
    电话: patient.phone ?? '',
    转出机构: '青石社康中心',
    申请人: gp.name,
    转入机构: '临澜市人民医院',
    转入科室: '心血管内科',
    转诊原因: '胸痛, 2 小时\n"放射痛"',
    转出或收到时间: `${month}-10 09:00:00`,
    答复: '接收',
    答复时间: `${month}-10 09:12:30`,
    '答复用时（分钟）': '12.5',
    预约就诊时间: `${month}-12 08:30:00`,
    就诊情况: '',
    诊疗结果: '',
    状态: '已预约就诊',
    状态说明: '',
    结果审阅时间: '',
    关闭时间: '',
  };
  expect(await book('gp', `month=${month}`)).toEqual([{ ...expected, 类别: '转出' }]);
  expect(await book('specialist', `month=${month}`)).toEqual([{ ...expected, 类别: '转入' }]);
  expect(await book('gp2', `month=${month}`)).toEqual([]);
  // The book of the alliance has it once.
  expect(await book('office', `month=${month}&all=true`)).toEqual([{ ...expected, 类别: '转出' }]);
});

test('a referral that really ran is in the books of this month', async () => {
  const month = localDateOf(Date.now()).slice(0, 7);
  const { body } = await service.post('gp', '/v1/referrals', await newReferral(service, { reason: '请会诊' }));
  await service.post('desk', `/v1/referrals/${body.id}/send-decline`, { reason: '专科已满' });
  for (const [account, side] of [
    ['gp', '转出'],
    ['head', '转入'],
  ] as const) {
    const row = (await book(account, `month=${month}`)).find(({ 单号 }) => 单号 === body.id);
    expect(row).toMatchObject({ 类别: side, 答复: '拒绝', 状态: '已拒绝', 状态说明: '专科已满', 转诊原因: '请会诊' });
    expect(row?.答复时间).toMatch(new RegExp(`^${month}`));
  }
});

test('who did not answer finds the entry with its own part, and nothing of what came after', async () => {
  const month = emptyMonth();
  const sentAt = at(`${month}-10T09:00:00`);
  const wentOn = at(`${month}-11T09:00:00`);
  const acceptedAt = at(`${month}-11T10:00:00`);
  await storeReferrals(service.db, [
    waiting(sentAt, {
      status: 'accepted',
      statusReason: '后来的说明',
      reason: '后来看不到的原因',
      appointmentAt: at(`${month}-20T09:00:00`),
      legs: [
        { institutionId: 'inst-h1', from: sentAt, to: wentOn, endReason: 'no-answer' },
        { institutionId: 'inst-h2', from: wentOn },
      ],
      entries: [
        sentEntry(sentAt),
        { event: 'rung-100', at: wentOn, from: 'received', to: 'received' },
        { event: 'reroute', at: wentOn, from: 'received', to: 'received' },
        { event: 'send-acceptance', at: acceptedAt, from: 'received', to: 'accepted' },
      ],
    }),
  ]);
  const [former, ...others] = await book('specialist', `month=${month}`);
  expect(others).toEqual([]);
  expect(former).toMatchObject({
    转入机构: '临澜市人民医院',
    状态: '已离开本机构：超时无人答复',
    答复: '',
    答复时间: '',
    转出或收到时间: `${month}-10 09:00:00`,
  });
  expect(former).toMatchObject({ 转诊原因: '', 状态说明: '', 预约就诊时间: '' });
  expect(await book('specialist2', `month=${month}`)).toMatchObject([
    { 转入机构: '临澜市第二人民医院', 答复: '接收', '答复用时（分钟）': '60.0', 转诊原因: '后来看不到的原因' },
  ]);
  expect(await book('gp', `month=${month}`)).toMatchObject([
    { 转入机构: '临澜市第二人民医院', 答复: '接收', '答复用时（分钟）': '1500.0', 状态: '已接收' },
  ]);
});

test('after the patient has moved, the centre that sent it keeps its entry', async () => {
  const month = emptyMonth();
  const sentAt = at(`${month}-10T09:00:00`);
  await storeReferrals(service.db, [
    waiting(sentAt, { status: 'in-progress/5.1.1', initiatorId: 'inst-c02', formerInitiators: ['inst-c01'], reason: '原因' }),
  ]);
  expect(await book('gp', `month=${month}`)).toMatchObject([
    { 类别: '转出', 转出机构: '青石社康中心', 状态: '患者迁居，由新机构接续', 转诊原因: '' },
  ]);
  expect(await book('gp2', `month=${month}`)).toEqual([]);
});

test('a month begins and ends at midnight in Asia/Shanghai; drafts are in none', async () => {
  const month = emptyMonth();
  const first = at(`${month}-01T00:00:00.000`);
  const last = at(`${month}-31T23:59:59.999`);
  await storeReferrals(service.db, [
    waiting(new Date(first.getTime() - 1)),
    waiting(last),
    waiting(new Date(last.getTime() + 1)),
    waiting(first),
    { status: 'draft', sentAt: null, legs: [], entries: [] },
  ]);
  const times = [`${month}-01 00:00:00`, `${month}-31 23:59:59`];
  for (const account of ['gp', 'specialist'])
    expect((await book(account, `month=${month}`)).map((row) => row.转出或收到时间)).toEqual(times);
});

// --- the form of the table -----------------------------------------------------------------------

test('the file opens in Excel: byte order mark, CRLF, UTF-8, a name to save it by', async () => {
  const { body: me } = await service.get('gp', '/v1/me');
  const { token } = await service.tokens.issue({ personId: me.id, institutionId: me.institutionId, roles: me.roles });
  const answer = await service.app.request('/v1/referral-book.csv?month=2020-02', { headers: { authorization: `Bearer ${token}` } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  expect(bytes.toString('utf8')).toMatch(/^\uFEFF序号,单号,类别,方向,[^\r\n]+\r\n$/);
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="referral-book-2020-02.csv"');
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

describe('no cell is a formula', () => {
  const dangerous = /^[=+\-@\t\r\n＝＋－＠]/;

  test.each([
    '=1+1',
    '+8613800000000',
    '-2+3',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1+1',
    '＋8613800000000',
    '－2+3',
    '＠SUM(A1)',
    '=HYPERLINK("http://example.invalid","点我")',
    "=cmd|'/C calc'!A0",
  ])('%j is text', (text) => {
    expect(parseCsv(toCsvLines([[text]]))).toEqual([[`'${text}`]]);
  });

  test('any text comes back as it was, but for the apostrophe of those that begin like one', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('=', '+', '"', ',', '\r', '\n', '\t', ' ', 'a', '𠮷', "'") }),
    );
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 5 }), (row) => {
        const expected = row.map((text) => (dangerous.test(text) ? `'${text}` : text));
        expect(parseCsv(toCsvLines([row]))).toEqual([expected]);
        for (const text of expected) expect(text).not.toMatch(dangerous);
      }),
      { numRuns: 2_000 },
    );
  });

  test('whatever people write, over the API', async () => {
    const month = emptyMonth();
    const patientId = `patient-${randomUUID()}`;
    await service.db
      .insertInto('patient')
      .values({
        id: patientId,
        name: '=1+1","=2',
        birth_date: '1990-01-01',
        sex: 'unknown',
        home_institution_id: 'inst-c01',
        team_id: null,
        phone: '+8615400000000',
        contacts: '[]',
        channel: 'sms',
      })
      .execute();
    await storeReferrals(service.db, [waiting(at(`${month}-05T09:00:00`), { patientId, reason: '@SUM(A1:A9)\r\n=cmd' })]);
    const { body } = await ask('gp', `month=${month}`);
    for (const row of parseCsv(body)) for (const text of row) expect(text).not.toMatch(dangerous);
    expect(rowsOf(body)).toMatchObject([{ 患者姓名: `'=1+1","=2`, 电话: `'+8615400000000`, 转诊原因: `'@SUM(A1:A9)\r\n=cmd` }]);
  });
});

// --- many ------------------------------------------------------------------------------------------

describe('a large month', () => {
  const month = '1990-03';
  const many = 1_201;

  beforeAll(async () => {
    const start = at(`${month}-01T00:00:00`).getTime();
    // Several at one instant, so that a page may end among them.
    await storeReferrals(
      service.db,
      Array.from({ length: many }, (_, index) =>
        waiting(new Date(start + Math.floor(index / 7) * 60_000), { patientId: `patient-${String((index % 15) + 1).padStart(4, '0')}` }),
      ),
    );
  });

  test('is whole, each once, in the order of time', async () => {
    const rows = await book('desk', `month=${month}`);
    expect(rows.map(({ 序号 }) => Number(序号))).toEqual(Array.from({ length: many }, (_, index) => index + 1));
    expect(new Set(rows.map(({ 单号 }) => 单号)).size).toBe(many);
    const times = rows.map(({ 转出或收到时间: time }) => time as string);
    expect(times).toEqual(times.toSorted());
  });

  test('is the same in pages of any size', async () => {
    const question = { institutionId: 'inst-h1', from: at(`${month}-01T00:00:00`), to: at('1990-04-01T00:00:00') };
    const whole = await listBookEntries(service.db, { ...question, limit: 2_000 });
    for (const limit of [7, 100, 601]) {
      const pieces: BookEntry[] = [];
      for (let more = true; more; ) {
        const page = await listBookEntries(service.db, { ...question, limit, after: pieces.at(-1) });
        pieces.push(...page);
        more = page.length === limit;
      }
      expect(pieces).toEqual(whole);
    }
  });

  test('is read a page at a time: the second only when the first has gone', async () => {
    const { body: me } = await service.get('desk', '/v1/me');
    const { token } = await service.tokens.issue({ personId: me.id, institutionId: me.institutionId, roles: me.roles });
    const requestId = randomUUID();
    const answer = await service.app.request(`/v1/referral-book.csv?month=${month}`, {
      headers: { authorization: `Bearer ${token}`, 'x-request-id': requestId },
    });
    const looks = async () =>
      (await service.db.selectFrom('audit').select('patient_ids').where('request_id', '=', requestId).execute()).flatMap(
        ({ patient_ids }) => patient_ids,
      ).length;
    expect(await looks()).toBe(15);
    const reader = answer.body?.getReader();
    await reader?.read(); // the titles
    await reader?.read(); // the first page
    expect(await looks()).toBe(15);
    await reader?.read();
    expect(await looks()).toBe(30);
    await reader?.cancel();
    expect(await looks()).toBe(30);
  });

  test('breaks off when it cannot be read to its end, and never looks whole', async () => {
    const { body: me } = await service.get('desk', '/v1/me');
    const { token } = await service.tokens.issue({ personId: me.id, institutionId: me.institutionId, roles: me.roles });
    const answer = await service.app.request(`/v1/referral-book.csv?month=${month}`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    await sql`alter table referral_part rename to gone`.execute(service.db);
    try {
      await expect(answer.text()).rejects.toThrow();
    } finally {
      await sql`alter table gone rename to referral_part`.execute(service.db);
    }
  });
});

// --- who gets it -----------------------------------------------------------------------------------

describe('who gets it', () => {
  test('those who treat and refer, of their own institution; the alliance office of any', async () => {
    for (const account of ['gp', 'nurse', 'specialist', 'desk', 'head'])
      expect([account, (await ask(account, 'month=2020-02')).status]).toEqual([account, 200]);
    expect((await ask('gp', 'month=2020-02&institutionId=inst-c01')).status).toBe(200);
    expect((await ask('office', 'month=2020-02&institutionId=inst-c02')).status).toBe(200);
    expect((await ask('office', 'month=2020-02&all=true')).status).toBe(200);
    expect((await ask('office', 'month=2020-02')).status).toBe(422);
    expect((await ask('office', 'month=2020-02&all=true&institutionId=inst-c02')).status).toBe(422);
    expect((await ask('head', 'month=2020-02&all=true')).status).toBe(403);
    for (const account of ['pharmacist', 'auditor', 'sysadmin', 'secadmin', 'gateway', 'driver'])
      expect([account, (await ask(account, 'month=2020-02')).status]).toEqual([account, 403]);
    expect((await ask('', 'month=2020-02')).status).toBe(401);
  });

  test('another institution’s is refused, and the attempt recorded', async () => {
    const { status, body } = await ask('specialist', 'month=2020-02&institutionId=inst-c01');
    expect([status, body.code]).toEqual([403, 'role-may-not']);
    const denied = await service.db.selectFrom('audit').selectAll().where('request_id', '=', body.requestId).execute();
    expect(denied).toMatchObject([
      {
        action: 'getReferralBook',
        outcome: 'denied',
        target_id: 'inst-c01',
        code: 'role-may-not',
        actor: { personId: 'person-specialist' },
      },
    ]);
  });

  test('each patient in it is a recorded look', async () => {
    const month = emptyMonth();
    const patients = ['patient-0001', 'patient-0002', 'patient-0002'];
    await storeReferrals(
      service.db,
      patients.map((patientId, day) => waiting(at(`${month}-0${day + 1}T09:00:00`), { patientId })),
    );
    const { headers } = await ask('gp', `month=${month}`);
    const looks = await service.db.selectFrom('audit').selectAll().where('request_id', '=', headers.get('x-request-id')).execute();
    expect(looks).toMatchObject([
      {
        patient_ids: ['patient-0001', 'patient-0002'],
        action: 'referral-book.read',
        target_type: 'institution',
        target_id: 'inst-c01',
        outcome: 'done',
        institution_id: 'inst-c01',
      },
    ]);
  });

  test.each([
    ['', 'month'],
    ['month=2026-13', 'month'],
    ['month=2026-3', 'month'],
    ['month=2026-03-01', 'month'],
    ['month=2026-03&institutionId=inst-nowhere', 'institutionId'],
    ['month=2026-03&limit=5', 'limit'],
  ])('"%s" is refused and says where', async (query, where) => {
    const { status, body } = await ask('office', query);
    expect([status, body.errors?.[0]?.path]).toEqual([422, where]);
  });
});
