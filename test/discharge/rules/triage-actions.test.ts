/** What follows from a triage: a visit that is due within a working day and that a visit closes; anything else asks nobody to come. */
import { describe, expect, test } from 'vitest';
import { discharge } from '../../../domain/discharge/decider.ts';
import { centreActor, dischargedStanding, EpisodeLife, shanghai } from '../../support/builders/episodes.ts';

const at = shanghai('2026-10-12 10:00');

function judged(action: string): EpisodeLife {
  const life = EpisodeLife.begun();
  life.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
  const told = { channel: 'phone', outcome: 'reached', familyContacts: 0, symptoms: ['fever'] };
  life.command('record-contact', told, at);
  life.command('triage', { triageId: life.state.triages[0]?.id, action }, at + 60_000, centreActor('gp'));
  return life;
}

const visitsAskedFor = ({ state }: EpisodeLife) => discharge.tasks(state).filter(({ id }) => id.startsWith('visit-of-'));

describe('triage', () => {
  test('a visit is due on the next working day at the centre, once, and whoever has been seen needs no other', () => {
    const life = judged('visit');
    const [task, ...others] = visitsAskedFor(life);
    expect([others, task?.name, task?.role, task?.institutionId]).toEqual([[], 'post-discharge-visit', 'gp', 'inst-c01']);
    expect((task?.clock.startedAt ?? 0) + (task?.clock.budgetMs ?? 0)).toBe(shanghai('2026-10-14 00:00'));
    const again = { triageId: life.state.triages[0]?.id, action: 'visit' };
    expect(life.tryCommand('triage', again, at + 120_000, centreActor('gp'))).toMatchObject({ code: 'transition-not-allowed' });
    life.command('record-visit', { visitedAt: at + 3_600_000, mode: 'home' }, at + 3_700_000);
    expect(visitsAskedFor(life)).toEqual([]);
  });

  test.each(['advise', 'refer', 'emergency'])('%s asks for no visit', (action) => {
    expect(visitsAskedFor(judged(action))).toEqual([]);
  });

  test('the visit outlives the episode, and closes with it still', () => {
    const life = judged('visit');
    life.command('withdraw', {}, at + 120_000);
    expect(life.runUntil(shanghai('2026-11-12 10:00')).state.over).toBe(false);
    life.command('record-visit', { visitedAt: shanghai('2026-11-12 09:00'), mode: 'clinic' }, shanghai('2026-11-12 10:00'));
    expect([visitsAskedFor(life), life.runUntil(shanghai('2026-11-30 10:00')).state.over]).toEqual([[], true]);
  });
});
