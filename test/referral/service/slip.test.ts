/** The referral slip: what is on the paper is what is in the record, rare characters and long texts included. */

import { create as openFont } from 'fontkit';
import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Block, PdfDocument } from '../../../documents/pdf/document.ts';
import { prepareFonts } from '../../../documents/pdf/fonts.ts';
import { renderPdf } from '../../../documents/pdf/layout.ts';
import { toAgeWords } from '../../../domain/time/age-words.ts';
import { toShanghaiMinute } from '../../../domain/time/shanghai.ts';
import { inDays } from '../../support/builders/appointment-times.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

// --- reading a file ---------------------------------------------------------------------

/** Where a line ends is the layout's business. */
const bare = (text: string): string => text.replaceAll(/\s/g, '');

async function pagesOf(file: Uint8Array): Promise<string[]> {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(file)), { mergePages: false });
  return text.map(bare);
}

async function fetchSlip(account: string, id: string): Promise<{ status: number; file: Uint8Array; headers: Headers }> {
  const me = await service.get(account, '/v1/me');
  const { token } = await service.tokens.issue({ personId: me.body.id, institutionId: me.body.institutionId, roles: me.body.roles });
  const answer = await service.app.request(`/v1/referrals/${id}/slip.pdf`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, file: new Uint8Array(await answer.arrayBuffer()), headers: answer.headers };
}

async function textOf(account: string, id: string): Promise<string> {
  return (await pagesOf((await fetchSlip(account, id)).file)).join('');
}

async function create(account: string, over: Parameters<typeof newReferral>[1] & Record<string, unknown> = {}) {
  const made = await service.post(account, '/v1/referrals', await newReferral(service, over));
  expect([made.status, made.body]).toEqual([201, expect.anything()]);
  return made.body;
}

async function act(account: string, id: string, trigger: string, body: object = {}) {
  const done = await service.post(account, `/v1/referrals/${id}/${trigger}`, body);
  expect([done.status, done.body]).toEqual([200, expect.anything()]);
  return done.body;
}

// --- what is on it -----------------------------------------------------------------------

test('every field of an emergency up the alliance stands on it, with names instead of ids and local time', async () => {
  const { id } = await create('gp', {
    patientId: 'patient-0003',
    urgency: 'routine',
    emergency: true,
    toDepartmentId: 'dept-h1-cardiology',
    reason: '突发胸痛 2 小时，ECG 示 V1–V4 ST 段抬高',
    summary: '高血压 10 年；BP 190/110 mmHg，SpO₂ 92%。\n已给予阿司匹林 300 mg 嚼服。\n☑ 吸烟 ☐ 饮酒',
    overrideReason: '病情变化',
  });
  await act('specialist', id, 'send-acceptance');
  const scheduled = await act('specialist', id, 'schedule-visit', {
    startsAt: inDays(100, '16:30'),
    endsAt: inDays(100, '17:00'),
  });
  const patient = (await service.get('gp', '/v1/patients/patient-0003')).body;
  const gp = await service.db.selectFrom('person').select(['id', 'name']).where('id', '=', 'person-gp').executeTakeFirstOrThrow();
  const { file, headers } = await fetchSlip('gp', id);
  expect(headers.get('content-type')).toBe('application/pdf');
  expect(headers.get('cache-control')).toBe('no-store');
  const text = (await pagesOf(file)).join('');

  const number = id.slice(-8);
  const printed = /打印时间(.{10})(.{5})（北京时间）/.exec(text);
  expect(Math.abs(Date.parse(`${printed?.[1]}T${printed?.[2]}+08:00`) - Date.now())).toBeLessThan(120_000);
  const minute = (instant: string) => toShanghaiMinute(Date.parse(instant));
  const localIds = patient.localIds.map(({ system, value }: { system: string; value: string }) => `${value}（${system}）`);
  const expected = [
    `双向转诊单 上转 编号 ${number}`,
    '绿色通道　急诊患者，优先接诊',
    '转诊',
    '方向 上转 紧急程度 紧急（急诊，绿色通道）',
    `状态 已预约就诊（5.1.1） 发出时间 ${minute(scheduled.sentAt)}`,
    `单号 ${id}（第 ${scheduled.version} 版）`,
    '再次转诊原因 病情变化',
    '患者',
    `姓名 ${patient.name} 性别 女`,
    `出生日期 1952-02-29 转诊时年龄 ${toAgeWords('1952-02-29', Date.parse(scheduled.sentAt))}`,
    `电话 ${patient.phone ?? '—'} 患者编号 patient-0003`,
    `本地编号 ${localIds.join('')}`,
    '转出方',
    '机构 青石社康中心 科室 全科',
    `申请人 ${gp.name} 发出人 ${gp.name}`,
    '转入方',
    '机构 临澜市人民医院 科室 心血管内科',
    `预约就诊 ${inDays(101).slice(0, 10)} 00:30 至 ${inDays(101).slice(0, 10)} 01:00`,
    '病情',
    '转诊原因 突发胸痛 2 小时，ECG 示 V1–V4 ST 段抬高',
    '病情摘要 高血压 10 年；BP 190/110 mmHg，SpO₂ 92%。已给予阿司匹林 300 mg 嚼服。☑ 吸烟 ☐ 饮酒',
    '知情同意 已同意，登记于 2026-01-01 08:00',
    '转诊经过',
    '序 机构 科室 自 至 结束原因',
    `1 临澜市人民医院 心血管内科 ${minute(scheduled.legs[0].from)} — —`,
    '结果审阅 — 关闭时间 —',
    ...['转出医师', '患者或家属', '接收医师'].map((who) => `${who} 签名 日期： 年 月 日`),
    `转诊单 ${number}　打印时间 ${printed?.[1]}${printed?.[2]}（北京时间） 第 1 页 共 1 页`,
  ];
  expect(text).toBe(bare(expected.join('')));
});

test('a down referral brings its management plan, a routine one no green channel', async () => {
  const { id } = await create('specialist', {
    direction: 'down',
    toInstitutionId: 'inst-c01',
    managementPlan: { 随访频率: '每两周一次', 用药: ['氨氯地平 5 mg qd', '缬沙坦 80 mg qd'], 家庭监测: true, 目标收缩压: 130 },
  });
  const text = await textOf('gp', id);
  expect(text).toContain('方向下转紧急程度常规');
  const plan = /管理计划(.*)转诊经过/.exec(text)?.[1];
  for (const part of ['随访频率：每两周一次', '用药：·氨氯地平5mgqd·缬沙坦80mgqd', '家庭监测：是', '目标收缩压：130'])
    expect(plan).toContain(part);
  expect(text).toContain('转入方机构青石社康中心科室全科');
  expect(text).not.toContain('绿色通道');
});

test('it tells where the referral has been, and how it ended', async () => {
  const { id } = await create('gp');
  await service.fastForward(id, 'PT25H');
  await act('specialist2', id, 'send-decline', { reason: '专科已满，建议转往中医院' });
  await act('gp', id, 'review-result');
  const text = await textOf('gp', id);
  expect(text).toMatch(/1临澜市人民医院\S+?\d{4}-\d\d-\d\d\d\d:\d\d\d{4}-\d\d-\d\d\d\d:\d\d超时无人答复2临澜市第二人民医院/);
  expect(text).toContain('状态已拒绝（4.0）');
  expect(text).toContain('状态说明专科已满，建议转往中医院');
  expect(text).toMatch(/结果审阅\d{4}-\d\d-\d\d\d\d:\d\d关闭时间\d{4}/);
});

test('a question that waits for an answer stands on it', async () => {
  const { id } = await create('gp');
  await act('specialist', id, 'request-information', { question: '请补充近一周家庭血压记录' });
  expect(await textOf('specialist', id)).toMatch(/待补充信息\d{4}-\d\d-\d\d\d\d:\d\d请补充近一周家庭血压记录/);
});

test('a draft says that it is one', async () => {
  const { id } = await create('gp', { draft: true });
  const text = await textOf('gp', id);
  expect(text).toContain('草稿尚未发出');
  expect(text).toMatch(/发出时间—.*发出人—/);
});

// --- characters ----------------------------------------------------------------------------

describe('rare characters', () => {
  test.each([
    ['gp', 'patient-0005', '𠮷建国'],
    ['gp', 'patient-0007', '李䶮'],
    ['gp2', 'patient-0018', '陈𬱖'],
  ])('of %s’s %s are on it as themselves', async (account, patientId, name) => {
    const { id } = await create(account, { patientId, reason: `患者${name}，请会诊` });
    const text = await textOf(account, id);
    expect(text).toContain(`姓名${name}性别`);
    expect(text).toContain(`转诊原因患者${name}，请会诊`);
  });

  test('have a picture in both weights', async () => {
    const characters = [...'转𠮷䶮𬱖𫗧𪚥č₂☑'].filter((character) => character !== '𪚥');
    const fonts = await prepareFonts({ regular: characters, bold: characters });
    for (const weight of ['regular', 'bold'] as const)
      for (const character of characters) {
        const [run, ...more] = fonts.splitIntoRuns(character, weight);
        expect(more).toEqual([]);
        const glyph = openFont(fonts.files.get(run?.font as string) as Buffer).glyphForCodePoint(character.codePointAt(0) as number);
        expect({ character, weight, id: glyph.id, drawn: glyph.path.commands.length > 3 }).toMatchObject({
          id: expect.any(Number),
          drawn: true,
        });
        expect(glyph.id).toBeGreaterThan(0);
      }
  });

  test('that no font has are shown by their number, and so is what cannot be seen', async () => {
    const reason = '患者\u{30EDE}氏😀，\u202Eabc\u202C，全角　空格，制表\t符，零宽\u200B。';
    const { id } = await create('gp', { reason });
    expect(await textOf('gp', id)).toContain('患者〔U+30EDE〕氏〔U+1F600〕，〔U+202E〕abc〔U+202C〕，全角空格，制表符，零宽〔U+200B〕。');
  });

  test('are embedded by themselves: each font is a subset, the file stays small', async () => {
    const { id } = await create('gp', { patientId: 'patient-0005' });
    const { file } = await fetchSlip('gp', id);
    expect(file.byteLength).toBeLessThan(150_000);
    const source = Buffer.from(file).toString('latin1');
    const fonts = [...source.matchAll(/\/FontName \/(\S+)/g)].map(([, name]) => name as string);
    expect(fonts.length).toBeGreaterThanOrEqual(3);
    for (const name of fonts) expect(name).toMatch(/^[A-Z]{6}\+Noto/);
    expect(source.match(/\/FontFile[23]? /g)?.length).toBe(fonts.length);
  });
});

// --- pages -----------------------------------------------------------------------------------

describe('long texts', () => {
  const sentence = (n: number) => `第${n}条：患者反复头晕头痛，血压波动于160–190/95–110 mmHg；`;
  const long = Array.from({ length: 220 }, (_, index) => sentence(index + 1))
    .join('')
    .slice(0, 7_990);

  test('go on over pages that tell whose they are and how many there are, and nothing is lost', async () => {
    const { id } = await create('gp', { patientId: 'patient-0005', summary: long });
    const pages = await pagesOf((await fetchSlip('gp', id)).file);
    expect(pages.length).toBeGreaterThan(3);
    for (const [index, page] of pages.entries()) {
      expect(page).toContain(`第${index + 1}页共${pages.length}页`);
      if (index > 0) expect(page.startsWith(`转诊单${id.slice(-8)}𠮷建国男`), page.slice(0, 40)).toBe(true);
    }
    const whole = pages
      .map((page) =>
        page
          .replace(/^转诊单.{8}𠮷建国男\d+岁/, '')
          .replace(/转诊单.{8}打印时间.*?（北京时间）第\d+页共\d+页/, '')
          .replaceAll('病情摘要（续）', ''),
      )
      .join('');
    expect(whole).toContain(`病情摘要${bare(long)}知情同意`);
  });

  test('the longest form there can be is set in seconds', async () => {
    const plan = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`第${index}部分`, long]));
    const { id } = await create('specialist', { direction: 'down', toInstitutionId: 'inst-c01', summary: long, managementPlan: plan });
    const startedAt = performance.now();
    const { status, file } = await fetchSlip('gp', id);
    expect(status).toBe(200);
    expect((performance.now() - startedAt) / 1_000).toBeLessThan(20);
    const text = (await pagesOf(file))
      .join('')
      .replaceAll(/转诊单.{8}打印时间.*?共\d+页|转诊单.{8}\S{2,4}[男女]\d+岁|(管理计划|病情摘要)（续）/g, '');
    expect(text.split(bare(long)).length - 1).toBe(10);
  }, 60_000);

  test('no line begins with a full stop or ends with an opening bracket', async () => {
    const text = '（甲）乙，'.repeat(400);
    const slip: PdfDocument = {
      documentName: '单',
      title: '转',
      subtitle: '上',
      number: '1',
      runningHead: '转',
      printedAt: '0',
      date: new Date(0),
      blocks: [{ kind: 'text', label: '字', text }],
    };
    const document = await getDocumentProxy(new Uint8Array(await renderPdf(slip)));
    const { items } = await (await document.getPage(1)).getTextContent();
    const lines = items.flatMap((item) => ('str' in item && item.str.length > 20 ? [item.str] : []));
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) {
      expect(line).not.toMatch(/^[，）]/);
      expect(line).not.toMatch(/（$/);
    }
  });
});

test('the same data make the same file, byte by byte', async () => {
  const blocks: Block[] = [
    { kind: 'heading', text: '患者' },
    { kind: 'fields', fields: [{ label: '姓名', value: '𠮷建国', strong: true }] },
    { kind: 'text', label: '摘要', text: '血压持续升高，𬱖 SpO₂ 97%' },
  ];
  const slip: PdfDocument = {
    documentName: '转诊单',
    title: '双向转诊单',
    subtitle: '上转',
    number: '456789ab',
    runningHead: '转诊单',
    printedAt: '2026-03-01 09:23',
    date: new Date('2026-03-01T01:23:00Z'),
    blocks,
  };
  const [one, two] = [await renderPdf(slip), await renderPdf(slip)];
  expect(Buffer.compare(one, two)).toBe(0);
  const { info } = await (await getDocumentProxy(new Uint8Array(one))).getMetadata();
  expect(info).toMatchObject({ Title: '双向转诊单 456789ab', CreationDate: 'D:20260301012300Z' });
});

describe('ages are said as people say them', () => {
  test.each([
    ['2026-03-01', '2026-03-01T04:00:00Z', '0 天'],
    ['2026-02-27', '2026-03-01T04:00:00Z', '2 天'],
    ['2026-01-31', '2026-03-01T04:00:00Z', '1 个月'],
    ['2025-03-02', '2026-03-01T04:00:00Z', '11 个月'],
    ['2025-02-01', '2026-03-01T04:00:00Z', '1 岁 1 个月'],
    ['2023-03-02', '2026-03-01T04:00:00Z', '2 岁 11 个月'],
    ['2023-03-01', '2026-03-01T04:00:00Z', '3 岁'],
    ['1952-02-29', '2026-02-28T04:00:00Z', '73 岁'],
    ['1952-02-29', '2026-02-28T16:00:00Z', '74 岁'],
  ])('born %s, on %s: %s', (birthDate, instant, words) => {
    expect(toAgeWords(birthDate, Date.parse(instant))).toBe(words);
  });
});

// --- who gets it -------------------------------------------------------------------------------

describe('who gets it', () => {
  test('both parties, the alliance office and the auditor; nobody else knows of it', async () => {
    const { id } = await create('gp');
    for (const account of ['gp', 'nurse', 'specialist', 'desk', 'head', 'office', 'auditor'])
      expect([account, (await fetchSlip(account, id)).status]).toEqual([account, 200]);
    for (const account of ['gp2', 'specialist2', 'driver'])
      expect([account, (await fetchSlip(account, id)).status]).toEqual([account, 404]);
    expect((await fetchSlip('infection', id)).status).toBe(403);
    expect((await service.get('', `/v1/referrals/${id}/slip.pdf`)).status).toBe(401);
    expect((await service.get('gp', '/v1/referrals/0199a000-0000-7000-8000-000000000000/slip.pdf')).status).toBe(404);
  });

  test('a draft is for who wrote it', async () => {
    const { id } = await create('gp', { draft: true });
    for (const account of ['specialist', 'office', 'auditor'])
      expect([account, (await fetchSlip(account, id)).status]).toEqual([account, 404]);
  });

  test('an institution that did not answer has none any more', async () => {
    const { id } = await create('gp');
    await service.fastForward(id, 'PT25H');
    expect((await fetchSlip('specialist', id)).status).toBe(404);
    expect((await fetchSlip('specialist2', id)).status).toBe(200);
    expect((await fetchSlip('office', id)).status).toBe(200);
  });

  test('each print is recorded with the patient and who asked', async () => {
    const { id, patientId } = await create('gp');
    await fetchSlip('specialist', id);
    const entries = await service.db
      .selectFrom('audit')
      .selectAll()
      .where('target_id', '=', id)
      .where('action', '=', 'referral.slip.read')
      .execute();
    expect(entries).toMatchObject([
      { patient_id: patientId, institution_id: 'inst-h1', outcome: 'done', actor: { personId: 'person-specialist', role: 'specialist' } },
    ]);
  });
});
