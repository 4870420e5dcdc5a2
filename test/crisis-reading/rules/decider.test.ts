/** The decider of crisis readings: calls at their times, one open task until somebody confirms, and no event that closes it by itself. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readingProtocol } from '../../../db/readings/protocol.ts';
import { crisisReading } from '../../../domain/crisis-reading/decider.ts';
import type { CrisisValue, RaiseCrisisReading } from '../../../domain/crisis-reading/events.ts';
import { hasBeenMeasuredAgain } from '../../../domain/crisis-reading/measured-again.ts';
import type { CrisisReadingState } from '../../../domain/crisis-reading/state.ts';
import { evolve, findEarliest, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { instantOf } from '../../../domain/time/sla-clock.ts';

const AT = Date.parse('2026-12-01T01:00:00Z');
const MINUTE = 60_000;
const nurse = { personId: 'person-nurse', institutionId: 'inst-c01', role: 'nurse' };

const value = (over: Partial<CrisisValue> = {}): CrisisValue => ({
  readingId: 'r1',
  rule: 'blood-pressure-crisis',
  kind: 'blood-pressure',
  value: '192/112',
  unit: 'mmHg',
  threshold: '180/110',
  measuredAt: '2026-12-01T00:55:00.000Z',
  effectiveAt: AT - 5 * MINUTE,
  severity: 1.07,
  quarantine: null,
  ...over,
});

const { dueWithinSeconds, calls, repeatSeconds } = readingProtocol.confirmation;
const input: RaiseCrisisReading = {
  patientId: 'p1',
  centreId: 'inst-c01',
  raisedAt: AT,
  values: [value()],
  plan: { protocol: 'readings/2', dueWithinSeconds, calls, repeatSeconds },
};

let n = 0;
const command = (name: string, of: unknown, at = AT): PathwayEvent => ({
  kind: 'command',
  name,
  id: `e${n++}`,
  at,
  actor: nurse,
  input: of,
});
const fact = (name: string, of: object, at = AT): PathwayEvent => ({
  kind: 'fact',
  name,
  id: `e${n++}`,
  at,
  actor: null,
  input: { occurredAt: at, ...of },
});

function decide(state: CrisisReadingState, event: PathwayEvent) {
  const verdict = crisisReading.decide(state, event);
  if (!verdict.ok) throw new Error(verdict.refusal.code);
  return { state: evolve(state, verdict.decision), decision: verdict.decision };
}

const opened = () => decide(crisisReading.initial, command('raise', input)).state;
const confirm = { outcome: 'confirmed', action: 'treat', referralId: 'f1', isDoctor: true };

describe('calls', () => {
  test('the nurse at once, the doctor at 30 minutes, the head at 60, then everybody hourly unless somebody has claimed it', () => {
    let { state, decision } = decide(crisisReading.initial, command('raise', input));
    const calledAt: [number, unknown, unknown][] = [];
    const note = (at: number) => {
      for (const { recipients, unlessClaimed } of decision.messages)
        calledAt.push([(at - AT) / MINUTE, recipients.map((to) => ('role' in to ? to.role : to.to)), unlessClaimed]);
    };
    note(AT);
    for (let times = 0; times < 4; times++) {
      const due = findEarliest(crisisReading.obligations(state));
      if (!due) throw new Error('Something is always due.');
      ({ state, decision } = decide(state, { kind: 'due', name: due.name, id: due.id, at: due.at, actor: null, input: null }));
      note(due.at);
    }
    const everybody = ['nurse', 'gp', 'head'];
    expect(calledAt).toEqual([
      [0, ['nurse'], undefined],
      [30, ['gp'], undefined],
      [60, ['head'], undefined],
      [120, everybody, 'confirm-reading'],
      [180, everybody, 'confirm-reading'],
    ]);
  });

  test('a joining value is told to whoever has the task only when it is worse than all before', () => {
    const worse = decide(opened(), fact('crisis-value', { value: value({ readingId: 'r2', severity: 1.2, value: '216/100' }) }));
    expect(worse.decision.messages.map(({ template }) => template)).toEqual(['crisis-reading-worse']);
    expect(crisisReading.tasks(worse.state)[0]?.about).toMatchObject({ value: '216/100', values: 2 });
    const milder = decide(worse.state, fact('crisis-value', { value: value({ readingId: 'r3', severity: 1.01, value: '181/100' }) }));
    expect(milder.decision.messages).toEqual([]);
    expect(crisisReading.tasks(milder.state)[0]?.about).toMatchObject({ value: '216/100', values: 3 });
    const again = decide(milder.state, fact('crisis-value', { value: value({ readingId: 'r3', severity: 1.01, value: '181/100' }) }));
    expect(again.state).toEqual(milder.state);
  });
});

describe('ends', () => {
  test.each([
    ['confirmed', command('confirm', confirm), 'confirmed'],
    ['refuted', command('confirm', { ...confirm, outcome: 'refuted', action: null }), 'refuted'],
    ['by a death', fact('patient-died', {}), 'died'],
    ['by an error of its only value', fact('crisis-value-withdrawn', { readingId: 'r1' }), 'withdrawn'],
    ['by a merger', fact('join-crisis-reading', { intoPathwayId: 'p2' }), 'joined'],
  ])('%s', (_, event, status) => {
    const { state } = decide(opened(), event);
    expect([state.status, crisisReading.ended(state), crisisReading.tasks(state), crisisReading.obligations(state)]).toEqual([
      status,
      true,
      [],
      [],
    ]);
  });

  test('not by an error of one value of two, nor by a move', () => {
    const two = decide(opened(), fact('crisis-value', { value: value({ readingId: 'r2' }) })).state;
    const one = decide(two, fact('crisis-value-withdrawn', { readingId: 'r1' })).state;
    const moved = decide(one, fact('patient-moved', { homeInstitutionId: 'inst-c02' })).state;
    expect(crisisReading.tasks(moved)).toMatchObject([{ institutionId: 'inst-c02', about: { readingId: 'r2' } }]);
  });
});

test('a death that was told wrongly: it is asked anew, with the whole time; any other end stays', () => {
  const later = AT + 90 * MINUTE;
  const died = decide(opened(), fact('patient-died', {})).state;
  const { state, decision } = decide(died, fact('death-retracted', {}, later));
  expect([state.status, crisisReading.ended(state), decision.messages.map(({ template }) => template)]).toEqual([
    'open',
    false,
    ['crisis-reading-raised'],
  ]);
  const [{ clock } = {}] = crisisReading.tasks(state);
  expect(clock && instantOf(clock, 100)).toBe(later + 30 * MINUTE);
  const [before, after] = [crisisReading.obligations(opened())[0], crisisReading.obligations(state)[0]];
  expect(after).toMatchObject({ name: 'call', at: later + 30 * MINUTE });
  expect(after?.id, 'a step is decided once').not.toBe(before?.id);
  const confirmed = decide(opened(), command('confirm', confirm)).state;
  expect(decide(confirmed, fact('death-retracted', {}, later)).state).toEqual(confirmed);
});

test('whatever happens, an open one has one task with an owner and a deadline, and somebody is called later', () => {
  const event = fc.oneof(
    fc.integer({ min: 0, max: 5 }).map((id) => fact('crisis-value', { value: value({ readingId: `r${id}`, severity: 1 + id / 10 }) })),
    fc.integer({ min: 0, max: 5 }).map((id) => fact('crisis-value-withdrawn', { readingId: `r${id}` })),
    fc.constantFrom('inst-c01', 'inst-c02').map((homeInstitutionId) => fact('patient-moved', { homeInstitutionId })),
    fc.constant(fact('patients-merged', { survivorPatientId: 'p2' })),
    fc.constant('due' as const),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      let state = opened();
      for (const one of events) {
        const due = findEarliest(crisisReading.obligations(state));
        if (one === 'due' && !due) continue;
        const next: PathwayEvent = one === 'due' ? { kind: 'due', actor: null, input: null, ...(due as NonNullable<typeof due>) } : one;
        ({ state } = decide(state, next));
        const tasks = crisisReading.tasks(state);
        if (state.status !== 'open') {
          expect([state.values, tasks]).toEqual([[], []]);
          continue;
        }
        expect(tasks).toHaveLength(1);
        const [{ institutionId, clock, about } = {}] = tasks;
        expect(institutionId).toBe(state.centreId);
        expect(clock && instantOf(clock, 100)).toBe(AT + 30 * MINUTE);
        expect(state.values.some(({ readingId }) => readingId === about?.readingId)).toBe(true);
        expect(crisisReading.obligations(state)).toHaveLength(1);
      }
    }),
  );
});

describe('measured again', () => {
  const pressure = (systolic: number, diastolic: number, measuredAt: number) =>
    ({ kind: 'blood-pressure', systolic, diastolic, value: null, measuredAt }) as const;
  const glucose = (number: number, measuredAt: number, kind: 'fasting-glucose' | 'random-glucose' = 'random-glucose') =>
    ({ kind, systolic: null, diastolic: null, value: number, measuredAt }) as const;

  test.each([
    ['below, later', [pressure(179, 109, AT)], true],
    ['below, before', [pressure(120, 80, AT - 6 * MINUTE)], false],
    ['at the threshold', [pressure(180, 80, AT)], false],
    ['of another kind', [glucose(6, AT)], false],
    ['nothing', [], false],
  ])('a pressure: %s', (_, readings, expected) => {
    expect(hasBeenMeasuredAgain([value()], readings, readingProtocol)).toBe(expected);
  });

  test('a fasting glucose answers for a random one; every value of the task needs its own', () => {
    const low = value({ readingId: 'r2', kind: 'random-glucose', value: 2 });
    expect(hasBeenMeasuredAgain([low], [glucose(5, AT, 'fasting-glucose')], readingProtocol)).toBe(true);
    expect(hasBeenMeasuredAgain([value(), low], [glucose(5, AT)], readingProtocol)).toBe(false);
    expect(hasBeenMeasuredAgain([value(), low], [glucose(5, AT), pressure(150, 90, AT)], readingProtocol)).toBe(true);
    expect(hasBeenMeasuredAgain([low], [glucose(17, AT)], readingProtocol), 'too high is no answer to too low').toBe(false);
  });
});
