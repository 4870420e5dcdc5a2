/** While somebody finds out whether the patient has moved or died nobody looks for them after a discharge; with the answer the ladder goes on where it was. */
import { describe, expect, test } from 'vitest';
import { dischargedStanding, EpisodeLife, hospitalActor, planInput, shanghai } from '../../support/builders/episodes.ts';

const discharged = () => {
  const life = EpisodeLife.begun();
  life.standing(dischargedStanding(), shanghai('2026-09-30 10:05'));
  life.command('record-plan', planInput, shanghai('2026-09-30 11:00'), hospitalActor());
  return life;
};
const call = (outcome: string, familyContacts = 1) => ({ channel: 'phone', outcome, familyContacts });
/** Those of somebody who is said to have died are held by the database. */
const looksFor = (life: EpisodeLife) =>
  life.tasks.filter((task) => /^(contact|second-phone|home-visit|ask-community|send-letter)/.test(task));

describe.each([
  ['moved', 'move-answered', { confirmed: false }],
  ['moved', 'move-answered', { confirmed: true }],
  ['dead', 'death-refuted', {}],
] as const)('%s, and then %s %j', (said, answered, input) => {
  test('said in a call on this pathway', () => {
    const life = discharged();
    life.command('record-contact', call('wrong-number'), shanghai('2026-10-01 10:00'));
    expect(life.state.ladder.rung).toBe(2);
    life.command('record-contact', { ...call(said), channel: 'second-phone', contact: 0 }, shanghai('2026-10-01 11:00'));
    expect(looksFor(life)).toHaveLength(said === 'moved' ? 0 : 1);
    life.runUntil(shanghai('2026-10-20 10:00'));
    expect([life.state.status, life.duty('contact')?.state, life.state.ladder.rung]).toEqual(['discharged', 'open', 2]);
    life.fact(answered, input, shanghai('2026-10-20 11:00'));
    expect([life.state.ladder.rung, life.state.ladder.dueOn, looksFor(life)]).toEqual([2, '2026-10-21', ['second-phone inst-h1']]);
    life.runUntil(shanghai('2026-10-22 10:00'));
    expect(life.duty('contact')?.state).toBe('overdue');
  });

  test('said when the patient was called for something else', () => {
    const life = discharged();
    life.fact('resident-called', call(said), shanghai('2026-10-01 10:00'));
    expect(looksFor(life)).toHaveLength(said === 'moved' ? 0 : 1);
    life.fact(answered, input, shanghai('2026-10-02 10:00'));
    expect(looksFor(life)).toHaveLength(1);
  });
});

test('nobody is given up while it is asked whether they have died', () => {
  const life = discharged();
  life.command('record-contact', call('wrong-number', 0), shanghai('2026-10-01 10:00'));
  for (const [channel, day] of [
    ['home', '02'],
    ['community', '03'],
    ['letter', '04'],
  ])
    life.command('record-contact', { channel, outcome: 'no-answer', familyContacts: 0 }, shanghai(`2026-10-${day} 10:00`));
  expect(life.state.ladder.lostOn).toBe('2026-10-18');
  life.fact('death-reported', {}, shanghai('2026-10-10 10:00'));
  life.runUntil(shanghai('2026-10-25 10:00'));
  expect(life.state.status).toBe('discharged');
  life.fact('death-refuted', {}, shanghai('2026-10-25 11:00'));
  life.runUntil(shanghai('2026-10-26 10:00'));
  expect([life.state.status, life.state.endReason]).toEqual(['ended', 'lost']);
});

test('whoever was seen on another pathway is reached, and the visit is made where its window is open', () => {
  const life = discharged();
  life.fact('resident-seen', { mode: 'clinic', occurredAt: shanghai('2026-09-29 10:00') }, shanghai('2026-09-30 12:00'));
  expect(life.duty('contact')?.state).not.toBe('done');
  life.fact('resident-seen', { mode: 'clinic', occurredAt: shanghai('2026-09-30 12:00') }, shanghai('2026-09-30 12:05'));
  expect([life.duty('contact')?.state, life.duty('visit')?.state]).toEqual(['done', 'waiting']);
  life.fact('resident-seen', { mode: 'home', occurredAt: shanghai('2026-10-03 12:00') }, shanghai('2026-10-03 12:05'));
  expect([life.duty('visit')?.state, life.duty('visit')?.late]).toEqual(['done', false]);
});
