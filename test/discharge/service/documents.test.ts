/** The rules, templates and scores of discharge as documents: uploaded, checked, published, and kept by each episode as they were when it began. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { loadShippedDischargeDocuments } from '../../../db/discharge/shipped-rules.ts';
import { beginEpisode, tellStanding } from '../../../db/discharge/tell-episodes.ts';
import { inTransaction } from '../../../db/kit/transaction.ts';
import type { DischargeRules } from '../../../domain/discharge/rules.ts';
import type { VisitStanding } from '../../../domain/discharge/standing.ts';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import { standingOf } from '../../support/builders/episodes.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { contractOf } from '../../support/oracles/contract.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const shipped = loadShippedDischargeDocuments();
const at = '/v1/discharge-documents';
const today = () => localDateOf(Date.now());
const tomorrow = () => addDays(today(), 1);

/** The shipped rules in another version, with another number of hours for the briefing. */
const rulesWith = (version: number, briefingHours: number, changes: Partial<DischargeRules> = {}): DischargeRules => ({
  ...shipped.rules,
  version,
  numbers: shipped.rules.numbers.map((number) => (number.id === 'briefing-hours' ? { ...number, value: briefingHours } : number)),
  ...changes,
});

const versionAt = (version: number) => `${at}/discharge-rules/versions/${version}`;
const pathsOf = ({ status, body }: Answer) => ({ status, paths: body.errors?.map(({ path }: { path: string }) => path) });

async function publish(document: DischargeRules): Promise<void> {
  expect((await service.post('office', at, document)).status).toBe(201);
  expect((await service.post('head', `${versionAt(document.version)}/publish`, {})).status).toBe(200);
}

const admittedAt = Date.now() - 3_600_000;
const by = { actor: { personId: 'person-gateway', institutionId: 'inst-h1', role: 'gateway' }, requestId: 'test' };

/** Resolves with the hours within which the briefing of a new episode is due. */
async function beginNew(standing: VisitStanding = standingOf({ admittedAt })): Promise<string> {
  const id = randomUUID();
  const patientId = await newResident(service, 'inst-c01', { birthDate: '1950-05-17' });
  const episode = { pathwayId: id, patientId, hospitalId: 'inst-h1', centreId: 'inst-c01', visitNumber: `V-${id}`, number: 1 };
  const begin = { ...episode, standing, noticedAt: new Date() };
  await inTransaction(service.db, { system: true, part: 'operator' }, (trx) => beginEpisode(trx, begin, by));
  await vi.waitFor(async () => expect((await service.get('nurse-h1', `/v1/episodes/${id}`)).status).toBe(200), {
    timeout: 20_000,
    interval: 50,
  });
  return id;
}

async function briefingHoursOf(id: string): Promise<number> {
  const { body } = await service.get('nurse-h1', `/v1/episodes/${id}`);
  const { dueAt } = body.inStay.find(({ duty }: { duty: string }) => duty === 'briefing');
  return (Date.parse(dueAt) - admittedAt) / 3_600_000;
}

test('the shipped documents are published from the start, and say how much of them waits for a signature', async () => {
  const listed = await service.get('nurse', `${at}?status=published`);
  expect((await contractOf(service.app)).findBrokenPromises('GET', at, listed)).toEqual([]);
  expect(listed.body.items.map(({ id, version }: { id: string; version: number }) => `${id}/${version}`)).toEqual([
    'discharge-rules/1',
    'discharge-templates/1',
    'risk-scores/1',
  ]);
  for (const { id, signOffsPending } of listed.body.items) {
    expect(signOffsPending).toBeGreaterThan(0);
    const { body } = await service.get('gp', `${at}/${id}`);
    expect(Object.values(shipped)).toContainEqual(body.document);
  }
  expect((await service.get('gp', `${at}/discharge-songs`)).status).toBe(404);
  expect((await service.get('gp', `${at}/risk-scores?version=9`)).status).toBe(404);
});

test('a flawed document is refused with the path of each flaw', async () => {
  const [first, second, ...others] = shipped.rules.numbers;
  if (!first || !second) throw new Error('There are no numbers.');
  const flawed = rulesWith(2, 48, { numbers: [{ ...first, source: 'hearsay' }, { ...second, id: 'briefing-weeks' }, ...others] });
  expect(pathsOf(await service.post('office', at, flawed))).toEqual({
    status: 422,
    paths: ['numbers.0.source', 'numbers', 'numbers.1.id'],
  });
  expect(pathsOf(await service.post('office', at, { ...rulesWith(2, 48), weeks: 1 }))).toEqual({ status: 422, paths: ['weeks'] });
  const [template, ...templates] = shipped.templates.templates;
  const unsourced = { ...shipped.templates, version: 2, templates: [{ ...template, source: 'hearsay' }, ...templates] };
  expect(pathsOf(await service.post('office', at, unsourced))).toEqual({ status: 422, paths: ['templates.0.source'] });
  const [score, ...scores] = shipped.scores.scores;
  const levelless = { ...shipped.scores, version: 2, scores: [{ ...score, levels: [] }, ...scores] };
  expect(pathsOf(await service.post('office', at, levelless))).toEqual({ status: 422, paths: ['scores.0.levels'] });
  expect((await service.get('office', at)).body.items).toHaveLength(3);
});

test('draft, replaced, published: an open episode goes on by the old version, a new one by the new one', { timeout: 60_000 }, async () => {
  const old = await beginNew();
  expect(await briefingHoursOf(old)).toBe(48);

  const uploaded = await service.post('office', at, rulesWith(2, 12));
  expect([uploaded.status, uploaded.body.status, uploaded.headers.get('location')]).toEqual([
    201,
    'draft',
    '/v1/discharge-documents/discharge-rules?version=2',
  ]);
  expect((await service.post('office', at, rulesWith(2, 12))).body.code).toBe('already-exists');
  const put = (document: unknown) => service.call('office', 'PUT' as 'POST', versionAt(2), { body: document });
  expect(pathsOf(await put(rulesWith(3, 24)))).toEqual({ status: 422, paths: ['version'] });
  expect((await put(rulesWith(2, 24))).status).toBe(200);
  expect((await service.post('head', `${versionAt(2)}/retire`, {})).body).toMatchObject({
    state: 'draft',
    allowed: ['replace', 'publish'],
  });
  expect(await briefingHoursOf(await beginNew())).toBe(48);

  expect((await service.post('head', `${versionAt(2)}/publish`, {})).body.status).toBe('published');
  expect((await put(rulesWith(2, 48))).body).toMatchObject({ code: 'transition-not-allowed', state: 'published', allowed: ['retire'] });
  expect(await briefingHoursOf(await beginNew())).toBe(24);

  // Every later decision of the open episode is by the version that it began with.
  const { patientId: _, ...body } = { patientId: '', dischargedAt: Date.now() };
  const standing: VisitStanding = { ...standingOf({ admittedAt }), status: 'discharged', disposition: 'home', ...body };
  await inTransaction(service.db, { system: true, part: 'operator' }, (trx) =>
    tellStanding(trx, { pathwayId: old, hospitalId: 'inst-h1', number: 2, standing }, new Date()),
  );
  await deliverAll(service);
  const { body: why } = await service.get('nurse-h1', `/v1/episodes/${old}/why`);
  expect(JSON.stringify(why)).toContain('discharge-rules/1');
  expect(JSON.stringify(why)).not.toContain('discharge-rules/2');

  expect((await service.post('office', `${versionAt(2)}/retire`, {})).body).toMatchObject({ status: 'retired' });
  expect(await briefingHoursOf(await beginNew())).toBe(48);
  expect((await service.post('office', `${versionAt(1)}/retire`, {})).body).toMatchObject({ status: 409, state: 'published', allowed: [] });
  const { rows } = await service.pool.query(`select action from audit where target_id = 'discharge-rules/2' order by id`);
  expect(rows.map(({ action }) => action)).toEqual(['upload', 'replace', 'publish', 'retire'].map((verb) => `discharge-document.${verb}`));
});

test('a version is in force from its date on', { timeout: 60_000 }, async () => {
  await publish(rulesWith(3, 36, { effectiveFrom: tomorrow() }));
  expect((await service.get('gp', `${at}/discharge-rules`)).body.version).toBe(1);
  expect(await briefingHoursOf(await beginNew())).toBe(48);
  await publish(rulesWith(4, 30, { effectiveFrom: today() }));
  expect((await service.get('gp', `${at}/discharge-rules`)).body.version).toBe(4);
  expect(await briefingHoursOf(await beginNew())).toBe(30);
});

test('of two who publish at once one is told that the other was quicker, and of two who retire at once one version stays', {
  timeout: 60_000,
}, async () => {
  expect((await service.post('office', at, { ...shipped.scores, version: 2 })).status).toBe(201);
  const path = (version: number) => `${at}/risk-scores/versions/${version}`;
  const both = await Promise.all(['head', 'office'].map((account) => service.post(account, `${path(2)}/publish`, {})));
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(both.find(({ status }) => status === 409)?.body).toMatchObject({ state: 'published', allowed: ['retire'] });
  const retired = await Promise.all([1, 2].map((version) => service.post('office', `${path(version)}/retire`, {})));
  expect(retired.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test('only those who answer for the rules upload and publish them, and the database itself keeps what is published', async () => {
  for (const account of ['gp', 'nurse', 'specialist', 'auditor', 'gateway'])
    for (const path of [at, `${versionAt(1)}/publish`, `${versionAt(1)}/retire`])
      expect((await service.post(account, path, {})).status, `${account} ${path}`).toBe(403);
  for (const statement of [
    `update discharge_document set document = document || '{"title": {}}' where id = 'discharge-rules' and version = 1`,
    `delete from discharge_document where id = 'discharge-templates'`,
    'truncate discharge_document',
  ])
    await expect(service.pool.query(statement)).rejects.toMatchObject({ code: '23001' });
});
