/** A referral down to the centre: its acceptance asks for a first follow-up, whose result goes back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newResident } from '../../support/builders/facts.ts';
import { newReferral } from '../../support/builders/referrals.ts';
import { expectAgreement } from '../../support/oracles/agreement.ts';
import { bodyOf } from '../../support/oracles/transition-table.ts';
import { type Answer, type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const HOUR = 3_600_000;

const act = (account: string, id: string, trigger: string, body: unknown = bodyOf(trigger)): Promise<Answer> =>
  service.post(account, `/v1/referrals/${id}/${trigger}`, body);

describe('a down referral: acceptance asks the centre for a first follow-up within 72 hours, whose result goes back and is reviewed', () => {
  interface Item {
    event: string;
    actor: { institutionId?: string };
    from: string | null;
    to: string | null;
    happenedAt: string;
    note: string | null;
    because: { clause: string }[];
  }
  const courses: [what: string, after: string, rungs: [string, number][]][] = [
    [
      'in time',
      'PT71H',
      [
        ['rung-50', 36],
        ['rung-80', 57.6],
      ],
    ],
    [
      'late',
      'PT73H',
      [
        ['rung-50', 36],
        ['rung-80', 57.6],
        ['rung-100', 72],
      ],
    ],
  ];
  const indicators = async () => {
    const monthIn = (days: number) => new Date(Date.now() + (8 + 24 * days) * HOUR).toISOString().slice(0, 7);
    const { body } = await service.get('office', `/v1/indicators?institutionId=inst-c01&from=${monthIn(0)}&to=${monthIn(31)}`);
    const sum = { kept: 0, decided: 0 };
    for (const { received } of body.items) {
      sum.kept += received.firstFollowUps.kept;
      sum.decided += received.firstFollowUps.decided;
    }
    return sum;
  };

  test.each(courses)('%s', async (what, after, rungs) => {
    const { overrideReason: _, ...form } = await newReferral(service, {
      direction: 'down',
      toInstitutionId: 'inst-c01',
      patientId: await newResident(service),
    });
    expect((await service.post('specialist', '/v1/referrals', form)).body.errors[0].path).toBe('managementPlan');
    const counted = await indicators();
    const { body: sent } = await service.post('specialist', '/v1/referrals', { ...form, managementPlan: '每周测血压，继续服药' });
    expect(sent.clocks[0]).toMatchObject({ owner: { institutionId: 'inst-c01', role: 'gp' } });
    const accepted = await act('gp', sent.id, 'send-acceptance');
    expect(accepted.body.clocks).toMatchObject([
      { name: 'first-follow-up', budgetSeconds: 259_200, owner: { institutionId: 'inst-c01', role: 'gp' } },
    ]);
    await service.fastForward(sent.id, after);

    const { body: list } = await service.get('gp', '/v1/worklist?limit=200');
    const task = list.items.find((item: { pathwayId: string }) => item.pathwayId === sent.id);
    expect(task).toMatchObject({ name: 'first-follow-up', overdue: what === 'late' });
    const overdue = async () =>
      (await service.get('gp', `/v1/referrals?overdue=true&patientId=${form.patientId}`)).body.items.map(({ id }: { id: string }) => id);
    const { body: waiting } = await service.get('gp', `/v1/referrals/${sent.id}`);
    const [clock] = waiting.clocks;
    expect(Date.parse(waiting.now) > Date.parse(clock.dueAt)).toBe(what === 'late');
    expect(clock.rungs.filter(({ firedAt }: { firedAt: string | null }) => firedAt !== null)).toHaveLength(rungs.length);
    expect(await overdue()).toEqual(what === 'late' ? [sent.id] : []);

    expect((await service.post('gp', `/v1/tasks/${task.id}/complete`, {})).body.errors[0].path).toBe('result');
    const completed = await service.post('gp', `/v1/tasks/${task.id}/complete`, { result: '血压 128/78，按计划随访' });
    expect(completed.body).toMatchObject({ status: 'completed', businessStatus: '7.0', closedAt: null });
    expect(completed.body.clocks).toMatchObject([
      { name: 'review', owner: { institutionId: 'inst-h1', role: 'specialist' }, budgetSeconds: 259_200 },
    ]);
    const { body: hospitals } = await service.get('specialist', '/v1/worklist?limit=200');
    expect(hospitals.items.find((item: { pathwayId: string }) => item.pathwayId === sent.id)).toMatchObject({
      name: 'review-result',
      overdue: false,
    });
    const reviewed = await act('specialist', sent.id, 'review-result');
    expect(reviewed.body).toMatchObject({ reviewedAt: expect.any(String), closedAt: expect.any(String), clocks: [] });

    const items: Item[] = (await service.get('specialist', `/v1/referrals/${sent.id}/timeline`)).body.items;
    const acceptedAt = Date.parse(items.find(({ event }) => event === 'send-acceptance')?.happenedAt as string);
    const climbed = items.filter(
      ({ event, because }) => event.startsWith('rung') && because[0]?.clause.startsWith('referral/first-follow-up'),
    );
    expect(climbed.map(({ event, happenedAt }) => [event, (Date.parse(happenedAt) - acceptedAt) / HOUR])).toEqual(
      rungs.map(([event, hours]) => [event, expect.closeTo(hours, 2)]),
    );
    expect(
      items
        .filter(({ event }) => !event.startsWith('rung'))
        .map(({ event, actor, from, to, note }) => [event, actor.institutionId, from, to, note]),
    ).toEqual([
      ['create', 'inst-h1', null, 'draft', null],
      ['send-referral-package', 'inst-h1', 'draft', 'received', null],
      ['send-acceptance', 'inst-c01', 'received', 'accepted', null],
      ['send-outcome', 'inst-c01', 'accepted', 'completed', '血压 128/78，按计划随访'],
      ['review-result', 'inst-h1', 'completed', 'completed', null],
    ]);
    expect(await indicators()).toEqual({ kept: counted.kept + (what === 'late' ? 0 : 1), decided: counted.decided + 1 });
    await expectAgreement(service, sent.id);
  });
});
