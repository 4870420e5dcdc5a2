/** What the alliance has agreed on changes by a draft that a second person publishes, and running processes begin new pathways by it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newReferral } from '../support/builders/referrals.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const hours = (count: number) => count * 3_600;
const answerBudget = async (id: string): Promise<number> => {
  const { body } = await service.get('gp', `/v1/referrals/${id}`);
  return body.clocks.find(({ name }: { name: string }) => name === 'received').budgetSeconds;
};
const sendReferral = async (): Promise<string> => (await service.post('gp', '/v1/referrals', await newReferral(service))).body.id;

async function inForce() {
  const { body } = await service.get('office', '/v1/configurations');
  const newest = body.items.find(({ status }: { status: string }) => status === 'published');
  return (await service.get('office', `/v1/configurations/${newest.version}`)).body;
}

async function draft(account: string, received: number, over: object = {}) {
  const { version, configuration } = await inForce();
  const { referral } = configuration;
  const budgetsSeconds = { ...referral.budgetsSeconds, received: { ...referral.budgetsSeconds.received, routine: received } };
  const content = {
    configuration: { ...configuration, referral: { ...referral, budgetsSeconds, ...over } },
    basedOn: version,
    note: '协议修订',
  };
  return service.post(account, '/v1/configurations', content);
}

test('a draft shows what it changes, a second person publishes it, and pathways that are open keep the old', async () => {
  const before = await sendReferral();
  const made = await draft('office', hours(12));
  expect(made).toMatchObject({ status: 201, body: { version: 2, status: 'draft', basedOn: 1, writtenBy: 'person-office' } });

  const shown = await service.post('office2', '/v1/configurations/2/preview', {});
  expect(shown).toMatchObject({
    status: 200,
    body: {
      changes: [{ path: 'referral.budgetsSeconds.received.routine', before: hours(24), after: hours(12) }],
      flaws: [],
      openPathways: { referral: 1 },
    },
  });

  expect((await service.post('office', '/v1/configurations/2/publish', {})).body.code).toBe('second-person-required');
  expect((await service.post('gp', '/v1/configurations/2/publish', {})).status).toBe(403);
  expect(await service.post('office2', '/v1/configurations/2/publish', {})).toMatchObject({ status: 200, body: { status: 'published' } });
  expect((await service.post('office2', '/v1/configurations/2/publish', {})).body.code).toBe('transition-not-allowed');

  expect([await answerBudget(before), await answerBudget(await sendReferral())]).toEqual([hours(24), hours(12)]);
});

test('a draft that is not based on the newest is refused, when it is written and when it is published', async () => {
  const [one, other] = [await draft('office', hours(10)), await draft('sysadmin', hours(8))];
  expect([one.status, other.status]).toEqual([201, 201]);
  expect((await service.post('office2', `/v1/configurations/${other.body.version}/publish`, {})).status).toBe(200);
  expect((await service.post('office2', `/v1/configurations/${one.body.version}/publish`, {})).body.code).toBe('version-changed');
  const late = { configuration: other.body.configuration, basedOn: one.body.basedOn, note: '迟到' };
  expect((await service.post('office', '/v1/configurations', late)).status).toBe(412);
});

test('of two drafts that are published at once one comes into force', async () => {
  const [one, other] = [await draft('office', hours(20)), await draft('office', hours(21))];
  const answers = await Promise.all(
    [one, other].map(({ body }) => service.post('office2', `/v1/configurations/${body.version}/publish`, {})),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
});

test('a draft with a flaw says where, and never comes into force', async () => {
  const { body } = await draft('office', hours(9), { rungPercents: [80, 50], rerouteInstitutionIds: { up: ['inst-none'], down: [] } });
  const shown = await service.post('office2', `/v1/configurations/${body.version}/preview`, {});
  expect(shown.body.flaws.map(({ path }: { path: string }) => path)).toEqual([
    'referral.rungPercents',
    'referral.rungPercents',
    'referral.rerouteInstitutionIds.up.0',
  ]);
  expect((await service.post('office2', `/v1/configurations/${body.version}/publish`, {})).body.code).toBe('transition-not-allowed');
});
