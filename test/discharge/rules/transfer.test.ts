/** Whoever was sent to another hospital is expected there for two days; then somebody looks for them and what is owed after a discharge begins. */
import { describe, expect, test } from 'vitest';
import type { LaterStay, VisitStanding } from '../../../domain/discharge/standing.ts';
import {
  centreActor,
  dischargedStanding,
  EpisodeLife,
  hospitalActor,
  planInput,
  shanghai,
  standingOf,
} from '../../support/builders/episodes.ts';

const elsewhere = (over: Partial<VisitStanding> = {}) => dischargedStanding({ disposition: 'other-hospital', ...over });
const searchAt = shanghai('2026-10-02 10:00');
const SEARCH = 'find-transferred inst-h1';

function sent(): EpisodeLife {
  const life = EpisodeLife.begun();
  life.command('educate', { understood: 'yes' }, shanghai('2026-09-22 10:00'), hospitalActor());
  life.standing(elsewhere(), shanghai('2026-09-30 10:05'));
  return life;
}

const stateOf = (life: EpisodeLife, duty: string) => life.duty(duty)?.state;
const toPatient = (life: EpisodeLife) =>
  life.happened.flatMap(({ at, messages }) => messages.filter(({ recipients }) => recipients[0]?.to === 'patient').map(() => at));

describe('while an admission elsewhere is expected', () => {
  test('only the plan of the ward is asked for, and the patient hears nothing', () => {
    const life = sent();
    life.runUntil(searchAt - 1);
    expect(life.tasks).toEqual(['record-plan inst-h1']);
    expect(['contact', 'visit', 'reconciliation'].map((duty) => stateOf(life, duty))).toEqual(['waiting', 'waiting', 'waiting']);
    expect(toPatient(life)).toEqual([]);
  });

  test('orders wait too, but a result that has not come does not', () => {
    const life = sent();
    const orders = [
      { id: 'device', given: { kind: 'device', title: '' } },
      { id: 'unclear', given: { kind: 'wound', title: '' } },
      { id: 'result', given: { kind: 'pending-result', title: '', number: 'L-1', expectedOn: '2026-09-30' } },
    ];
    life.command('record-plan', { ...planInput, orders }, shanghai('2026-09-30 11:00'), hospitalActor());
    life.runUntil(searchAt - 1);
    expect([life.tasks, life.state.orders.find(({ id }) => id === 'result')?.status]).toEqual([
      ['order-pending-result inst-h1'],
      'overdue',
    ]);
    life.runUntil(searchAt);
    expect(life.tasks).toEqual(expect.arrayContaining([SEARCH, 'order-device inst-h1', 'review-order inst-h1', 'contact inst-h1']));
  });

  test('the admission on that day or the next ends it, and nobody is looked for', () => {
    const life = sent();
    const stay: LaterStay = {
      episodeId: 'later',
      hospitalId: 'inst-h2',
      admittedAt: searchAt - 20 * 3_600_000,
      planned: false,
      status: 'admitted',
    };
    life.fact('later-stay', { stay }, searchAt - 10 * 3_600_000);
    life.runUntil(shanghai('2026-10-20 10:00'));
    expect([life.state.endReason, life.tasks]).toEqual(['transferred', []]);
  });
});

describe('when nobody has arrived', () => {
  test('after 48 hours the desk has a day to find the patient, the duties start and the patient hears of the visit once', () => {
    const life = sent();
    life.runUntil(searchAt);
    const clock = life.state.clocks.find(({ task }) => task === 'find-transferred');
    expect([clock?.owner, clock?.clock.budgetMs]).toEqual([{ side: 'hospital', role: 'desk' }, 24 * 3_600_000]);
    expect(['contact', 'visit', 'reconciliation', 'closing-contact'].map((duty) => stateOf(life, duty))).toEqual([
      'open',
      'open',
      'open',
      'waiting',
    ]);
    expect(life.duty('contact')?.dueOn).toBe('2026-10-05');
    life.runUntil(shanghai('2026-10-20 10:00'));
    expect(toPatient(life)).toEqual([searchAt]);
    expect(life.happened.filter(({ name }) => name === 'transfer-overdue')).toHaveLength(1);
  });

  test('a note finishes the search, also after the patient was lost', () => {
    const life = sent();
    life.runUntil(searchAt);
    life.command('withdraw', {}, searchAt + 60_000, centreActor('gp'));
    expect(life.tasks).toEqual([SEARCH]);
    const [search] = life.state.clocks;
    life.command('finish-task', { taskId: search?.clock.id }, searchAt + 120_000, hospitalActor('desk'));
    expect(life.tasks).toEqual([]);
  });

  test('an admission that is told late withdraws the search; taken back, the search is there again', () => {
    const life = sent();
    life.runUntil(searchAt);
    const stay: LaterStay = {
      episodeId: 'later',
      hospitalId: 'inst-h2',
      admittedAt: shanghai('2026-10-01 08:00'),
      planned: false,
      status: 'admitted',
    };
    life.fact('later-stay', { stay }, searchAt + 3_600_000);
    expect([life.state.endReason, life.tasks]).toEqual(['transferred', []]);
    life.fact('later-stay', { stay: null }, searchAt + 2 * 3_600_000);
    expect([life.state.status, life.tasks.includes(SEARCH)]).toEqual(['discharged', true]);
  });
});

describe('corrected', () => {
  test('at home after all: what is owed begins at once and nobody is looked for', () => {
    const life = sent();
    life.standing(dischargedStanding(), shanghai('2026-10-01 10:00'));
    expect([stateOf(life, 'contact'), stateOf(life, 'visit')]).toEqual(['open', 'open']);
    life.runUntil(searchAt + 3_600_000);
    expect(life.tasks).not.toContain(SEARCH);
    const late = sent();
    late.runUntil(searchAt);
    late.standing(dischargedStanding(), searchAt + 3_600_000);
    expect([late.tasks.includes(SEARCH), late.state.transfer]).toEqual([false, null]);
  });

  test('sent elsewhere after all: what was asked for waits, and each wait has steps of its own', () => {
    const life = EpisodeLife.begun();
    life.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
    life.standing(elsewhere(), shanghai('2026-10-01 10:00'));
    expect([stateOf(life, 'contact'), life.tasks.includes('contact inst-h1')]).toEqual(['waiting', false]);
    life.runUntil(searchAt);
    life.standing(dischargedStanding(), searchAt + 60_000);
    life.standing(elsewhere(), searchAt + 120_000);
    life.runUntil(shanghai('2026-10-04 10:00'));
    expect([life.tasks.includes(SEARCH), stateOf(life, 'contact')]).toEqual([true, 'open']);
  });

  test('a ward that is corrected does not begin the search anew, and a discharge that is taken back ends the wait', () => {
    const life = sent();
    life.runUntil(searchAt);
    life.standing(elsewhere({ departmentCode: 'neurology' }), searchAt + 60_000);
    life.runUntil(searchAt + 120_000);
    expect(life.state.clocks.filter(({ task }) => task === 'find-transferred')).toHaveLength(1);
    life.standing(standingOf(), searchAt + 180_000);
    expect([life.state.transfer, life.tasks.includes(SEARCH)]).toEqual([null, false]);
  });
});
