/** Page after page while others write: no row twice, none skipped. A cursor is good for its list only, and only as it was given. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newReferral } from '../support/builders/referrals.ts';
import { contractOf, createCheckedRequests } from '../support/oracles/contract.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let send: ReturnType<typeof createCheckedRequests>;
beforeAll(async () => {
  service = await startService();
  send = createCheckedRequests(service.app, await contractOf(service.app));
});
afterAll(() => service?.stop());

const tokens = new Map<string, string>();
async function get(account: string, path: string) {
  if (!tokens.has(account)) {
    const { body } = await service.get(account, '/v1/me');
    tokens.set(account, (await service.tokens.issue({ personId: body.id, institutionId: body.institutionId, roles: body.roles })).token);
  }
  return send('GET', path, { headers: { authorization: `Bearer ${tokens.get(account)}` } });
}

const withCursor = (path: string, cursor: string) => `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;

async function allPages(account: string, path: string, between: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | null = null; ; ) {
    const { status, body } = await get(account, cursor === null ? path : withCursor(path, cursor));
    expect(status).toBe(200);
    seen.push(...body.items.map(({ id }: { id: string }) => id));
    if (body.nextCursor === null) return seen;
    expect(body.items.length, 'a page with a next one is full').toBeGreaterThan(0);
    cursor = body.nextCursor;
    await between();
  }
}

const sendReferral = async (): Promise<string> => (await service.post('gp', '/v1/referrals', await newReferral(service))).body.id;
let registered = 0;
const newPatient = () => ({ name: `欧阳翻页${registered++}`, birthDate: '1950-01-01', sex: 'female' });
const registerPatient = async (): Promise<string> => (await service.post('gp', '/v1/patients', newPatient())).body.id;

describe('every row once', () => {
  test('institutions, departments and staff, whatever the length of the pages', async () => {
    for (const list of ['institutions', 'departments', 'staff']) {
      const whole = await allPages('gp', `/v1/${list}?limit=200`);
      expect(new Set(whole).size).toBe(whole.length);
      expect(await allPages('gp', `/v1/${list}?limit=17`)).toEqual(whole);
    }
  });

  test('patients, while others register some', async () => {
    const before = await allPages('gp', '/v1/patients?limit=200');
    const added: string[] = [];
    const seen = await allPages('gp', '/v1/patients?limit=2', async () => added.push(await registerPatient()));
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
    expect(seen.filter((id) => !before.includes(id) && !added.includes(id))).toEqual([]);
  });

  test('referrals, newest first, while others send some and answer some', { timeout: 120_000 }, async () => {
    const before: string[] = [];
    for (let count = 0; count < 4; count++) before.push(...(await Promise.all([sendReferral(), sendReferral(), sendReferral()])));
    const seen = await allPages('gp', '/v1/referrals?limit=2', async () => {
      await Promise.all([sendReferral(), sendReferral(), service.post('specialist', `/v1/referrals/${before.pop()}/send-acceptance`, {})]);
    });
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
    expect(seen).toEqual([...seen].sort().reverse());
  });

  test('messages of the demonstration, while more go out', async () => {
    const before = await allPages('sysadmin', '/v1/demo/outbox?limit=200');
    const seen = await allPages('sysadmin', '/v1/demo/outbox?limit=5', sendReferral);
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
  });

  test('messages that went out in one and the same instant', async () => {
    await service.db.deleteFrom('message').execute();
    const createdAt = new Date();
    const rows = Array.from({ length: 23 }, (_, index) => ({
      key: `same-instant-${index}`,
      template: 'referral-received',
      parameters: '{}',
      recipient_type: 'person' as const,
      recipient_id: 'person-gp',
      channel: 'sms',
      created_at: createdAt,
    }));
    await service.db
      .insertInto('message')
      .values(rows as never)
      .execute();
    const seen = await allPages('sysadmin', '/v1/demo/outbox?limit=4');
    expect([seen.length, new Set(seen).size]).toEqual([23, 23]);
  });
});

describe('the length of a page', () => {
  test('is 50 by default, 200 at most, and the last page says that it is the last', async () => {
    const first = await get('gp', '/v1/staff');
    expect(first.body.items).toHaveLength(50);
    expect(first.body.nextCursor).not.toBeNull();
    expect((await get('gp', '/v1/staff?limit=200')).body.items).toHaveLength(200);
    expect((await get('gp', '/v1/staff?limit=201')).status).toBe(422);
    const whole = await get('gp', '/v1/institutions?limit=43');
    expect([whole.body.items.length, whole.body.nextCursor]).toEqual([43, null]);
    expect((await get('gp', '/v1/referrals?patientId=patient-9999')).body).toEqual({ items: [], nextCursor: null });
  });
});

describe('a cursor that was not given for this list: 422', () => {
  const lists = ['/v1/institutions', '/v1/departments', '/v1/staff', '/v1/patients', '/v1/demo/outbox'];
  const cursorOf = async (path: string): Promise<string> => (await get('gp', `${path}?limit=1`)).body.nextCursor;
  const expectRefused = async (path: string, cursor: string) => {
    const { status, body } = await get('gp', withCursor(path, cursor));
    expect([path, cursor, status, body.errors?.[0]?.path]).toEqual([path, cursor, 422, 'cursor']);
  };

  test('of another list', async () => {
    await service.db
      .insertInto('message')
      .values(
        [1, 2].map((index) => ({
          key: `more-${index}`,
          template: 'referral-received',
          parameters: '{}',
          recipient_type: 'person' as const,
          recipient_id: 'person-gp',
          channel: 'sms',
        })) as never,
      )
      .execute();
    for (const from of lists) {
      const cursor = await cursorOf(from);
      for (const to of [...lists, '/v1/referrals', '/v1/worklist']) if (to !== from) await expectRefused(to, cursor);
      expect((await get('gp', withCursor(from, cursor))).status).toBe(200);
    }
  });

  test('with anything changed, cut off or added', async () => {
    const cursor = await cursorOf('/v1/staff');
    const [place = '', mark = ''] = cursor.split('.');
    const other = Buffer.from(JSON.stringify('person-zz')).toString('base64url');
    for (const changed of [
      `${other}.${mark}`,
      place,
      `.${mark}`,
      `${place}.`,
      `${place}.${mark.slice(1)}`,
      `${cursor}.x`,
      `${cursor}x`,
      cursor.toUpperCase(),
      '.',
      '..',
    ])
      await expectRefused('/v1/staff', changed);
  });

  test('made up to reach the database: numbers too large, years that are none, NUL', async () => {
    const places = [
      '\0',
      { at: '0000-01-01T00:00:00Z', place: [1e300, 0.5, 1e308, -1e308, '\0'] },
      ['0000-01-01T00:00:00Z', '0199a000-0000-7000-8000-000000000000'],
      null,
      [],
      {},
      1,
      true,
      { __proto__: null },
    ];
    for (const place of places) {
      const cursor = Buffer.from(JSON.stringify(place)).toString('base64url');
      for (const path of [...lists, '/v1/referrals', '/v1/worklist']) {
        await expectRefused(path, cursor);
        await expectRefused(path, `${cursor}.AAAAAAAAAAAAAAAA`);
      }
    }
  });
});
