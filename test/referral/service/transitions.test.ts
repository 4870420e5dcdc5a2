/** The published table through the service: each trigger once. test/referral/rules/transitions.test.ts goes through all of it on the decider. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newReferral } from '../../support/builders/referrals.ts';
import {
  accountOf,
  actors,
  bodyOf,
  findLegalRow,
  findShortestWay,
  type Row,
  rows,
  triggers,
} from '../../support/oracles/transition-table.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

async function referralIn(state: string): Promise<{ id: string; version: number }> {
  const created = await service.post('gp', '/v1/referrals', await newReferral(service, { draft: true }));
  expect(created.status).toBe(201);
  let { id, version } = created.body;
  for (const { actor, trigger } of findShortestWay(state)) {
    const answer = await service.post(accountOf(actor), `/v1/referrals/${id}/${trigger}`, bodyOf(trigger));
    expect(answer.status, `${trigger} on the way to ${state}`).toBe(200);
    version = answer.body.version;
  }
  return { id, version };
}

const shown = (state: string, businessStatus: string) => ({ status: state.split('/')[0], businessStatus });

/** The first row of each trigger. */
const oneOfEach = triggers.map((trigger) => rows.find((row) => row.trigger === trigger) as Row);

/** A draft that nobody else knows of, one that somebody has to answer, one that has ended. */
const kindsOfState = ['draft', 'received', 'completed'];

describe('a row of each trigger leads where the table says', () => {
  test.each(oneOfEach)('row $tid: $actor $trigger, $from → $to', async ({ actor, trigger, from, to, businessStatus }) => {
    const { id, version } = await referralIn(from);
    const answer = await service.post(accountOf(actor), `/v1/referrals/${id}/${trigger}`, bodyOf(trigger));
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ ...shown(to, businessStatus), version: version + 1 });
    expect(answer.headers.get('etag')).toBe(`"${version + 1}"`);
  });
});

describe('everything else is refused and changes nothing', () => {
  test.each(kindsOfState)('in %s', async (state) => {
    const { id, version } = await referralIn(state);
    const open = await service.get('gp', `/v1/referrals/${id}`);
    for (const actor of actors)
      for (const trigger of triggers) {
        if (findLegalRow(state, actor, trigger)) continue;
        const answer = await service.post(accountOf(actor), `/v1/referrals/${id}/${trigger}`, bodyOf(trigger));
        if (state === 'draft' && actor === 'recipient') {
          expect(answer.body, 'a draft is nobody else’s').toMatchObject({ status: 404, code: 'not-found' });
          continue;
        }
        const allowed = triggers.filter((name) => findLegalRow(state, actor, name));
        expect(answer.body).toMatchObject({ status: 409, code: 'transition-not-allowed', state });
        expect(answer.body.allowed.filter((name: string) => triggers.includes(name)).sort()).toEqual(allowed.sort());
      }
    const after = await service.get('gp', `/v1/referrals/${id}`);
    expect({ ...after.body, now: null, clocks: null }).toEqual({ ...open.body, now: null, clocks: null });
    expect(after.body.version).toBe(version);
  });
});
