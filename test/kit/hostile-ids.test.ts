/** Ids of other people's things in path, query and body: no answer tells that they exist, nothing is done to them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newReferral } from '../support/builders/referrals.ts';
import { makeObjects, nowhere, type Objects } from '../support/oracles/access.ts';
import { contentsOf } from '../support/oracles/contents.ts';
import { type Contract, contractOf } from '../support/oracles/contract.ts';
import { type Answer, type Service, startService } from '../support/service/service.ts';

let service: Service;
let contract: Contract;
/** of inst-c01 and inst-h1; gp2 is at inst-c02, specialist2 at inst-h2 */
let theirs: Objects;
let draftId: string;
let before: Record<string, string>;

beforeAll(async () => {
  service = await startService();
  contract = await contractOf(service.app);
  theirs = await makeObjects(service);
  draftId = (await service.post('gp', '/v1/referrals', await newReferral(service, { draft: true }))).body.id;
  before = await contentsOf(service.db);
});
afterAll(() => service?.stop());

async function post(account: string, path: string, body: unknown): Promise<Answer> {
  const answer = await service.post(account, path, body, { headers: { 'x-request-id': 'the-same-request' } });
  expect(contract.findBrokenPromises('POST', path, answer)).toEqual([]);
  return answer;
}

const itemsOf = async (account: string, path: string): Promise<{ id: string; patientId?: string; pathwayId?: string }[]> => {
  const { status, body } = await service.get(account, path);
  expect(status).toBe(200);
  return body.items;
};

describe('in the path', () => {
  test('a draft is nobody else’s: neither the hospital it is for nor the office or the auditor sees it', async () => {
    for (const account of ['specialist', 'desk', 'head', 'office', 'auditor', 'gp2']) {
      for (const part of ['', '/timeline', '/why'])
        expect((await service.get(account, `/v1/referrals/${draftId}${part}`)).status).toBe(404);
      expect((await itemsOf(account, '/v1/referrals?limit=200').catch(() => [])).map(({ id }) => id)).not.toContain(draftId);
    }
    expect((await itemsOf('gp', '/v1/referrals')).map(({ id }) => id)).toContain(draftId);
  });

  test('what became of a command is told to whoever gave it, not to a colleague', async () => {
    expect((await service.get('gp', `/v1/commands/${theirs.commandId}`)).status).toBe(200);
    for (const account of ['nurse', 'specialist', 'head', 'office', 'sysadmin', 'auditor'])
      expect((await service.get(account, `/v1/commands/${theirs.commandId}`)).status).toBe(404);
  });
});

describe('in the query: a list never shows more than its caller sees', () => {
  test.each([
    'institutionId=inst-c01',
    'institutionId=inst-h1',
    () => `patientId=${theirs.patientId}`,
    'status=received',
    'direction=up',
    'overdue=false',
  ])('referrals %s', async (query) => {
    const filter = typeof query === 'function' ? query() : query;
    for (const account of ['gp2', 'specialist2']) expect(await itemsOf(account, `/v1/referrals?${filter}`)).toEqual([]);
    expect((await itemsOf('gp', `/v1/referrals?${filter}`)).map(({ id }) => id)).toContain(theirs.referralId);
  });

  test('patients of another centre are found by neither name, nor number, nor local id', async () => {
    const { name, phone } = await service.db
      .selectFrom('patient')
      .select(['name', 'phone'])
      .where('id', '=', theirs.patientId)
      .executeTakeFirstOrThrow();
    const local = await service.db
      .selectFrom('patient_local_id')
      .select('value')
      .where('patient_id', '=', theirs.patientId)
      .executeTakeFirst();
    for (const query of [name, phone?.slice(-6), local?.value]) {
      if (!query) continue;
      const path = `/v1/patients?limit=200&query=${encodeURIComponent(query)}`;
      expect((await itemsOf('gp2', path)).map(({ id }) => id)).not.toContain(theirs.patientId);
      expect((await itemsOf('gp', path)).map(({ id }) => id)).toContain(theirs.patientId);
    }
  });

  test('the worklist of another institution shows nothing of it', async () => {
    for (const account of ['gp2', 'specialist2', 'multipost'])
      expect((await itemsOf(account, '/v1/worklist')).map(({ pathwayId }) => pathwayId)).not.toContain(theirs.referralId);
    expect((await itemsOf('specialist', '/v1/worklist')).map(({ pathwayId }) => pathwayId)).toContain(theirs.referralId);
  });
});

describe('in the body', () => {
  test('a patient of another centre is refused exactly like one that does not exist', async () => {
    const body = await newReferral(service);
    const [another, none] = [
      await post('gp2', '/v1/referrals', { ...body, patientId: theirs.patientId }),
      await post('gp2', '/v1/referrals', { ...body, patientId: 'patient-9999' }),
    ];
    expect(another.status).toBe(422);
    expect(another.body).toEqual(none.body);
  });

  test('a department of another institution is refused exactly like one that does not exist', async () => {
    const body = await newReferral(service, { toInstitutionId: 'inst-h1' });
    const [another, none] = [
      await post('gp', '/v1/referrals', { ...body, toDepartmentId: 'dept-h2-cardiology' }),
      await post('gp', '/v1/referrals', { ...body, toDepartmentId: 'dept-none' }),
    ];
    expect(another.status).toBe(422);
    expect(another.body).toEqual(none.body);
  });

  test('residents are registered at one’s own centre only', async () => {
    const patient = { name: '赵𬱖', birthDate: '1944-02-29', sex: 'male' };
    for (const homeInstitutionId of ['inst-c02', 'inst-h1', 'inst-none'])
      expect((await post('gp', '/v1/patients', { ...patient, homeInstitutionId })).status).toBe(422);
  });

  test('nobody signs in at an institution where they hold no post, and the answer does not say why', async () => {
    const elsewhere = await post('', '/v1/sessions', { username: 'gp', password: 'carepath-demo', institutionId: 'inst-h1' });
    const nobody = await post('', '/v1/sessions', { username: 'nobody-of-that-name', password: 'carepath-demo' });
    expect([elsewhere.status, elsewhere.body.code]).toEqual([401, 'wrong-credentials']);
    expect(elsewhere.body).toEqual(nobody.body);
  });

  test('a pathway that does not exist cannot be pushed forward', async () => {
    expect((await post('sysadmin', '/v1/demo/fast-forward', { pathwayId: nowhere, duration: 'PT1H' })).status).toBe(422);
  });
});

test('nothing was written by all this', async () => {
  expect(await contentsOf(service.db)).toEqual(before);
});

test('a command for another patient than the referral’s is refused by the pathway: 409', async () => {
  const answer = await post('specialist', `/v1/referrals/${theirs.referralId}/send-acceptance`, { patientId: 'patient-0300' });
  expect([answer.status, answer.body.code]).toEqual([409, 'patient-mismatch']);
});

test('who holds posts at two institutions sees at each only what is there', async () => {
  const at = async (institutionId: string) => {
    const { body } = await service.post(
      '',
      '/v1/sessions',
      { username: 'multipost', password: 'carepath-demo', institutionId },
      { key: null },
    );
    return async (path: string) => (await service.app.request(path, { headers: { authorization: `Bearer ${body.token}` } })).status;
  };
  const [hospital, centre] = [await at('inst-h1'), await at('inst-c03')];
  const path = `/v1/referrals/${theirs.referralId}`;
  expect([await hospital(path), await centre(path)]).toEqual([200, 404]);
});
