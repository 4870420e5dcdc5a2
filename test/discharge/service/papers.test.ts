/** What is printed of episodes: the sheet that the patient takes home, and the table of the centre. */
import { randomUUID } from 'node:crypto';
import { extractText, getDocumentProxy } from 'unpdf';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { toPlainDose } from '../../../documents/plain-dose.ts';
import { deliverAll, newResident, reportFact } from '../../support/builders/facts.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const DAY = 24 * 3_600_000;

async function fetchFile(account: string, path: string): Promise<{ status: number; file: Uint8Array; headers: Headers }> {
  const me = await service.get(account, '/v1/me');
  const { token } = await service.tokens.issue({ personId: me.body.id, institutionId: me.body.institutionId, roles: me.body.roles });
  const answer = await service.app.request(path, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, file: new Uint8Array(await answer.arrayBuffer()), headers: answer.headers };
}

/** Of a stay that has ended today. */
async function beginDischarged(patientId: string, visitNumber: string): Promise<string> {
  const tell = (type: string, at: number, over: object) =>
    reportFact(service, { type, patientId, occurredAt: new Date(at).toISOString(), institutionId: 'inst-h1', visitNumber, ...over });
  await tell('patient-admitted', Date.now() - 6 * DAY, { admissionType: 'emergency' });
  await tell('patient-discharged', Date.now() - 3_600_000, { disposition: 'home' });
  return vi.waitFor(
    async () => {
      await deliverAll(service);
      const { body } = await service.get('nurse', `/v1/episodes?patientId=${patientId}`);
      expect(body.items[0]?.status).toBe('discharged');
      return body.items[0].id as string;
    },
    { timeout: 30_000, interval: 50 },
  );
}

test('the sheet says in plain words what was arranged, and nothing of why; there is none without a plan. The table is safe in a spreadsheet', {
  timeout: 90_000,
}, async () => {
  const patientId = await newResident(service, 'inst-c01', { phone: '13900001131' });
  await service.db.updateTable('patient').set({ name: '=王秀英' }).where('id', '=', patientId).execute();
  const id = await beginDischarged(patientId, `V-${randomUUID()}`);
  const sheet = `/v1/episodes/${id}/sheet.pdf`;
  expect((await service.get('nurse-h1', sheet)).body).toMatchObject({ status: 409, code: 'transition-not-allowed', state: 'discharged' });
  const planned = await service.post('nurse-h1', `/v1/episodes/${id}/record-plan`, {
    diagnoses: [{ code: 'I50.9', text: '心力衰竭' }],
    procedures: ['冠状动脉造影'],
    responsibleClinician: '王医生',
    allergies: ['青霉素'],
    instructions: '每天盐不超过5克',
    riskInputs: {},
    orders: [
      { kind: 'medicine', title: '呋塞米片', medicine: { dose: '1片bid po', quantity: { value: 28, unit: '片' }, longTerm: true } },
      { kind: 'revisit', title: '心内科门诊' },
    ],
    linkConsent: 'none',
  });
  expect([planned.status, planned.status === 200 ? '' : planned.body]).toEqual([200, '']);

  const { status, file, headers } = await fetchFile('nurse-h1', sheet);
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, 'application/pdf', 'no-store']);
  const { text } = await extractText(await getDocumentProxy(file), { mergePages: true });
  const bare = text.replaceAll(/\s/g, '');
  for (const shown of ['=王秀英', '呋塞米片', '每次1片，每天2次，口服', '心内科门诊', '每天盐不超过5克', '马上打120', '胸口痛'])
    expect(bare).toContain(shown);
  for (const hidden of ['心力衰竭', 'I50', '造影', '13900001131', '青霉素', '1950']) expect(bare).not.toContain(hidden);
  expect((await service.get('gp2', sheet)).status).toBe(404);

  const table = await fetchFile('nurse', `/v1/episodes.csv?patientId=${patientId}`);
  expect([table.status, table.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
  const lines = new TextDecoder('utf-8', { ignoreBOM: true }).decode(table.file).split('\r\n');
  expect(lines[0]?.startsWith('\u{FEFF}编号,患者姓名')).toBe(true);
  expect(lines[1]).toContain("'=王秀英");
  expect([lines[1]?.startsWith(id), lines.length]).toEqual([true, 3]);
  const others = await fetchFile('gp2', `/v1/episodes.csv?patientId=${patientId}`);
  expect(new TextDecoder().decode(others.file).trimEnd().split('\r\n')).toHaveLength(1);
  const audited = await service.db
    .selectFrom('audit')
    .select('action')
    .where((is) => is.or([is('target_id', '=', id), is('action', '=', 'discharge.list')]))
    .execute();
  expect(audited.map(({ action }) => action)).toEqual(expect.arrayContaining(['discharge.sheet.read', 'discharge.list']));
});

test.each([
  ['1片bid', '每次1片，每天2次'],
  ['半片 qd po', '每次半片，每天1次，口服'],
  ['10mg qd', '每次10毫克，每天1次'],
  ['5mgqd', '每次5毫克，每天1次'],
  ['2吸 q12h', '每次2吸，每12小时1次'],
  ['早10u晚8u', '早10单位晚8单位'],
  ['每次1片每日1次', '每次1片每日1次'],
  ['前3天30mg后减量', '前3天30毫克后减量'],
  ['1片 prn', '每次1片，需要时用'],
])('%s is said as %s', (written, said) => {
  expect(toPlainDose(written)).toBe(said);
});
