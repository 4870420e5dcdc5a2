import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadStatuses } from '../../../domain/sterile-supply/vocabulary.ts';
import {
  findEmergencyRefusal,
  findFlawOfPack,
  findReleaseRefusal,
  type LoadFacts,
  type ReleaseGround,
  statusOfLoad,
  takesBack,
} from '../../../domain/steriliser-load/release.ts';

const rules = { wetPacksForReview: 2, emergencyIndicatorClass: 5 };
const ground: ReleaseGround = {
  unloaded: true,
  physical: 'pass',
  chemical: [],
  handledBy: ['t1', 't2', 't3'],
  wetPacks: 0,
  reviewed: false,
  inRecall: false,
};
const codeOf = (set: Partial<ReleaseGround>, releaser = 'r1') =>
  findReleaseRefusal({ ...ground, ...set }, releaser, rules)?.code ?? 'released';

describe('guards of a release', () => {
  test.each<[what: string, set: Partial<ReleaseGround>, code: string]>([
    ['everything as it should be', {}, 'released'],
    ['not unloaded', { unloaded: false }, 'transition-not-allowed'],
    ['the physical record failed', { physical: 'fail' }, 'physical-failed'],
    ['its chemical indicator failed', { chemical: [{ status: 'fail', class: 5 }] }, 'ci-failed'],
    ['its chemical indicator was not read', { chemical: [{ status: 'placed', class: 5 }] }, 'ci-failed'],
    ['its chemical indicator passed', { chemical: [{ status: 'pass', class: 5 }] }, 'released'],
    ['one wet pack', { wetPacks: 1 }, 'released'],
    ['two wet packs', { wetPacks: 2 }, 'load-review-required'],
    ['two wet packs, reviewed', { wetPacks: 2, reviewed: true }, 'released'],
    ['part of a recall', { inRecall: true }, 'in-recall'],
  ])('%s', (_, set, code) => expect(codeOf(set)).toBe(code));

  test.each(['t1', 't2', 't3'])('%s, who started, ended or unloaded it, does not release it', (person) => {
    expect(codeOf({}, person)).toBe('same-person');
  });

  test('of several guards that fail the first in the order of the machine is named', () => {
    const failing: [string, Partial<ReleaseGround>][] = [
      ['transition-not-allowed', { unloaded: false }],
      ['same-person', { handledBy: ['r1'] }],
      ['physical-failed', { physical: 'fail' }],
      ['ci-failed', { chemical: [{ status: 'fail', class: null }] }],
      ['load-review-required', { wetPacks: 3 }],
      ['in-recall', { inRecall: true }],
    ];
    fc.assert(
      fc.property(fc.subarray(failing, { minLength: 1 }), (chosen) => {
        expect(codeOf(Object.assign({}, ...chosen.map(([, set]) => set)))).toBe(chosen[0]?.[0]);
      }),
    );
  });
});

describe('an emergency release', () => {
  test.each<[what: string, chemical: ReleaseGround['chemical'], releaser: string, code: string]>([
    ['no indicator', [], 'h1', 'ci-failed'],
    ['one of class 4', [{ status: 'pass', class: 4 }], 'h1', 'ci-failed'],
    ['one of class 5 that was not read', [{ status: 'placed', class: 5 }], 'h1', 'ci-failed'],
    ['one of class 5 that passed', [{ status: 'pass', class: 5 }], 'h1', 'released'],
    [
      'another one failed',
      [
        { status: 'pass', class: 5 },
        { status: 'fail', class: 4 },
      ],
      'h1',
      'ci-failed',
    ],
    ['by who handled it', [{ status: 'pass', class: 5 }], 't2', 'same-person'],
  ])('%s', (_, chemical, releaser, code) => {
    expect(findEmergencyRefusal({ chemical, handledBy: ground.handledBy }, releaser, rules)?.code ?? 'released').toBe(code);
  });
});

describe('the release matrix, of packs', () => {
  test.each([
    ['pass', false, undefined],
    ['pass', true, 'wet'],
    ['fail', false, 'outer-ci-failed'],
    ['fail', true, 'wet'],
  ] as const)('outer indicator %s, wet %s: %s', (outerCi, wet, flaw) => expect(findFlawOfPack({ outerCi, wet })).toBe(flaw));
});

const facts: LoadFacts = {
  purpose: 'packs',
  ended: true,
  rejected: false,
  physical: 'pass',
  released: true,
  emergencyAt: null,
  hasImplant: false,
  biological: [],
  chemicalFailed: false,
};
const bi = (status: LoadFacts['biological'][number]['status'], readAt: number | null = 100) => ({ status, readAt });

describe('the release matrix, of loads', () => {
  test.each<[what: string, set: Partial<LoadFacts>, status: string]>([
    ['running', { ended: false, released: false }, 'running'],
    ['ended', { released: false }, 'ended'],
    ['released without an indicator', {}, 'released'],
    ['released, its indicator follows', { biological: [bi('incubating', null)] }, 'released'],
    ['its indicator passed', { biological: [bi('pass')] }, 'confirmed'],
    ['one of two passed', { biological: [bi('pass'), bi('incubating', null)] }, 'released'],
    ['its indicator was invalid', { biological: [bi('invalid')] }, 'released'],
    ['an implant waits', { hasImplant: true, biological: [bi('placed', null)] }, 'quarantined'],
    ['an implant whose indicator passed', { hasImplant: true, biological: [bi('pass')] }, 'confirmed'],
    ['an implant whose indicator was invalid', { hasImplant: true, biological: [bi('invalid')] }, 'quarantined'],
    ['an implant with a form', { hasImplant: true, emergencyAt: 50, biological: [bi('incubating', null)] }, 'released-early'],
    ['a form, then invalid', { hasImplant: true, emergencyAt: 50, biological: [bi('invalid')] }, 'quarantined'],
    ['invalid, then a form', { hasImplant: true, emergencyAt: 150, biological: [bi('invalid')] }, 'released-early'],
    ['a form, then passed', { hasImplant: true, emergencyAt: 50, biological: [bi('pass')] }, 'confirmed'],
    ['its indicator grew while it ran', { ended: false, released: false, biological: [bi('fail')] }, 'failed'],
    ['its indicator grew', { biological: [bi('fail')] }, 'failed'],
    ['one of two grew', { biological: [bi('pass'), bi('fail')] }, 'failed'],
    ['rejected', { rejected: true, released: false, biological: [bi('incubating', null)] }, 'rejected'],
    ['rejected, and its indicator grew', { rejected: true, released: false, biological: [bi('fail')] }, 'failed'],
    [
      'rejected for its cycle, and its indicator grew',
      { rejected: true, physical: 'fail', released: false, biological: [bi('fail')] },
      'rejected',
    ],
    ['its chemical indicator was put right to a fail', { chemicalFailed: true }, 'ended'],
    ['a requalification that passed', { purpose: 'requalification', released: false, biological: [bi('pass')] }, 'confirmed'],
    [
      'a requalification whose cycle failed',
      { purpose: 'requalification', physical: 'fail', released: false, biological: [bi('pass')] },
      'ended',
    ],
    ['a requalification without an indicator', { purpose: 'requalification', released: false }, 'ended'],
  ])('%s', (_, set, status) => expect(statusOfLoad({ ...facts, ...set })).toBe(status));

  test('a load with an implant gives nothing out before every indicator has passed, unless there is a form', () => {
    const statuses = fc.constantFrom('placed', 'incubating', 'invalid', 'fail', 'pass' as const);
    fc.assert(
      fc.property(fc.array(statuses, { maxLength: 4 }), fc.boolean(), fc.boolean(), (drawn, ended, released) => {
        const biological = drawn.map((status) => bi(status));
        const status = statusOfLoad({ ...facts, ended, released: released && ended, hasImplant: true, biological });
        const allPassed = drawn.length > 0 && drawn.every((one) => one === 'pass');
        expect(['released', 'released-early'].includes(status)).toBe(false);
        if (status === 'confirmed') expect(allPassed).toBe(true);
      }),
    );
  });

  test('the order of the indicators makes no difference', () => {
    const drawn = fc.array(fc.constantFrom('incubating', 'invalid', 'fail', 'pass' as const), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(drawn, fc.boolean(), (list, hasImplant) => {
        const biological = list.map((status) => bi(status));
        const given = { ...facts, hasImplant, emergencyAt: 50 };
        expect(statusOfLoad({ ...given, biological })).toBe(statusOfLoad({ ...given, biological: biological.toReversed() }));
      }),
    );
  });

  test('only a release can be taken back', () => {
    const taken = loadStatuses.flatMap((before) =>
      loadStatuses.filter((after) => takesBack(before, after)).map((after) => `${before} → ${after}`),
    );
    expect(taken).toEqual([
      'released → ended',
      'released → quarantined',
      'released-early → ended',
      'released-early → quarantined',
      'confirmed → ended',
      'confirmed → quarantined',
    ]);
  });
});
