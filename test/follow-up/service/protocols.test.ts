/** Protocols over HTTP: tried on a visit without writing, uploaded, published, retired; a published version never changes. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadShippedDocuments } from '../../../db/follow-up/shipped-protocols.ts';
import type { Protocol } from '../../../domain/follow-up/protocol.ts';
import { contentsOf } from '../../support/oracles/contents.ts';
import { type Contract, contractOf } from '../../support/oracles/contract.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
let contract: Contract;
beforeAll(async () => {
  service = await startService({ worker: false });
  contract = await contractOf(service.app);
});
afterAll(() => service?.stop());

const patient = { birthDate: '1970-05-01', sex: 'female' };
const at = (date: string) => `${date}T01:00:00Z`;
const visit = (date: string, values: object = {}) => ({
  visitedAt: at(date),
  mode: 1,
  bloodPressures: [{ systolic: 128, diastolic: 78 }],
  ...values,
});

async function evaluate(protocol: string, body: object, account = 'gp'): Promise<Answer> {
  const path = `/v1/protocols/${protocol}/evaluate`;
  const answer = await service.post(account, path, body);
  expect(contract.findBrokenPromises('POST', path, answer)).toEqual([]);
  return answer;
}

const refusal = ({ status, body }: Answer) => ({ status, paths: body.errors?.map(({ path }: { path: string }) => path) });

describe('evaluate', () => {
  test('answers what the protocol says, with its reasons and both indicators', async () => {
    const { status, body } = await evaluate('htn-2017', {
      patient,
      visits: [visit('2026-03-02', { bloodPressures: [{ systolic: 146, diastolic: 84 }] })],
      visit: visit('2026-03-16', { bloodPressures: [{ systolic: 142, diastolic: 84 }] }),
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      protocol: { id: 'htn-2017', version: 1, status: 'published' },
      class: 2,
      classes: [2],
      target: { systolic: 140, diastolic: 90, fastingGlucose: null },
      action: 'refer',
      referral: 'routine',
      nextVisit: { opensOn: '2026-03-17', dueOn: '2026-03-30' },
      indicators: [
        { indicator: 'payment', protocol: 'htn-2017', controlled: false },
        { indicator: 'clinical', protocol: 'htn-2025', controlled: false, target: { systolic: 130, diastolic: 80 } },
      ],
    });
    expect(body.because[0]).toMatchObject({
      rule: 'htn-2017/1#uncontrolled-two',
      source: expect.stringContaining('国卫基层发〔2017〕13号'),
      evidence: { systolic: 142, diastolic: 84, uncontrolledInARow: 2 },
    });
  });

  test('writes nothing', async () => {
    const before = await contentsOf(service.db);
    expect(
      (await evaluate('t2dm-2017', { patient, visit: visit('2026-03-02', { fastingGlucose: { value: 126, unit: 'mg/dL' } }) })).body,
    ).toMatchObject({ class: 2, action: 'adjust' });
    expect(await contentsOf(service.db)).toEqual(before);
  });

  test('takes the form’s codes and their names for the mode', async () => {
    for (const mode of [1, 'clinic', 2, 'home', 3, 'phone'])
      expect((await evaluate('htn-2017', { patient, visit: visit('2026-03-02', { mode }) })).status).toBe(200);
  });

  test('a crisis is answered even where the value to classify by is missing', async () => {
    const body = { patient, visit: visit('2026-03-02', { bloodPressures: [{ systolic: 181, diastolic: 90 }] }) };
    expect(await evaluate('t2dm-2017', body)).toMatchObject({
      status: 200,
      body: { class: null, action: 'refer-urgent', referral: 'urgent' },
    });
  });

  test('a pressure in kPa is the same pressure', async () => {
    const kPa = { bloodPressures: [{ systolic: 24, diastolic: 12, unit: 'kPa' }] };
    expect((await evaluate('htn-2017', { patient, visit: visit('2026-03-02', kPa) })).body).toMatchObject({
      action: 'refer-urgent',
      referral: 'urgent',
    });
  });

  test('a tier shortens the rhythm and says so', async () => {
    const { body } = await evaluate('htn-2017', { patient, visit: visit('2026-03-02'), tier: 'high' });
    expect(body.nextVisit.dueOn).toBe('2026-04-02');
    expect(body.because.at(-1)).toMatchObject({ rule: 'risk-tier/1#high', evidence: { tier: 'high' } });
    expect((await evaluate('htn-2017', { patient, visit: visit('2026-03-02'), tier: 'low' })).body.nextVisit.dueOn).toBe('2026-06-02');
  });

  test('a due date in a year without a published calendar is marked', async () => {
    const { body } = await evaluate('htn-2017', { patient, visit: visit('2026-10-12') });
    expect(body).toMatchObject({ nextVisit: { dueOn: '2027-01-12' }, calendarConfirmed: false });
    expect(body.because.at(-1).evidence.calendar).toBe('unconfirmed');
  });

  const future = new Date(Date.now() + 3_600_000).toISOString();
  const glucose = (value: number, unit: string) => ({ fastingGlucose: { value, unit } });
  test('readings from home do not classify, and one at a crisis threshold is to be confirmed', async () => {
    const atHome = async (systolic: number) =>
      (
        await service.post('gp', '/v1/protocols/htn-2017/evaluate', {
          patient,
          visit: visit('2026-03-02', { bloodPressures: [{ systolic, diastolic: 78, atHome: true }] }),
        })
      ).body;
    expect([await atHome(128), await atHome(184)]).toMatchObject([
      { class: null, action: 'continue' },
      { class: null, action: 'confirm-reading' },
    ]);
  });

  test.each<[what: string, protocol: string, body: object, path: string]>([
    ['a visit in the future', 'htn-2017', { patient, visit: { ...visit('2026-03-02'), visitedAt: future } }, 'visit.visitedAt'],
    [
      'an earlier visit in the future',
      'htn-2017',
      { patient, visits: [{ ...visit('2026-03-02'), visitedAt: future }], visit: visit('2026-03-02') },
      'visits.0.visitedAt',
    ],
    [
      'a visit after the one evaluated',
      'htn-2017',
      { patient, visits: [visit('2026-03-01'), visit('2026-03-03')], visit: visit('2026-03-02') },
      'visits.1.visitedAt',
    ],
    [
      'a visit before the birth',
      'htn-2017',
      { patient: { ...patient, birthDate: '2026-03-03' }, visit: visit('2026-03-02') },
      'visit.visitedAt',
    ],
    ['an unknown unit', 't2dm-2017', { patient, visit: visit('2026-03-02', glucose(7, 'mmol')) }, 'visit.fastingGlucose.unit'],
    ['mg/dL given as mmol/L', 't2dm-2017', { patient, visit: visit('2026-03-02', glucose(126, 'mmol/L')) }, 'visit.fastingGlucose.value'],
    ['mmol/L given as mg/dL', 't2dm-2017', { patient, visit: visit('2026-03-02', glucose(7, 'mg/dL')) }, 'visit.fastingGlucose.value'],
    ['no unit', 't2dm-2017', { patient, visit: visit('2026-03-02', { fastingGlucose: { value: 7 } }) }, 'visit.fastingGlucose.unit'],
    [
      'mmHg given as kPa',
      'htn-2017',
      { patient, visit: visit('2026-03-02', { bloodPressures: [{ systolic: 140, diastolic: 12, unit: 'kPa' }] }) },
      'visit.bloodPressures.0.systolic',
    ],
    [
      'a diastolic above the systolic',
      'htn-2017',
      { patient, visit: visit('2026-03-02', { bloodPressures: [{ systolic: 90, diastolic: 140 }] }) },
      'visit.bloodPressures.0.diastolic',
    ],
    [
      'an unknown symptom',
      'htn-2017',
      { patient, visit: visit('2026-03-02', { symptoms: ['eye-pain', 'tiredness'] }) },
      'visit.symptoms.1',
    ],
    ['an unknown mode', 'htn-2017', { patient, visit: visit('2026-03-02', { mode: 4 }) }, 'visit.mode'],
    ['an unknown field', 'htn-2017', { patient, visit: visit('2026-03-02', { pulse: 70 }) }, 'visit.pulse'],
    ['no blood pressure', 'htn-2017', { patient, visit: visit('2026-03-02', { bloodPressures: [] }) }, 'visit.bloodPressures'],
    ['no fasting glucose', 't2dm-2017', { patient, visit: visit('2026-03-02') }, 'visit.fastingGlucose'],
    [
      'a pregnant man',
      'htn-2017',
      { patient: { ...patient, sex: 'male', pregnant: true }, visit: visit('2026-03-02') },
      'patient.pregnant',
    ],
    ['no patient', 'htn-2017', { visit: visit('2026-03-02') }, 'patient'],
  ])('refuses %s with its place', async (_, protocol, body, path) => {
    const before = await contentsOf(service.db);
    expect(refusal(await evaluate(protocol, body))).toEqual({ status: 422, paths: [path] });
    expect(await contentsOf(service.db)).toEqual(before);
  });

  test('a protocol that is not there, or not in that version, is not found', async () => {
    expect((await evaluate('htn-1999', { patient, visit: visit('2026-03-02') })).status).toBe(404);
    expect((await service.post('gp', '/v1/protocols/htn-2017/evaluate?version=9', { patient, visit: visit('2026-03-02') })).status).toBe(
      404,
    );
  });
});

describe('the shipped protocols', () => {
  test('are published from the start, and each can be read in full', async () => {
    const { body } = await service.get('nurse', '/v1/protocols?status=published');
    expect(body.items.map(({ id, version }: { id: string; version: number }) => `${id}/${version}`)).toEqual(
      ['complications', 'elderly', 'high-risk', 'htn-2017', 'htn-2025', 't2dm-2017', 't2dm-new'].map((id) => `${id}/1`),
    );
    for (const { id, signOffsPending } of body.items) {
      const { body: read } = await service.get('nurse', `/v1/protocols/${id}`);
      expect(read.document).toEqual(loadShippedDocuments().protocols.find((document) => document.id === id));
      expect(signOffsPending).toBeGreaterThan(0);
    }
  });

  test('come page by page', async () => {
    const first = (await service.get('gp', '/v1/protocols?limit=4')).body;
    const second = (await service.get('gp', `/v1/protocols?limit=4&cursor=${first.nextCursor}`)).body;
    expect([first.items.length, second.items[0].id]).toEqual([4, 'htn-2025']);
  });
});

const draftOf = (changes: object): Protocol => ({
  ...(loadShippedDocuments().protocols.find(({ id }) => id === 'htn-2017') as Protocol),
  id: 'local-htn',
  ...changes,
});

describe('a protocol’s life', () => {
  test('draft, replaced, published, retired; the next version does not touch the first', async () => {
    const at = '/v1/protocols/local-htn/versions/1';
    const uploaded = await service.post('office', '/v1/protocols', draftOf({}));
    expect([uploaded.status, uploaded.body.status, uploaded.headers.get('location')]).toEqual([
      201,
      'draft',
      '/v1/protocols/local-htn?version=1',
    ]);
    expect((await service.post('office', '/v1/protocols', draftOf({}))).body.code).toBe('already-exists');

    const put = (document: unknown) => service.call('office', 'PUT' as 'POST', at, { body: document });
    const replaced = await put(draftOf({ title: { zh: '本地', en: 'Local' } }));
    expect([replaced.status, replaced.body.title.en]).toEqual([200, 'Local']);
    expect(contract.findBrokenPromises('PUT', at, replaced)).toEqual([]);
    expect(refusal(await put(draftOf({ version: 2 })))).toEqual({ status: 422, paths: ['version'] });
    expect((await service.post('head', `${at}/retire`, {})).body).toMatchObject({
      status: 409,
      state: 'draft',
      allowed: ['replace', 'publish'],
    });

    expect((await service.post('head', `${at}/publish`, {})).body.status).toBe('published');
    expect(await put(draftOf({}))).toMatchObject({
      status: 409,
      body: { code: 'transition-not-allowed', state: 'published', allowed: ['retire'] },
    });
    expect((await service.post('head', `${at}/publish`, {})).status).toBe(409);
    expect((await evaluate('local-htn', { patient, visit: visit('2026-03-02') })).body.protocol).toEqual({
      id: 'local-htn',
      version: 1,
      status: 'published',
    });

    await service.post('office', '/v1/protocols', draftOf({ version: 2 }));
    expect((await service.get('gp', '/v1/protocols/local-htn')).body.version).toBe(1);
    await service.post('office', '/v1/protocols/local-htn/versions/2/publish', {});
    expect((await service.get('gp', '/v1/protocols/local-htn')).body.version).toBe(2);
    expect((await service.get('gp', '/v1/protocols/local-htn?version=1')).body).toMatchObject({ version: 1, title: { en: 'Local' } });

    const retired = await service.post('office', `${at}/retire`, {});
    expect(retired.body).toMatchObject({ status: 'retired', retiredAt: expect.any(String) });
    const { rows } = await sql<{ action: string }>`select action from audit where target_id = 'local-htn/1' order by id`.execute(
      service.db,
    );
    expect(rows.map(({ action }) => action)).toEqual(['protocol.upload', 'protocol.replace', 'protocol.publish', 'protocol.retire']);
  });

  test('the database itself keeps what is published', async () => {
    const refused = async (statement: string) => {
      const outcome = await service.pool.query(statement).then(
        () => 'done',
        (error: { code: string }) => error.code,
      );
      expect(outcome, statement).toBe('23001');
    };
    await refused(`update protocol set document = jsonb_set(document, '{disease}', '"other"') where id = 'htn-2017'`);
    await refused(`update protocol set status = 'draft', published_at = null where id = 'htn-2017'`);
    await refused(`update protocol set published_at = now() where id = 'htn-2017'`);
    await refused(`update protocol set id = 'htn-2018' where id = 'htn-2017'`);
    await refused(`delete from protocol where id = 'htn-2017'`);
    await refused('truncate protocol');
    await refused(`update calendar_year set document = document where year = 2026`);
    await refused('delete from risk_model');
  });

  test('only those who answer for the rules upload and publish them', async () => {
    for (const account of ['gp', 'nurse', 'specialist', 'driver', 'auditor', 'gateway'])
      for (const path of ['/v1/protocols', '/v1/protocols/htn-2017/versions/1/publish', '/v1/protocols/htn-2017/versions/1/retire'])
        expect((await service.post(account, path, {})).status, `${account} ${path}`).toBe(403);
  });

  test('a document that is not a protocol, or has flaws, is refused with every place', async () => {
    const [first, ...others] = draftOf({}).rules;
    const document = draftOf({ rules: [{ ...first, source: 'hearsay' }, ...others] });
    expect(refusal(await service.post('office', '/v1/protocols', document))).toEqual({ status: 422, paths: ['rules.0.source'] });
    expect(refusal(await service.post('office', '/v1/protocols', { ...document, rules: [{ ...first, source: undefined }] }))).toEqual({
      status: 422,
      paths: ['rules.0.source'],
    });
    expect(refusal(await service.post('office', '/v1/protocols', { ...draftOf({}), threshold: 140 }))).toEqual({
      status: 422,
      paths: ['threshold'],
    });
  });
});
