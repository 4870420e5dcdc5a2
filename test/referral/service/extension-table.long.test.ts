/** The alliance's extensions through the service: each of their triggers, each side and the office, and each fact, in a state of each kind. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deliverAll, listDecidedFacts, newFact, newResident, postFact, referralOf } from '../../support/builders/facts.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { expectAgreement } from '../../support/oracles/agreement.ts';
import {
  type Acting,
  accounts,
  extensionFacts,
  extensionRowOf,
  extensions,
  extensionTriggers,
} from '../../support/oracles/extension-table.ts';
import { accountOf, bodyOf, findShortestWay } from '../../support/oracles/transition-table.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

/** One of each kind: a draft, waiting, under way, ended. test/referral/rules/extensions.test.ts goes through all eleven on the decider. */
const kindsOfState = ['draft', 'received', 'in-progress/5.1.1', 'completed'];

const bodyFor = (trigger: string) => extensions.find((row) => row.trigger === trigger)?.body as object;

async function referralIn(state: string, patientId?: string): Promise<{ id: string; version: number }> {
  const form = await newReferral(service, { draft: true, ...(patientId ? { patientId } : {}) });
  const created = await service.post('gp', '/v1/referrals', form);
  expect(created.status).toBe(201);
  let { id, version } = created.body;
  for (const { actor, trigger } of findShortestWay(state)) {
    const answer = await service.post(accountOf(actor), `/v1/referrals/${id}/${trigger}`, bodyOf(trigger));
    expect(answer.status, `${trigger} on the way to ${state}`).toBe(200);
    version = answer.body.version;
  }
  return { id, version };
}

const statusIn = ({ status, businessStatus }: { status: string; businessStatus: string | null }) =>
  status === 'in-progress' ? `${status}/${businessStatus}` : status;

describe.each(kindsOfState)('in %s', (state) => {
  const legal = extensions.filter(({ from }) => from.includes(state));

  test('what the table allows leads where it says', async () => {
    for (const { trigger, actor, to, body, shows = {} } of legal) {
      const { id, version } = await referralIn(state);
      const answer = await service.post(accounts[actor], `/v1/referrals/${id}/${trigger}`, body);
      expect([answer.status, answer.body], `${actor} ${trigger}`).toMatchObject([200, { version: version + 1, ...shows }]);
      expect(statusIn(answer.body), `${actor} ${trigger}`).toBe(to?.(state) ?? state);
      await expectAgreement(service, id);
    }
  });

  let refusals = 0;
  test('everything else is refused with the state and what is allowed, and changes nothing', async () => {
    const { id, version } = await referralIn(state);
    for (const trigger of extensionTriggers)
      for (const actor of Object.keys(accounts) as Acting[]) {
        if (extensionRowOf(trigger, actor, state)) continue;
        refusals += 1;
        const { status, body } = await service.post(accounts[actor], `/v1/referrals/${id}/${trigger}`, bodyFor(trigger));
        const what = `${actor} ${trigger}`;
        const byRole = (trigger === 'reroute') !== (actor === 'office');
        if (state === 'draft' && actor !== 'initiator') expect([what, status]).toEqual([what, 404]);
        else if (byRole) expect([what, status, body.code]).toEqual([what, 403, 'role-may-not']);
        else {
          expect([what, status, body.code, body.state]).toEqual([what, 409, 'transition-not-allowed', state]);
          const allowed = extensionTriggers.filter((each) => extensionRowOf(each, actor, state));
          expect([what, body.allowed.filter((each: string) => extensionTriggers.includes(each)).sort()]).toEqual([what, allowed.sort()]);
        }
      }
    expect((await service.get('gp', `/v1/referrals/${id}`)).body.version).toBe(version);
    expect(refusals).toBe(extensionTriggers.length * 3 - legal.length);
  });
});

describe.each(['in-progress/5.1.1'])('asked back in %s', (state) => {
  test('a second question is refused; the answer takes the flag away, and is not given twice', async () => {
    const { id } = await referralIn(state);
    const ask = () => service.post('specialist', `/v1/referrals/${id}/request-information`, { question: '?' });
    const answer = () => service.post('gp', `/v1/referrals/${id}/answer-information`, { answer: '已上传' });
    const asked = await ask();
    expect(
      asked.body.clocks.map(({ name, dueAt }: { name: string; dueAt: string | null }) => [name === 'information', dueAt !== null]),
    ).toEqual([
      [false, false],
      [true, true],
    ]);
    expect((await ask()).body).toMatchObject({ status: 409, code: 'transition-not-allowed', state });
    const answered = await answer();
    expect([answered.status, statusIn(answered.body), answered.body.informationRequest]).toEqual([200, state, null]);
    expect(answered.body.clocks.every(({ dueAt }: { dueAt: string | null }) => dueAt !== null)).toBe(true);
    expect((await answer()).body).toMatchObject({ status: 409, code: 'transition-not-allowed', state });
    await expectAgreement(service, id);
  });
});

describe.each(kindsOfState)('a fact in %s', (state) => {
  test('cancels it, changes it or is noted on it, as the table says; what has ended stays as it ended', async () => {
    const survivorPatientId = await newResident(service);
    const cases = await Promise.all(
      extensionFacts.map(async (row) => {
        const patientId = await newResident(service);
        const { id } = await referralIn(state, patientId);
        const before = await referralOf(service, id);
        const merging = row.what === 'merged' ? { survivorPatientId } : {};
        const { status, body } = await postFact(service, newFact({ patientId, type: row.name, ...row.input, ...merging }));
        expect(status).toBe(202);
        return { ...row, patientId, id, before, factId: body.factId };
      }),
    );
    await deliverAll(service);
    for (const { what, id, before, cancels, reason, patientId, factId } of cases) {
      const after = await referralOf(service, id);
      const expected = cancels.includes(state)
        ? { status: 'cancelled', statusReason: reason, patientId }
        : { ...before, patientId: what === 'merged' ? survivorPatientId : patientId };
      expect({ what, ...after }).toEqual({ what, ...expected });
      expect([what, await listDecidedFacts(service, id)]).toEqual([what, [factId]]); // noted, if nothing else
      const pathway = await service.db.selectFrom('pathway').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      const tasks = await service.db
        .selectFrom('task')
        .select('status')
        .where('pathway_id', '=', id)
        .where('status', '=', 'open')
        .execute();
      if (what === 'died') {
        expect(tasks).toEqual([]);
        const again = await service.post('gp', `/v1/referrals/${id}/reopen`, { reason: '误报' });
        expect([again.status, again.body.code]).toEqual([409, 'transition-not-allowed']);
      }
      const takenOver = what === 'moved' && state.startsWith('in-progress');
      expect([what, (pathway.state as { initiator: { institutionId: string } }).initiator.institutionId]).toEqual([
        what,
        takenOver ? 'inst-c02' : 'inst-c01',
      ]);
      if (takenOver) {
        expect((await service.get('gp2', `/v1/referrals/${id}`)).status).toBe(200);
        expect((await service.post('gp', `/v1/referrals/${id}/request-cancellation`, { reason: '?' })).body.code).toBe(
          'not-current-recipient',
        );
      }
      await expectAgreement(service, id);
    }
  });
});
