/** Whether a pack may be dispensed: a table for each check, with clause and evidence, and their order. */
import { describe, expect, test } from 'vitest';
import { loadNormRules } from '../../../db/sterile-supply/norm-rules.ts';
import {
  type DispensableGround,
  type DispensableQuestion,
  dispensableCodes,
  reasonsAgainst,
} from '../../../domain/sterile-supply/dispensable.ts';
import { loadStatuses, packStatuses, rejectReasons } from '../../../domain/sterile-supply/vocabulary.ts';

const rules = loadNormRules('2026-03-09');
const at = Date.parse('2026-03-09T12:00:00+08:00');

const load = { id: 'load', status: 'released', biPassed: false, emergency: null } as const;
const good: DispensableGround = {
  packId: 'pack',
  status: 'released',
  rejectReason: null,
  packaging: 'pouch',
  implant: false,
  ownerInstitutionId: null,
  expiresOn: '2026-09-05',
  labelPrint: 1,
  unloaded: true,
  load,
  recallIds: [],
  breachIds: [],
  allocatedInstitutionId: null,
  consignedInstitutionId: null,
  lyingInstitutionId: null,
};
const judge = (ground: Partial<DispensableGround>, question: Partial<DispensableQuestion> = {}) =>
  reasonsAgainst({ ...good, ...ground }, { for: 'c01', at, print: null, ...question }, rules);
const codes = (...args: Parameters<typeof judge>) => judge(...args).map(({ code }) => code);

test('nothing speaks against a good pack', () => {
  expect(judge({})).toEqual([]);
  expect(judge({ load: null })).toEqual([]);
});

describe('1: its status', () => {
  test.each(rejectReasons)('rejected: %s', (rejectReason) => {
    expect(judge({ status: 'rejected', rejectReason })).toEqual([
      { code: rejectReason, clause: 'WS 310.2 5.8; WS 310.3 4.4.1.3', evidence: { status: 'rejected', rejectReason } },
    ]);
  });
  test.each(['opened', 'ended'] as const)('%s', (status) => {
    expect(judge({ status })).toEqual([
      { code: status, clause: 'WS 310.2 5.8; WS 310.3 4.4.1.3', evidence: { status, rejectReason: null } },
    ]);
  });
  test('broken out: it has ended, whatever it was rejected for', () => {
    expect(codes({ status: 'ended', rejectReason: 'wet' })).toEqual(['ended']);
  });
});

describe('2: not sterilised', () => {
  test.each(packStatuses.map((status) => [status, ['assembled', 'checked', 'in-load'].includes(status)] as const))(
    '%s: %s',
    (status, fails) => {
      expect(codes({ status, load: null }).includes('not-sterilised')).toBe(fails);
    },
  );
  test('also where it was rejected before it came out of its load', () => {
    expect(judge({ status: 'rejected', rejectReason: 'compromised', unloaded: false, load: null })).toMatchObject([
      { code: 'compromised' },
      { code: 'not-sterilised', clause: 'WS 310.2 5.8' },
    ]);
  });
});

describe('3: its load', () => {
  test.each(loadStatuses)('%s', (status) => {
    const expected = ['released', 'confirmed'].includes(status)
      ? []
      : status === 'released-early'
        ? ['emergency-only']
        : [status === 'failed' ? 'load-failed' : 'load-not-released'];
    expect(codes({ load: { ...load, status } })).toEqual(expected);
  });
  test('has its clause and evidence', () => {
    expect(judge({ load: { ...load, status: 'failed' } })).toEqual([
      { code: 'load-failed', clause: 'WS 310.3 4.4.1', evidence: { loadId: 'load', loadStatus: 'failed' } },
    ]);
    expect(judge({ load: { ...load, status: 'ended' } })).toEqual([
      { code: 'load-not-released', clause: 'WS 310.3 4.4.1', evidence: { loadId: 'load', loadStatus: 'ended' } },
    ]);
  });
});

describe('4: an implant', () => {
  const form = { packIds: ['pack'], institutionId: 'c01' };
  test('waits for a biological indicator of its load that has passed', () => {
    expect(judge({ implant: true })).toEqual([{ code: 'implant-bi-pending', clause: 'WS 310.3 4.4.1.5', evidence: { loadId: 'load' } }]);
    expect(judge({ implant: true, load: { ...load, biPassed: true } })).toEqual([]);
    expect(judge({ implant: true, load: null })).toEqual([]);
  });
  test('or stands on an emergency form', () => {
    expect(judge({ implant: true, load: { ...load, status: 'released-early', emergency: form } })).toEqual([]);
    expect(codes({ implant: true, load: { ...load, status: 'released-early', emergency: { ...form, packIds: ['other'] } } })).toEqual([
      'implant-bi-pending',
      'emergency-only',
    ]);
  });
});

describe('5: a load that was released early', () => {
  const early = (packIds: string[]) => ({
    load: { ...load, status: 'released-early' as const, emergency: { packIds, institutionId: 'c01' } },
  });
  test('gives its form’s packs to its form’s centre', () => {
    expect(judge(early(['pack']))).toEqual([]);
    expect(judge(early(['pack']), { for: null })).toEqual([]);
    expect(judge(early(['pack']), { for: 'c02' })).toEqual([
      { code: 'emergency-only', clause: 'WS 310.2 5.10', evidence: { loadId: 'load', onForm: true, forInstitutionId: 'c01' } },
    ]);
  });
  test('and nothing else to anybody', () => {
    for (const institutionId of ['c01', 'c02', null]) expect(codes(early(['other']), { for: institutionId })).toEqual(['emergency-only']);
  });
});

test('6: a line in a recall', () => {
  expect(judge({ recallIds: ['r1', 'r2'] })).toEqual([
    { code: 'recalled', clause: 'WS 310.3 4.4.1.4', evidence: { recallId: 'r1', recalls: 2 } },
  ]);
});

describe('7: its last day', () => {
  const ask = (instant: string) => codes({ expiresOn: '2026-03-23' }, { at: Date.parse(instant) });
  test('is included to its end in Shanghai', () => {
    expect(ask('2026-03-23T23:59:59+08:00')).toEqual([]);
    expect(ask('2026-03-24T00:00:00+08:00')).toEqual(['expired']);
  });
  test('has its clause and evidence; before a cycle there is none', () => {
    expect(judge({ expiresOn: '2026-03-08' })).toEqual([
      { code: 'expired', clause: 'WS 310.2 5.9.5', evidence: { expiresOn: '2026-03-08', on: '2026-03-09' } },
    ]);
    expect(codes({ expiresOn: null })).toEqual([]);
  });
});

test('8: a breach that nobody has reviewed, except of cotton, which is shortened instead', () => {
  expect(judge({ breachIds: ['b1'], packaging: 'paper-bag' })).toEqual([
    { code: 'climate-review', clause: 'carepath sterile supply 4.8', evidence: { breachId: 'b1', packaging: 'paper-bag' } },
  ]);
  expect(judge({ breachIds: ['b1'], packaging: 'cotton' })).toEqual([]);
});

test('9: what a centre owns goes to no other', () => {
  expect(judge({ ownerInstitutionId: 'c02' })).toEqual([
    { code: 'wrong-owner', clause: 'carepath sterile supply 4.9', evidence: { ownerInstitutionId: 'c02', forInstitutionId: 'c01' } },
  ]);
  expect(judge({ ownerInstitutionId: 'c01' })).toEqual([]);
  expect(judge({ ownerInstitutionId: 'c02' }, { for: null })).toEqual([]);
});

describe('10: what is held for or lies at another centre', () => {
  test.each(['allocatedInstitutionId', 'consignedInstitutionId', 'lyingInstitutionId'] as const)('%s', (field) => {
    expect(judge({ [field]: 'c02' })).toEqual([
      {
        code: 'held-elsewhere',
        clause: 'carepath sterile supply 4.10',
        evidence: { heldForInstitutionId: 'c02', lies: field === 'lyingInstitutionId', forInstitutionId: 'c01' },
      },
    ]);
    expect(judge({ [field]: 'c01' })).toEqual([]);
    expect(judge({ [field]: 'c02' }, { for: null })).toEqual([]);
  });
  test('where it lies decides before whom it is packed for, and that before whom it is set aside for', () => {
    expect(codes({ lyingInstitutionId: 'c01', consignedInstitutionId: 'c02', allocatedInstitutionId: 'c02' })).toEqual([]);
    expect(codes({ consignedInstitutionId: 'c01', allocatedInstitutionId: 'c02' })).toEqual([]);
  });
});

test('11: a label that was printed over', () => {
  expect(judge({ labelPrint: 2 }, { print: 1 })).toEqual([
    { code: 'label-superseded', clause: 'carepath sterile supply 4.11', evidence: { print: 1, newestPrint: 2 } },
  ]);
  expect(judge({ labelPrint: 2 }, { print: 2 })).toEqual([]);
  expect(judge({ labelPrint: 2 }, { print: null })).toEqual([]);
});

test('all checks that fail are given, in the order of the machine', () => {
  const all = codes(
    {
      status: 'rejected',
      rejectReason: 'wet',
      unloaded: false,
      implant: true,
      load: { ...load, status: 'failed' },
      recallIds: ['r'],
      expiresOn: '2026-03-01',
      breachIds: ['b'],
      ownerInstitutionId: 'c02',
      lyingInstitutionId: 'c02',
      labelPrint: 2,
    },
    { print: 1 },
  );
  expect(all).toEqual([
    'wet',
    'not-sterilised',
    'load-failed',
    'implant-bi-pending',
    'recalled',
    'expired',
    'climate-review',
    'wrong-owner',
    'held-elsewhere',
    'label-superseded',
  ]);
  expect(dispensableCodes.filter((code) => all.includes(code))).toEqual(all);
});
