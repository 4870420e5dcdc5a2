/** The link of a patient on the running service: sent, opened with a code, read, spoken by, and over. */
import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { episodesOn } from '../../support/builders/episodes-on-service.ts';
import { newResident } from '../../support/builders/facts.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());
// All calls of the tests come from one address, which may make 30 a minute.
beforeEach(forgetCallers);

async function forgetCallers(): Promise<void> {
  await service.db.deleteFrom('link_caller').execute();
}

const episodes = episodesOn(() => service);

const orders = [
  { kind: 'education', title: '每日称体重', dueOn: '2099-01-01' },
  { kind: 'device', title: '家用制氧机' },
  { kind: 'medicine', title: '华法林', medicine: { dose: '1片qd', quantity: { value: 28, unit: '片' }, longTerm: true } },
  { kind: 'pending-result', title: 'TSH', number: 'L-1' },
  { kind: 'other', title: '复印病历' },
];

const planOf = (linkConsent: string) => ({
  diagnoses: [{ code: 'I50.9', text: '心力衰竭' }],
  procedures: [],
  responsibleClinician: '王医生',
  allergies: [],
  instructions: '低盐饮食',
  riskInputs: {},
  orders: orders.map(({ dueOn: _, ...order }) => order),
  linkConsent,
});

let residents = 0;
const nextPhone = () => `1391000${String(++residents).padStart(4, '0')}`;

interface Discharged {
  id: string;
  patientId: string;
  path: string;
}

async function discharged({ consent = 'patient', ...given }: { consent?: string; contacts?: object[] } = {}): Promise<Discharged> {
  const patientId = await newResident(service, 'inst-c01', { phone: nextPhone(), birthDate: '1950-05-17', ...given });
  const id = await episodes.beginDischarged(patientId);
  const path = `/v1/episodes/${id}`;
  expect((await service.post('nurse-h1', `${path}/record-plan`, planOf(consent))).status).toBe(200);
  return { id, patientId, path };
}

const textsOf = async (pathwayId: string, template: string): Promise<string[]> => {
  const { body } = await service.get('sysadmin', `/v1/demo/outbox?pathwayId=${pathwayId}&limit=200`);
  return body.items.filter((item: { template: string }) => item.template === template).map(({ text }: { text: string }) => text);
};

async function sendLink({ id, path }: Discharged, to: string | number = 'patient'): Promise<{ at: string; token: string; linkId: string }> {
  const { status, body } = await service.post('nurse', `${path}/send-link`, { to });
  expect([status, status === 200 ? '' : body]).toEqual([200, '']);
  const [text = ''] = await textsOf(id, 'discharge-link');
  const token = /\/([A-Za-z0-9_-]{22})$/.exec(text)?.[1] ?? '';
  expect(token).toHaveLength(22);
  return { at: `/v1/links/${token}`, token, linkId: body.links.at(-1).id };
}

async function codeOf({ id }: Discharged, at: string): Promise<string> {
  expect((await service.post('', `${at}/codes`, {}, { key: null })).status).toBe(202);
  const [text = ''] = await textsOf(id, 'discharge-link-code');
  const codes = text.match(/(?<!\d)\d{6}(?!\d)/g) ?? [];
  expect(codes).toHaveLength(1);
  return String(codes[0]);
}

const signIn = (at: string, code: string, birthYear = 1950): Promise<Answer> =>
  service.post('', `${at}/sessions`, { code, birthYear }, { key: null });

async function open(episode: Discharged, at: string): Promise<Record<string, string>> {
  const { status, body } = await signIn(at, await codeOf(episode, at));
  expect([status, Object.keys(body).sort()]).toEqual([201, ['expiresAt', 'session']]);
  return { authorization: `Link ${body.session}` };
}

const read = (at: string, headers: Record<string, string>): Promise<Answer> => service.call('', 'GET', `${at}/orders`, { headers });
const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

test('a link is opened by the code that goes to its number and shows what was arranged, and no more', { timeout: 60_000 }, async () => {
  const episode = await discharged();
  const { at } = await sendLink(episode);
  const { body } = await service.get('gp', episode.path);
  expect(body.links).toMatchObject([{ to: 'patient' }]);
  const headers = await open(episode, at);
  const shown = await read(at, headers);
  expect(shown).toMatchObject({ status: 200, body: { centre: { name: expect.any(String), phone: expect.any(String) } } });
  expect(shown.body.name).toMatch(/^.\*\*$/);
  expect(shown.headers.get('cache-control')).toBe('no-store');
  expect(shown.headers.get('referrer-policy')).toBe('no-referrer');
  expect(shown.body.items).toHaveLength(orders.length);
  expect(shown.body.items[0]).toEqual({
    id: expect.any(String),
    title: '每日称体重',
    dueOn: expect.any(String),
    place: expect.any(String),
    state: 'waiting',
    reported: false,
  });
  expect(JSON.stringify(shown.body)).not.toMatch(/心力衰竭|I50|王医生/);
});

test('without consent there is no link, and to the family only with theirs', { timeout: 60_000 }, async () => {
  const contacts = [{ name: '李四', relation: '女儿', phone: '13910009999' }];
  const none = await discharged({ consent: 'none' });
  expect((await service.post('nurse', `${none.path}/send-link`, { to: 'patient' })).body).toMatchObject({ code: 'no-link-consent' });
  const patientOnly = await discharged({ contacts });
  expect((await service.post('nurse', `${patientOnly.path}/send-link`, { to: 0 })).body).toMatchObject({ code: 'no-link-consent' });
  const family = await discharged({ consent: 'patient-and-family', contacts });
  expect((await service.post('nurse', `${family.path}/send-link`, { to: 1 })).body).toMatchObject({ errors: [{ path: 'to' }] });
  const { at } = await sendLink(family, 0);
  expect(await read(at, await open(family, at))).toMatchObject({ status: 200, body: { name: expect.stringMatching(/^.\*\*$/) } });
});

test('a code works once; the fifth wrong one voids it and the twentieth the link, however they are tried', {
  timeout: 60_000,
}, async () => {
  const episode = await discharged();
  const { at } = await sendLink(episode);
  const used = await codeOf(episode, at);
  expect([(await signIn(at, used, 1951)).body.code, (await signIn(at, used)).status]).toEqual(['wrong-code', 201]);
  expect((await signIn(at, used)).body).toMatchObject({ status: 401, code: 'wrong-code' });
  const code = await codeOf(episode, at);
  const tried = await Promise.all(Array.from({ length: 5 }, () => signIn(at, wrong(code))));
  expect(tried.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  expect((await signIn(at, code)).status).toBe(401);
  await forgetCallers();
  await Promise.all(Array.from({ length: 12 }, () => signIn(at, '000000')));
  expect((await signIn(at, '000000')).status).toBe(404);
  expect((await service.post('', `${at}/codes`, {}, { key: null })).status).toBe(404);
  expect((await service.get('nurse', episode.path)).body.links).toEqual([]);
});

test('three codes an hour and ten a day by the clock of the pathway, each for ten minutes; a newer one replaces the older', {
  timeout: 90_000,
}, async () => {
  const episode = await discharged();
  const { at } = await sendLink(episode);
  const ask = () => service.post('', `${at}/codes`, {}, { key: null });
  const [first, second] = [await codeOf(episode, at), await codeOf(episode, at)];
  expect((await signIn(at, first)).status).toBe(401);
  await ask();
  const refused = await ask();
  expect([refused.status, refused.body.code, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, 'too-many-requests', true]);
  expect((await signIn(at, second)).status).toBe(401);
  for (const asked of [3, 3, 1]) {
    await service.fastForward(episode.id, 'PT61M');
    await forgetCallers();
    for (let n = 0; n < asked; n++) expect((await ask()).status).toBe(202);
  }
  expect((await ask()).status).toBe(429);
  await service.fastForward(episode.id, 'P1D');
  const code = await codeOf(episode, at);
  await service.fastForward(episode.id, 'PT11M');
  expect((await signIn(at, code)).status).toBe(401);
});

test('a session ends after half an hour and opens no other link; a link ends after 30 days, by being revoked, with a discharge that is taken back, a death and another number', {
  timeout: 120_000,
}, async () => {
  const [episode, other] = [await discharged(), await discharged()];
  const [{ at, linkId }, { at: otherAt }] = [await sendLink(episode), await sendLink(other)];
  const headers = await open(episode, at);
  expect([(await read(otherAt, headers)).status, (await read(at, {})).status]).toEqual([401, 401]);
  expect((await read(`/v1/links/${'A'.repeat(22)}`, headers)).status).toBe(404);
  await service.fastForward(episode.id, 'PT31M');
  expect((await read(at, headers)).body).toMatchObject({ status: 401, code: 'not-authenticated' });
  const again = await open(episode, at);
  expect((await service.post('nurse', `${episode.path}/revoke-link`, { linkId })).body).toMatchObject({ links: [] });
  expect((await read(at, again)).status).toBe(404);

  const { at: second } = await sendLink(episode);
  const inSecond = await open(episode, second);
  await episodes.tell(episode.id, 3, episodes.admittedNow());
  expect((await read(second, inSecond)).status).toBe(404);

  await service.pool.query(`update patient set phone = '13910008888', version = version + 1 where id = $1`, [other.patientId]);
  expect((await service.post('', `${otherAt}/codes`, {}, { key: null })).status).toBe(404);
  const { at: renewed } = await sendLink(other);
  expect((await service.get('nurse', other.path)).body.links).toHaveLength(1);
  await service.fastForward(other.id, 'P30D');
  await forgetCallers();
  expect((await service.post('', `${renewed}/codes`, {}, { key: null })).status).toBe(404);

  const third = await discharged();
  const { at: ofThird } = await sendLink(third);
  await service.pool.query('update patient set deceased_at = now() where id = $1', [third.patientId]);
  expect((await service.post('', `${ofThird}/codes`, {}, { key: null })).status).toBe(404);
});

test('thirty calls a minute from one address, whichever link they try', { timeout: 60_000 }, async () => {
  const episode = await discharged();
  const { at } = await sendLink(episode);
  const statuses = new Set<number>();
  for (let n = 0; n < 30; n++)
    statuses.add((await service.post('', `/v1/links/${String(n).padStart(22, 'x')}/codes`, {}, { key: null })).status);
  expect([...statuses]).toEqual([404]);
  const refused = await read(at, {});
  expect([refused.status, refused.body.code, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, 'too-many-requests', true]);
});

test('what is said by a link reaches whoever it concerns: done, stopped, unwell, call me', { timeout: 90_000 }, async () => {
  const episode = await discharged();
  const { at } = await sendLink(episode);
  const headers = await open(episode, at);
  const { body: shown } = await read(at, headers);
  const [education, device, medicine, result, other] = shown.items.map(({ id }: { id: string }) => id);
  const say = (path: string, body: object) => service.call('', 'POST', `${at}/${path}`, { body, headers });
  for (const id of [education, device, other]) expect((await say(`orders/${id}/report`, { done: true })).status).toBe(200);
  expect((await say(`orders/${randomUUID()}/report`, { done: true })).status).toBe(404);
  expect((await say(`orders/${education}/report`, { done: true })).body).toMatchObject({ code: 'order-closed' });
  expect((await say(`orders/${medicine}/stopped`, { reason: 'cost' })).status).toBe(200);
  expect((await say(`orders/${result}/stopped`, { reason: 'cost' })).status).toBe(422);
  expect((await say(`orders/${medicine}/stopped`, { reason: 'none' })).status).toBe(422);
  const { body: told } = await service.get('gp', episode.path);
  const stateOf = (id: string) => told.orders.find((order: { id: string }) => order.id === id);
  expect([education, device, other, medicine].map((id) => [stateOf(id).state, stateOf(id).reported.at(-1).said])).toEqual([
    ['closed', 'done'],
    ['closed', 'done'],
    ['review', 'done'],
    ['in-conversation', 'stopped'],
  ]);
  expect(told.conversations).toMatchObject([{ orderId: medicine, reason: 'cost' }]);
  expect(told.duties.find(({ duty }: { duty: string }) => duty === 'contact')).toMatchObject({ state: 'done' });

  expect((await say('symptoms', { symptoms: ['chest-pain'] })).body.advice).toContain('120');
  expect((await say('symptoms', { symptoms: [] })).status).toBe(422);
  expect((await service.get('gp', episode.path)).body.triages).toMatchObject([{ level: 'emergency' }]);

  expect([(await say('call-me', {})).status, (await say('call-me', {})).status, (await say('call-me', {})).status]).toEqual([
    200, 200, 429,
  ]);
  const { body: list } = await service.get('nurse', `/v1/worklist?kind=call-back&patientId=${episode.patientId}`);
  expect(list.items).toHaveLength(2);
  const [{ id: taskId }] = list.items;
  expect((await service.post('nurse', `/v1/tasks/${taskId}/claim`, {})).status).toBe(200);
  expect((await service.post('nurse', `/v1/tasks/${taskId}/complete`, {})).body).toMatchObject({ errors: [{ path: 'note' }] });
  expect((await service.post('nurse', `/v1/tasks/${taskId}/complete`, { note: '已回电' })).status).toBe(200);
  const { body: timeline } = await service.get('nurse', `${episode.path}/timeline`);
  expect(timeline.items.map(({ event }: { event: string }) => event)).toEqual(
    expect.arrayContaining(['send-link', 'link-report', 'link-stopped', 'link-symptoms', 'link-call-me', 'call-back-done']),
  );
});

test('a link that has reached somebody else ends without a session, and its number is called for nothing any more', {
  timeout: 60_000,
}, async () => {
  const episode = await discharged();
  const { at } = await sendLink(episode);
  expect((await service.post('', `${at}/not-me`, {})).status).toBe(200);
  expect((await service.post('', `${at}/codes`, {}, { key: null })).status).toBe(404);
  const { rows } = await service.pool.query('select phone_key = wrong_phone_key as wrong from patient where id = $1', [episode.patientId]);
  expect(rows).toEqual([{ wrong: true }]);
  const { body } = await service.get('nurse', episode.path);
  expect([body.links, body.contact.attempts.map(({ outcome }: { outcome: string }) => outcome)]).toEqual([[], ['wrong-number']]);
  expect((await service.post('nurse', `${episode.path}/send-link`, { to: 'patient' })).body).toMatchObject({ errors: [{ path: 'to' }] });
});

/** As a browser does: forms of our own page, the cookie kept. */
function browse(token: string) {
  const at = `/l/${token}`;
  let cookie = '';
  const ask = async (method: string, path: string, fields?: Record<string, string>, headers: Record<string, string> = {}) => {
    const answer = await service.app.request(`${at}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        cookie,
        ...(fields ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } : {}),
        ...headers,
      },
      ...(fields ? { body: new URLSearchParams(fields).toString() } : {}),
    });
    const kept = answer.headers.get('set-cookie');
    if (kept) cookie = kept.split(';')[0] ?? '';
    return { status: answer.status, text: await answer.text(), headers: answer.headers, kept };
  };
  return {
    see: (path = '') => ask('GET', path),
    send: (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) => ask('POST', path, fields, headers),
  };
}

/** So that a person can look at what a patient looks at: the folder in CAREPATH_TEST_PAGES gets the pages. */
async function keepPage(name: string, text: string): Promise<void> {
  const folder = process.env.CAREPATH_TEST_PAGES;
  if (folder) await writeFile(join(folder, `${name}.html`), text);
}

test('the page of a link works without script and account: a code, what was arranged, done, stopped, unwell, a call', {
  timeout: 60_000,
}, async () => {
  const episode = await discharged();
  const { token, at } = await sendLink(episode);
  const page = browse(token);
  const before = await page.see();
  await keepPage('sign-in', before.text);
  expect(before).toMatchObject({ status: 200, text: expect.stringContaining('发送验证码') });
  expect(before.text).not.toMatch(/<script|心力衰竭|体重/);
  expect((await page.send('/session', { code: '12', birthYear: '1950' })).status).toBe(422);
  expect((await page.send('/call-me')).status).toBe(401);
  expect((await page.send('/code')).status).toBe(303);
  const [text = ''] = await textsOf(episode.id, 'discharge-link-code');
  const code = /(?<!\d)\d{6}(?!\d)/.exec(text)?.[0] ?? '';
  const refused = await page.send('/session', { code: wrong(code), birthYear: '1950' });
  await keepPage('wrong-code', refused.text);
  expect(refused).toMatchObject({ status: 401, kept: null });
  const opened = await page.send('/session', { code, birthYear: ' １９５０ ' });
  expect(opened).toMatchObject({ status: 303, kept: expect.stringMatching(/^__Host-[^;]+; .*HttpOnly; Secure; SameSite=Strict$/) });

  const shown = await page.see();
  await keepPage('orders', shown.text);
  expect(shown.text).toMatch(/每日称体重/);
  const waited = (await service.get('gp', episode.path)).body.orders[3];
  expect(shown.text).toContain(waited.title);
  expect(shown.text).not.toContain(`/orders/${waited.id}/`);
  expect(shown.text).not.toMatch(/<script|心力衰竭|I50|王医生/);
  const style = /<style>([\s\S]*?)<\/style>/.exec(shown.text)?.[1] ?? '';
  expect(shown.headers.get('content-security-policy')).toContain(createHash('sha256').update(style).digest('base64'));
  expect([shown.headers.get('cache-control'), shown.headers.get('referrer-policy')]).toEqual(['no-store', 'no-referrer']);

  const [education, , medicine] = (await service.get('gp', episode.path)).body.orders;
  expect((await page.send(`/orders/${education.id}/done`, { key: 'one' })).status).toBe(303);
  expect((await page.send(`/orders/${medicine.id}/stopped`, { key: 'two', reason: 'cost' })).status).toBe(303);
  const asked = await page.send('/call-me', { key: 'three' });
  expect(asked.headers.get('location')).toBe(`/l/${token}?said=called`);
  const advice = await page.send('/symptoms', { key: 'four', symptom: 'chest-pain' });
  await keepPage('emergency', advice.text);
  expect(advice).toMatchObject({ status: 200, text: expect.stringContaining('tel:120') });
  await keepPage('orders-after', (await page.see('?said=called')).text);
  const { body } = await service.get('gp', episode.path);
  expect(body.orders[0]).toMatchObject({ outcome: 'done' });
  expect([body.conversations.length, body.triages[0].level]).toEqual([1, 'emergency']);
  expect(at).toContain(token);
});

test('what another page sends is not taken; somebody who got it by mistake says so without a session, and the link is over', {
  timeout: 60_000,
}, async () => {
  const { token } = await sendLink(await discharged());
  const page = browse(token);
  for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }])
    expect((await page.send('/not-me', {}, headers)).status).toBe(403);
  const own = { host: 'carepath.example', 'content-type': 'application/x-www-form-urlencoded' };
  const foreign = { method: 'POST', body: 'key=one', headers: { ...own, origin: 'https://elsewhere.example' } };
  expect((await service.app.request(`/l/${token}/not-me`, foreign)).status).toBe(403);
  expect((await service.app.request(`/l/${token}/not-me`, { method: 'POST', body: 'key=one', headers: own })).status).toBe(403);
  const said = await page.send('/not-me', { key: 'one' });
  await keepPage('not-me', said.text);
  expect(said.status).toBe(200);
  const over = await page.see();
  await keepPage('over', over.text);
  expect(over).toMatchObject({ status: 404, text: expect.stringContaining('打不开') });
  expect((await browse('A'.repeat(22)).see()).status).toBe(404);
});
