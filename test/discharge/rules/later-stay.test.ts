/** Somebody is admitted again after the stay of an episode: what was owed rests, ends, or goes on, in whatever order it becomes known. */
import { describe, expect, test } from 'vitest';
import { readmissionOf } from '../../../domain/discharge/later-stay.ts';
import type { LaterStay, VisitStanding } from '../../../domain/discharge/standing.ts';
import { dischargedStanding, EpisodeLife, hospitalActor, planInput, shanghai } from '../../support/builders/episodes.ts';

const readmitted: LaterStay = {
  episodeId: 'later',
  hospitalId: 'inst-h2',
  admittedAt: shanghai('2026-10-12 09:00'),
  planned: false,
  status: 'admitted',
};

const discharged = (over: Partial<VisitStanding> = {}) => {
  const life = EpisodeLife.begun();
  life.standing(dischargedStanding(over), shanghai('2026-09-30 10:05'));
  return life;
};
const at = shanghai('2026-10-12 10:00');
const endOf = ({ state }: EpisodeLife) => [state.status, state.endReason];

describe('admitted again', () => {
  test('nothing is asked of somebody in hospital, and after an admission that was none it goes on with its dates', () => {
    const life = discharged();
    life.runUntil(at);
    const { duties, clocks } = life.state;
    life.fact('later-stay', { stay: readmitted }, at);
    expect([endOf(life), life.tasks]).toEqual([['suspended', null], []]);
    expect(readmissionOf(life.state)).toEqual({ episodeId: 'later', daysAfter: 12, planned: false, within30: true });
    life.fact('later-stay', { stay: null }, at);
    expect(endOf(life)).toEqual(['discharged', null]);
    expect([life.state.duties, life.state.clocks, readmissionOf(life.state)]).toEqual([duties, clocks, null]);
  });

  test('what was due while the patient was in hospital again is overdue when there was no admission after all, whatever a result has done meanwhile', () => {
    const orders = [
      { id: 'visit', given: { kind: 'revisit', title: '', opensOn: '2026-10-10', dueOn: '2026-10-15' } },
      { id: 'result', given: { kind: 'pending-result', title: '', number: 'L-1', expectedOn: '2026-10-14' } },
    ];
    const life = discharged();
    life.command('record-plan', { ...planInput, orders }, shanghai('2026-09-30 11:00'), hospitalActor());
    life.runUntil(at);
    life.fact('later-stay', { stay: readmitted }, at);
    life.runUntil(shanghai('2026-10-20 10:00'));
    const result = { orderId: 'result', resultAt: shanghai('2026-10-20 11:00'), abnormal: false };
    life.command('report-result', result, shanghai('2026-10-20 11:00'), hospitalActor());
    life.fact('later-stay', { stay: null }, shanghai('2026-10-20 12:00'));
    life.runUntil(shanghai('2026-10-21 12:00'));
    const visit = life.state.orders.find(({ id }) => id === 'visit');
    expect([visit?.status, life.tasks.some((task) => task.startsWith('order-revisit'))]).toEqual(['overdue', true]);
    expect(life.state.duties.find(({ duty }) => duty === 'contact')?.state).toBe('overdue');
  });

  test('what may be dangerous and is told by a link is judged, though the patient is thought to be in hospital', () => {
    const life = discharged();
    life.command('record-plan', { ...planInput, linkConsent: 'patient' }, shanghai('2026-09-30 11:00'), hospitalActor());
    life.command('send-link', { linkId: 'link', to: 'patient' }, shanghai('2026-09-30 12:00'), hospitalActor());
    life.runUntil(at);
    life.fact('later-stay', { stay: readmitted }, at);
    const told = shanghai('2026-10-13 10:00');
    const call = life.tryCommand('link-call-me', { linkId: 'link' }, told);
    expect(call).toMatchObject({ code: 'transition-not-allowed' });
    life.command('link-symptoms', { linkId: 'link', symptoms: ['chest-pain'] }, told);
    expect([life.state.status, life.tasks]).toEqual(['suspended', ['triage inst-c01']]);
    life.fact('later-stay', { stay: null }, told + 60_000);
    expect(life.tasks).toContain('triage inst-c01');
    const [triage] = life.state.triages;
    life.command('triage', { triageId: triage?.id, action: 'emergency' }, told + 120_000);
    expect(life.tasks).not.toContain('triage inst-c01');
  });

  test('the discharge of the later stay ends it; taken back, it rests again', () => {
    const life = discharged();
    life.fact('later-stay', { stay: { ...readmitted, status: 'discharged' } }, at);
    expect([endOf(life), life.tasks]).toEqual([['ended', 'readmitted'], []]);
    life.fact('later-stay', { stay: readmitted }, at);
    expect(endOf(life)).toEqual(['suspended', null]);
    life.fact('later-stay', { stay: null }, at);
    expect([endOf(life), life.tasks.length > 0]).toEqual([['discharged', null], true]);
  });

  test('sent to another hospital and admitted there by the next day is a transfer and no readmission', () => {
    const transfer = { ...readmitted, admittedAt: shanghai('2026-10-01 09:00') };
    const life = discharged({ disposition: 'other-hospital' });
    life.fact('later-stay', { stay: transfer }, at);
    expect([endOf(life), readmissionOf(life.state)]).toEqual([['ended', 'transferred'], null]);
    const home = discharged({ disposition: 'home' });
    home.fact('later-stay', { stay: transfer }, at);
    expect(endOf(home)).toEqual(['suspended', null]);
    const same = discharged({ disposition: 'other-hospital' });
    same.fact('later-stay', { stay: { ...transfer, hospitalId: 'inst-h1' } }, at);
    expect(endOf(same)).toEqual(['suspended', null]);
  });

  test('whatever becomes known first, the end is the same', () => {
    const later: LaterStay = { ...readmitted, status: 'discharged' };
    const orders = [
      ['discharge', 'later', 'death'],
      ['later', 'discharge', 'death'],
      ['discharge', 'death', 'later'],
    ];
    for (const order of orders) {
      const life = EpisodeLife.begun();
      for (const step of order) {
        if (step === 'discharge') life.standing(dischargedStanding(), at);
        if (step === 'later') life.fact('later-stay', { stay: later }, at);
        if (step === 'death') life.fact('patient-died', {}, at);
      }
      expect([order, ...endOf(life)]).toEqual([order, 'ended', 'readmitted']);
    }
  });

  test('a death in hospital ends what rested, and a corrected discharge keeps it at rest', () => {
    const dead = discharged();
    dead.fact('later-stay', { stay: readmitted }, at);
    dead.fact('patient-died', {}, at);
    expect([endOf(dead), dead.tasks]).toEqual([['ended', 'died'], []]);
    const corrected = discharged();
    corrected.fact('later-stay', { stay: readmitted }, at);
    corrected.standing(dischargedStanding({ dischargedAt: shanghai('2026-10-01 10:00') }), at);
    expect([endOf(corrected), readmissionOf(corrected.state)?.daysAfter]).toEqual([['suspended', null], 11]);
  });
});
