/** Two follow-ups of one person become one: nothing is forgotten, nothing is asked for twice, whatever had happened in either. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { followUp } from '../../../domain/follow-up/decider.ts';
import { type FollowUpState, holdingsOf } from '../../../domain/follow-up/state.ts';
import { partingHoldings } from '../../../domain/follow-up/undo-merger.ts';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import { enrolmentIn, type Life, newLife } from '../../support/builders/follow-up-state.ts';

const diseaseOf = (state: FollowUpState, protocol: string) => state.protocols[protocol]?.disease;
const onOf = (state: FollowUpState) => state.enrolments.filter(({ status }) => status !== 'ended');
const ids = (things: readonly { id: string }[]) => things.map(({ id }) => id).toSorted();

/** `double` ends and `kept` takes in what it held. Returns what both were before. */
function merge(kept: Life, double: Life): { before: FollowUpState; held: FollowUpState } {
  const now = Math.max(kept.now, double.now);
  for (const life of [kept, double]) life.now = now;
  const before = kept.state;
  const held = double.state;
  double.fact('join-follow-up', { intoPathwayId: 'kept', survivorPatientId: before.patientId });
  kept.fact('follow-up-joined', { fromPathwayId: 'double', held: holdingsOf(held) });
  return { before, held };
}

/** The merger was wrong: each goes on by itself, as the service tells them. */
function part(kept: Life, double: Life, held: FollowUpState, patientIds: { kept: string; double: string }): void {
  const parting = { toPathwayId: 'double', had: true, enrolmentIds: ids(held.enrolments) };
  const given = partingHoldings(kept.state, parting);
  kept.fact('merger-retracted', { patientId: patientIds.kept, parts: [parting] });
  double.fact('merger-retracted', { patientId: patientIds.double, resumes: true, handedOver: true });
  double.fact('follow-up-joined', { fromPathwayId: 'kept', held: given, givenBack: true });
}

type Act =
  | ['visit', which: number, systolic: number]
  | ['days', number]
  | ['admitted']
  | ['pause', number]
  | ['withdraw', number]
  | ['episode'];
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('visit' as const), fc.nat(1), fc.constantFrom(124, 138, 145, 162, 184)) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('days' as const), fc.integer({ min: 1, max: 70 })) },
  fc.tuple(fc.constant('admitted' as const)),
  fc.tuple(fc.constant('pause' as const), fc.nat(1)),
  fc.tuple(fc.constant('withdraw' as const), fc.nat(1)),
  fc.tuple(fc.constant('episode' as const)),
);
const protocols = fc.subarray(['htn-2017', 'htn-2025', 't2dm-2017', 'elderly'], { minLength: 1 });

function lived(name: string, on: string[], acts: readonly Act[]): Life {
  const life = newLife(name);
  // One protocol a disease.
  for (const protocol of on) if (!(protocol === 'htn-2025' && on.includes('htn-2017'))) life.enrol(`${name}-${protocol}`, protocol);
  for (const [n, [what, first = 0, second = 0]] of acts.entries()) {
    const active = life.state.enrolments.filter(({ status }) => status === 'active');
    const one = active[first % Math.max(1, active.length)];
    switch (what) {
      case 'days':
        life.days(first);
        break;
      case 'visit':
        if (one) life.visit(one.id, second);
        break;
      case 'pause':
        if (one) life.command('pause', { enrolmentId: one.id, pauseReason: 'travel' });
        break;
      case 'withdraw':
        if (one && !life.state.over) life.command('withdraw', { enrolmentId: one.id });
        break;
      case 'admitted':
        life.fact('patient-admitted', { institutionId: 'inst-h1' });
        break;
      case 'episode':
        life.fact('reading-episode', { episodeId: `${name}-episode-${n}`, rule: 'blood-pressure-crisis', dueWithinSeconds: 1_800 });
    }
  }
  return life;
}

test('whatever had happened in either: every disease, visit, referral and episode is there once, and the next visit is set', () => {
  let asked = 0;
  fc.assert(
    fc.property(protocols, protocols, fc.array(act, { maxLength: 12 }), fc.array(act, { maxLength: 12 }), (one, other, acts, otherActs) => {
      const kept = lived('a', one, acts);
      const double = lived('b', other, otherActs);
      // The service keeps one that is on; both lives stand at the same day.
      const today = localDateOf(Math.max(kept.now, double.now));
      for (const life of [kept, double]) life.until(today);
      fc.pre(!followUp.ended(kept.state) && !followUp.ended(double.state));
      const { before, held } = merge(kept, double);
      const { state } = kept;

      const on = onOf(state).map(({ protocol }) => diseaseOf(state, protocol));
      const had = [...onOf(before).map((e) => diseaseOf(before, e.protocol)), ...onOf(held).map((e) => diseaseOf(held, e.protocol))];
      expect(on.toSorted()).toEqual([...new Set(had)].toSorted());
      expect(ids(state.visits)).toEqual(ids([...before.visits, ...held.visits]));
      for (const visit of state.visits) expect(state.enrolments.map(({ id }) => id)).toContain(visit.enrolmentId);
      expect(ids(state.referrals)).toEqual(ids([...before.referrals, ...held.referrals]));
      if (on.length > 0) expect(ids(state.episodes)).toEqual(expect.arrayContaining(ids([...before.episodes, ...held.episodes])));
      // Those that stay keep their state, those that go on keep theirs and their date.
      for (const { id, status } of before.enrolments) expect(enrolmentIn(kept, id).status).toBe(status);
      for (const theirs of held.enrolments) {
        const here = state.enrolments.find(({ id }) => id === theirs.id);
        if (here) expect(here).toEqual(theirs);
        else expect(onOf(before).map((e) => diseaseOf(before, e.protocol))).toContain(diseaseOf(held, theirs.protocol));
      }
      // Asked to come, and no later date came out of it: not asked again.
      const { plan } = state;
      for (const was of [before.plan, held.plan]) {
        const still = was && plan && plan.dueOn <= was.dueOn && was.enrolmentIds.some((id) => plan.enrolmentIds.includes(id));
        if (was && was.stage !== 'planned' && still) {
          asked++;
          expect(plan.stage).not.toBe('planned');
        }
      }
      expect(double.state).toMatchObject({ over: true, plan: null, episodes: [] });
      for (const { status } of double.state.enrolments) expect(status).toBe('ended');
      expect(followUp.tasks(double.state)).toEqual([]);
    }),
    { numRuns: 400 },
  );
  console.log(`${asked} times somebody had been asked already`);
  expect(asked).toBeGreaterThan(10);
});

test('a merger that is taken back leaves both as they were, and asks anew for dates that have passed', () => {
  fc.assert(
    fc.property(protocols, protocols, fc.array(act, { maxLength: 12 }), fc.array(act, { maxLength: 12 }), (one, other, acts, otherActs) => {
      const kept = lived('a', one, acts);
      const double = lived('b', other, otherActs);
      const today = localDateOf(Math.max(kept.now, double.now));
      for (const life of [kept, double]) life.until(today);
      fc.pre(!followUp.ended(kept.state) && !followUp.ended(double.state));
      const { before, held } = merge(kept, double);
      part(kept, double, held, { kept: before.patientId, double: held.patientId });
      for (const [life, was] of [
        [kept, before],
        [double, held],
      ] as const) {
        const { state } = life;
        expect(state).toMatchObject({ patientId: was.patientId, endedAt: was.endedAt, over: was.over, person: was.person, risk: was.risk });
        for (const field of ['visits', 'referrals', 'episodes'] as const)
          expect([field, ids(state[field])]).toEqual([field, ids(state.endedAt === null || field !== 'episodes' ? was[field] : [])]);
        for (const stood of was.enrolments) {
          const hasPassed = stood.status === 'active' && (stood.next?.dueOn ?? '') < today;
          const { next, because, anchor, ...rest } = enrolmentIn(life, stood.id);
          expect(rest).toEqual((({ next: _, because: __, anchor: ___, ...same }) => same)(stood));
          if (hasPassed) expect(next?.opensOn).toBe(today);
          else expect({ next, because, anchor }).toEqual({ next: stood.next, because: stood.because, anchor: stood.anchor });
        }
        expect(state.enrolments).toHaveLength(was.enrolments.length);
        if (was.plan && was.plan.dueOn >= today) expect(state.plan).toMatchObject({ dueOn: was.plan.dueOn, stage: was.plan.stage });
      }
    }),
    { numRuns: 300 },
  );
});

describe('one disease in both', () => {
  const both = (): [kept: Life, double: Life] => {
    const [kept, double] = [newLife('a'), newLife('b')];
    kept.enrol('a1', 'htn-2017');
    double.enrol('b1', 'htn-2017');
    return [kept, double];
  };

  test('seen under the other record yesterday: not asked for again, though asked to come under this one', () => {
    const [kept, double] = both();
    kept.visit('a1', 128);
    kept.until('2026-05-25');
    double.until('2026-05-25');
    expect(kept.state.plan?.stage).toBe('open');
    double.visit('b1', 126);
    kept.days(1);
    const { held } = merge(kept, double);
    const { next, last, missed } = enrolmentIn(kept, 'a1');
    expect(next).toEqual(held.enrolments[0]?.next);
    expect([last?.visitId, missed, kept.state.plan?.stage]).toEqual([held.visits[0]?.id, 0, 'planned']);
    expect(followUp.tasks(kept.state)).toEqual([]);
  });

  test('off target once under each record is twice in a row: a doctor is asked to see the resident, and nothing is referred', () => {
    const [kept, double] = both();
    kept.visit('a1', 152);
    kept.days(10);
    double.until(localDateOf(kept.now));
    double.visit('b1', 154);
    merge(kept, double);
    expect(enrolmentIn(kept, 'a1').last).toMatchObject({ uncontrolledInARow: 2, action: 'refer' });
    expect([kept.state.referrals, followUp.tasks(kept.state).map(({ name, role }) => [name, role])]).toEqual([
      [],
      [['see-resident', 'gp']],
    ]);
    kept.days(3);
    kept.visit('a1', 150);
    expect(enrolmentIn(kept, 'a1').last).toMatchObject({ uncontrolledInARow: 3 });
    expect(followUp.tasks(kept.state)).toEqual([]);
  });

  test('asked to come under the other record: the task is here, without another message', () => {
    const [kept, double] = both();
    double.until('2026-05-25');
    const { plan } = double.state;
    expect(plan?.stage).toBe('open');
    kept.command('pause', { enrolmentId: 'a1', pauseReason: 'travel' });
    kept.until('2026-05-25');
    kept.enrol('a2', 't2dm-2017');
    double.enrol('b2', 'elderly');
    double.command('withdraw', { enrolmentId: 'b2' });
    kept.command('withdraw', { enrolmentId: 'a1' });
    merge(kept, double);
    expect(kept.state.plan).toMatchObject({ dueOn: plan?.dueOn, stage: 'open' });
    expect(kept.state.plan?.enrolmentIds).toContain('b1');
    const sent = kept.decisions.flatMap(({ messages }) => messages).filter(({ template }) => template === 'follow-up-open');
    expect(sent).toEqual([]);
  });

  test('what has ended under the other record may be reopened here', () => {
    const [kept, double] = [newLife('a'), newLife('b')];
    kept.enrol('a1', 'htn-2017');
    double.enrol('b1', 't2dm-2017');
    double.command('withdraw', { enrolmentId: 'b1' });
    merge(kept, double);
    expect(enrolmentIn(kept, 'b1')).toMatchObject({ status: 'ended', endReason: 'withdrawn' });
    kept.command('reopen', { enrolmentId: 'b1' });
    expect(enrolmentIn(kept, 'b1').next?.dueOn).toBe(addDays(localDateOf(kept.now), 14));
  });
});
