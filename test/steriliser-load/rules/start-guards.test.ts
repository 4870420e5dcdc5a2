import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextVisitOn } from '../../../domain/sterile-supply/next-visit.ts';
import { findStartRefusal, type StartGround, type StartingPack } from '../../../domain/steriliser-load/start-guards.ts';

const rules = { biologicalIndicatorDays: 7 };
const on = '2026-03-11'; // a Wednesday
const startAt = Date.parse(`${on}T14:00:00+08:00`);
const daysBefore = (days: number, time = '08:00') => Date.parse(`${on}T${time}:00+08:00`) - days * 86_400_000;

const pack: StartingPack = { id: 'p1', implant: false, labelledOn: on, ownersNextVisitOn: null };
const ground: StartGround = {
  startAt,
  purpose: 'packs',
  steriliser: { kind: 'prevacuum', status: 'in-service', outThen: false, busy: false },
  bowieDickTests: [{ endedAt: daysBefore(0, '07:45'), result: 'pass' }],
  lastBowieDick: 'pass',
  lastIndicatedRunAt: daysBefore(3),
  lastReading: 'pass',
  hasBiologicalIndicator: false,
  packs: [pack],
  overridden: false,
  calendar: { years: [] },
};
const steriliser = (set: Partial<StartGround['steriliser']>) => ({ steriliser: { ...ground.steriliser, ...set } });
const codeOf = (set: Partial<StartGround>) => findStartRefusal({ ...ground, ...set }, rules)?.code ?? 'starts';

describe('guards of a start, clause by clause', () => {
  test.each<[what: string, set: Partial<StartGround>, code: string]>([
    ['everything as it should be', {}, 'starts'],
    ['out of service at that instant', steriliser({ outThen: true, status: 'out-of-service' }), 'steriliser-out-of-service'],
    ['out of service since, in service at the instant of a start that is told late', steriliser({ status: 'out-of-service' }), 'starts'],
    ['retired', steriliser({ status: 'retired' }), 'steriliser-out-of-service'],
    ['packs while it is being requalified', steriliser({ outThen: true, status: 'requalifying' }), 'steriliser-out-of-service'],
    ['another run at that time', steriliser({ busy: true }), 'steriliser-busy'],
    ['no Bowie-Dick test that day', { bowieDickTests: [] }, 'bd-required'],
    ['the test of that day failed', { bowieDickTests: [{ endedAt: daysBefore(0), result: 'fail' }], lastBowieDick: 'fail' }, 'bd-required'],
    [
      'a test passed and a later one failed',
      {
        bowieDickTests: [
          { endedAt: daysBefore(0, '07:45'), result: 'pass' },
          { endedAt: daysBefore(0, '12:00'), result: 'fail' },
        ],
        lastBowieDick: 'fail',
      },
      'bd-required',
    ],
    [
      'a test failed and a later one passed',
      {
        bowieDickTests: [
          { endedAt: daysBefore(0, '07:45'), result: 'fail' },
          { endedAt: daysBefore(0, '12:00'), result: 'pass' },
        ],
      },
      'starts',
    ],
    ['gravity needs no Bowie-Dick test', { ...steriliser({ kind: 'gravity' }), bowieDickTests: [], lastBowieDick: null }, 'starts'],
    ['an indicator seven dates ago', { lastIndicatedRunAt: daysBefore(7, '00:01') }, 'starts'],
    ['an indicator eight dates ago', { lastIndicatedRunAt: daysBefore(8, '23:59') }, 'bi-due'],
    ['no indicator ever', { lastIndicatedRunAt: null }, 'bi-due'],
    ['no indicator ever, and one in this load', { lastIndicatedRunAt: null, hasBiologicalIndicator: true }, 'starts'],
    ['an implant without an indicator', { packs: [{ ...pack, implant: true }] }, 'bi-required'],
    ['an implant with an indicator', { packs: [{ ...pack, implant: true }], hasBiologicalIndicator: true }, 'starts'],
    ['the last reading was invalid', { lastReading: 'invalid' }, 'bi-required'],
    ['no label', { packs: [pack, { ...pack, id: 'p2', labelledOn: null }] }, 'label-date'],
    ['a label of the day before', { packs: [{ ...pack, labelledOn: '2026-03-10' }] }, 'label-date'],
    ['a centre’s pack on the day before its visit', { packs: [{ ...pack, ownersNextVisitOn: '2026-03-12' }] }, 'starts'],
    ['a centre’s pack on the day of its visit', { packs: [{ ...pack, ownersNextVisitOn: on }] }, 'starts'],
    ['a centre’s pack two working days before its visit', { packs: [{ ...pack, ownersNextVisitOn: '2026-03-13' }] }, 'too-early'],
    ['too early, with a reason', { packs: [{ ...pack, ownersNextVisitOn: '2026-03-13' }], overridden: true }, 'starts'],
    ['a centre that nobody visits', { packs: [{ ...pack, ownersNextVisitOn: null }] }, 'starts'],
    ['no packs', { packs: [] }, 'starts'],
  ])('%s', (_, set, code) => expect(codeOf(set)).toBe(code));

  test('before a weekend the last working day is the Friday', () => {
    const monday = { packs: [{ ...pack, labelledOn: '2026-03-13', ownersNextVisitOn: '2026-03-16' }] };
    const friday = Date.parse('2026-03-13T14:00:00+08:00');
    const day = { startAt: friday, lastIndicatedRunAt: friday, bowieDickTests: [{ endedAt: friday, result: 'pass' as const }] };
    expect(codeOf({ ...monday, ...day })).toBe('starts');
    expect(codeOf({ packs: [{ ...pack, ownersNextVisitOn: '2026-03-16' }] })).toBe('too-early');
  });

  test('a requalification runs only in a steriliser that is being requalified, and never without an indicator', () => {
    const run = { purpose: 'requalification' as const, packs: [], hasBiologicalIndicator: true };
    expect(codeOf({ ...run, ...steriliser({ outThen: true, status: 'requalifying' }) })).toBe('starts');
    expect(codeOf({ ...run, ...steriliser({ outThen: true, status: 'out-of-service' }) })).toBe('steriliser-out-of-service');
    expect(codeOf({ ...run, ...steriliser({ status: 'in-service' }) })).toBe('transition-not-allowed');
    expect(codeOf({ ...run, hasBiologicalIndicator: false, ...steriliser({ status: 'requalifying' }) })).toBe('bi-required');
  });

  test('of several guards that fail the first in the order of the machine is named', () => {
    const failing: [string, (set: StartGround) => StartGround][] = [
      ['steriliser-out-of-service', (set) => ({ ...set, steriliser: { ...set.steriliser, outThen: true } })],
      ['steriliser-busy', (set) => ({ ...set, steriliser: { ...set.steriliser, busy: true } })],
      ['bd-required', (set) => ({ ...set, bowieDickTests: [] })],
      ['bi-due', (set) => ({ ...set, lastIndicatedRunAt: null })],
      ['bi-required', (set) => ({ ...set, lastReading: 'invalid' })],
      ['label-date', (set) => ({ ...set, packs: [...set.packs, { ...pack, id: 'p2', labelledOn: null }] })],
      ['too-early', (set) => ({ ...set, packs: [...set.packs, { ...pack, id: 'p3', ownersNextVisitOn: '2026-03-20' }] })],
    ];
    fc.assert(
      fc.property(fc.subarray(failing, { minLength: 1 }), (chosen) => {
        const all = chosen.reduce((set, [, apply]) => apply(set), ground);
        expect(findStartRefusal(all, rules)?.code).toBe(chosen[0]?.[0]);
      }),
    );
  });
});

describe('the next visit of a centre', () => {
  test.each<[what: string, plannedStopOn: string | null, visitDays: number[], next: string | null]>([
    ['a planned stop comes before the visit days', '2026-03-20', [3], '2026-03-20'],
    ['the date itself counts', null, [3], on],
    ['the next visit day', null, [1, 2], '2026-03-16'],
    ['Sunday is 7', null, [7], '2026-03-15'],
    ['nobody visits it', null, [], null],
  ])('%s', (_, plannedStopOn, visitDays, next) => expect(nextVisitOn({ plannedStopOn, visitDays }, on)).toBe(next));
});
