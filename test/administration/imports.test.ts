/** Files fill the directory: what the preview shows is what applying does, in whatever way the file was saved. */

import { zipSync } from 'fflate';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import writeXlsxFile from 'write-excel-file/node';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service?.stop());

const CSV = 'text/csv';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

async function upload(account: string, kind: string, content: string | Uint8Array, { type = CSV, language = 'en' } = {}) {
  const response = await service.app.request(`/v1/imports?kind=${kind}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await tokenOf(account)}`,
      'content-type': type,
      'accept-language': language,
      'idempotency-key': crypto.randomUUID(),
    },
    body: typeof content === 'string' ? content : new Uint8Array(content),
  });
  // biome-ignore lint/suspicious/noExplicitAny: previews and problems
  return { status: response.status, body: (await response.json()) as any };
}

const holders = { sysadmin: 'inst-h1', secadmin: 'inst-h1', 'head-c01': 'inst-c01', office: 'inst-h1', gp: 'inst-c01' } as const;
const tokenOf = async (account: string): Promise<string> => {
  const institutionId = holders[account as keyof typeof holders];
  return (await service.tokens.issue({ personId: `person-${account}`, institutionId, roles: [account.replace(/-.*/, '')] })).token;
};

const apply = (account: string, id: string, body = {}) => service.post(account, `/v1/imports/${id}/apply`, body);

const centres = (...ids: string[]): string =>
  ['机构编号,中文名称,英文名称,级别,类别', ...ids.map((id) => `${id},测试中心${id},Centre ${id},基层,社康中心`)].join('\r\n');

describe('a file of institutions', () => {
  test.each([
    ['UTF-8', (text: string) => Buffer.from(text)],
    ['UTF-8 with its mark', (text: string) => Buffer.from(`\u{FEFF}${text}`)],
    ['GB18030', (text: string) => iconv.encode(text, 'gb18030')],
  ])('in %s is shown row by row, applied whole, and then all the same', async (name, encode) => {
    const file = encode(centres(`a-${name.length}`, `b-${name.length}`));
    const shown = await upload('sysadmin', 'institutions', file);
    expect(shown).toMatchObject({
      status: 201,
      body: { counts: { create: 2, change: 0, same: 0, refused: 0 }, items: [{ row: 2, result: 'create', errors: [] }, { row: 3 }] },
    });
    expect(await apply('sysadmin', shown.body.id)).toMatchObject({ status: 200, body: { counts: { create: 2 } } });
    const { body } = await service.get('sysadmin', `/v1/departments?institutionId=a-${name.length}`);
    expect(body.items).toMatchObject([{ code: 'general-practice', isReferralDesk: true }]);
    expect((await upload('sysadmin', 'institutions', file)).body.counts).toEqual({ create: 0, change: 0, same: 2, refused: 0 });
    expect((await apply('sysadmin', shown.body.id)).body.code).toBe('transition-not-allowed');
  });

  test('with a wrong row says in which column and why, and is applied without it only when asked', async () => {
    const file = `id,nameZh,nameEn,tier,kind\nx-1,中心,Centre,primary,community-health-centre\nX 2,中心,Centre,highest,community-health-centre\nx-1,中心,Centre,primary,community-health-centre`;
    const { body } = await upload('sysadmin', 'institutions', file);
    expect(body.counts).toEqual({ create: 1, change: 0, same: 0, refused: 2 });
    expect(body.items[1].errors.map(({ column }: { column: string }) => column)).toEqual(['id', 'tier']);
    expect(body.items[2].errors).toEqual([{ column: 'id', message: 'stands in the file twice' }]);
    expect((await apply('sysadmin', body.id)).body.code).toBe('import-has-errors');
    expect((await apply('sysadmin', body.id, { skipRefused: true })).body.counts.create).toBe(1);
  });

  test('is stale once the directory has changed', async () => {
    const { body } = await upload('sysadmin', 'institutions', centres('stale-1'));
    const centre = { id: 'stale-1', nameZh: '中心', nameEn: 'Centre', tier: 'primary', kind: 'community-health-centre' };
    expect((await service.post('sysadmin', '/v1/institutions', centre)).status).toBe(201);
    expect((await apply('sysadmin', body.id)).body.code).toBe('import-stale');
    const again = await upload('sysadmin', 'institutions', centres('stale-1'));
    expect(again.body.counts.change).toBe(1);
    expect((await service.call('sysadmin', 'PUT', '/v1/institutions/stale-1', { body: { ...centre, nameEn: 'Other' } })).status).toBe(200);
    expect((await apply('sysadmin', again.body.id)).body.code).toBe('import-stale');
  });
});

describe('a file', () => {
  test.each([
    ['gp', 'institutions', 403],
    ['secadmin', 'institutions', 403],
    ['head-c01', 'staff', 403],
    ['sysadmin', 'residents', 403],
    ['sysadmin', 'drugs', 422],
    ['sysadmin', 'stock', 422],
  ])('that %s uploads as %s is answered %i', async (account, kind, status) => {
    expect((await upload(account, kind, centres('never'))).status).toBe(status);
  });

  test('is refused as a whole when it has too many rows, too many bytes, other columns, or is no table', async () => {
    const rows = Array.from({ length: 10_001 }, (_, index) => `r-${index}`);
    expect((await upload('sysadmin', 'institutions', centres(...rows))).status).toBe(422);
    expect((await upload('sysadmin', 'institutions', 'x'.repeat(5 * 1024 * 1024 + 1))).status).toBe(413);
    expect((await upload('sysadmin', 'institutions', 'id,colour\na,red')).body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'columns.2',
      'nameZh',
      'nameEn',
      'tier',
      'kind',
    ]);
    expect((await upload('sysadmin', 'institutions', '')).status).toBe(422);
    expect((await upload('sysadmin', 'institutions', 'PK no zip', { type: XLSX })).status).toBe(422);
    expect((await upload('sysadmin', 'institutions', centres('a'), { type: 'application/json' })).status).toBe(415);
  });

  test('that unpacks to far more than it is, is not unpacked', async () => {
    const bomb = zipSync({ 'xl/workbook.xml': new Uint8Array(60 * 1024 * 1024) });
    expect(bomb.length).toBeLessThan(5 * 1024 * 1024);
    const { status, body } = await upload('sysadmin', 'institutions', bomb, { type: XLSX });
    expect([status, body.errors]).toEqual([422, [{ path: 'file', message: 'is too large when unpacked' }]]);
  });

  test('is somebody’s own: nobody else may apply it', async () => {
    const { body } = await upload('sysadmin', 'staff', 'id,name,institutionId,role\nown-1,王敏,inst-c01,gp');
    expect((await apply('secadmin', body.id)).status).toBe(404);
  });
});

test('a spreadsheet is read as a file of texts: dates and telephone numbers as they look, and what looks like a formula stays a text', async () => {
  const text = (value: string) => ({ value, type: String });
  const header = ['编号系统', '编号', '姓名', '出生日期', '性别', '所属机构编号', '电话', '联系方式'].map(text);
  const row = (value: string, name: string, birth: object, phone: object) =>
    [text('c01-his'), text(value), text(name), birth, text('男'), text('inst-c01'), phone, text('短信')] as never;
  const date = { value: new Date('1956-03-01T00:00:00Z'), type: Date, format: 'yyyy-mm-dd' };
  const phone = { value: 13800000123, type: Number };
  const file = await writeXlsxFile([
    header,
    row('x1', '欧阳测试', date, phone),
    row('x2', '=HYPERLINK("http://x")', text('1957/4/2'), text('13800000124')),
    row('x3', '@测试', text('1958-04-02'), text('12345')),
  ] as never).toBuffer();
  const { status, body } = await upload('head-c01', 'residents', file, { type: XLSX });
  expect([status, body.items.map(({ result }: { result: string }) => result)]).toEqual([201, ['create', 'create', 'refused']]);
  expect(body.items[2].errors[0].column).toBe('phone');
  expect((await apply('head-c01', body.id, { skipRefused: true })).status).toBe(200);
  const patients = await service.db
    .selectFrom('patient')
    .innerJoin('patient_local_id', 'patient_local_id.patient_id', 'patient.id')
    .select(['name', 'birth_date as birthDate', 'sex', 'phone', 'channel'])
    .where('system', '=', 'c01-his')
    .orderBy('value')
    .execute();
  expect(patients).toEqual([
    { name: '欧阳测试', birthDate: '1956-03-01', sex: 'male', phone: '13800000123', channel: 'sms' },
    { name: '=HYPERLINK("http://x")', birthDate: '1957-04-02', sex: 'male', phone: '13800000124', channel: 'sms' },
  ]);
  expect((await upload('head-c01', 'residents', file, { type: XLSX })).body.counts).toEqual({ create: 0, change: 0, same: 2, refused: 1 });
});

test('staff come a row a post and teams a row a member; administrators’ posts are the security administrator’s', async () => {
  const header = 'id,name,username,institutionId,departmentId,role';
  const staff = `${header}\nst-1,王敏,wang.min,inst-c01,,gp\nst-1,王敏,wang.min,inst-c02,,gp\nst-2,李强,li.qiang,inst-c01,,护士\nst-3,赵云,zhao.yun,inst-h1,,auditor`;
  const shown = await upload('sysadmin', 'staff', staff);
  expect(shown.body.items.map(({ result }: { result: string }) => result)).toEqual(['create', 'create', 'create', 'refused']);
  expect((await apply('sysadmin', shown.body.id, { skipRefused: true })).status).toBe(200);
  expect((await upload('secadmin', 'staff', `${header}\nst-3,赵云,zhao.yun,inst-h1,,auditor`)).body.counts.create).toBe(1);
  expect((await service.get('gp', '/v1/staff/st-1')).body.posts).toHaveLength(2);
  const team = 'id,institutionId,name,memberIds\nteam-x,inst-c01,一团队,st-1\nteam-x,inst-c01,一团队,st-2';
  const members = await upload('head-c01', 'teams', team);
  expect(members.body.counts.create).toBe(2);
  expect((await apply('head-c01', members.body.id)).status).toBe(200);
  expect((await upload('head-c01', 'teams', team)).body.counts.same).toBe(2);
  expect((await upload('head-c01', 'teams', 'id,institutionId,name,memberId\nteam-y,inst-c02,二团队,st-1')).body.counts.refused).toBe(1);
});

test('a template names the columns and is one that is taken', async () => {
  const { body, status } = await service.get('sysadmin', '/v1/import-templates/residents.csv');
  expect([status, body.replace('\u{FEFF}', '').trim()]).toEqual([200, '编号系统,编号,姓名,出生日期,性别,所属机构编号,电话,联系方式']);
  expect((await service.get('sysadmin', '/v1/import-templates/dreams.csv')).status).toBe(404);
});
