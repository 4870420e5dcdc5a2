/** Interfaces send their old queues again after every outage: what a late fact tells of before a referral leaves that referral as it is. */
import { describe, expect, test } from 'vitest';
import { isEnded, type ReferralStatus } from '../../../domain/referral/transitions.ts';
import { decideFact, referralIn, stateAfter } from '../../support/builders/decided-referrals.ts';
import { states } from '../../support/oracles/transition-table.ts';

const YEAR = 365 * 86_400_000;
const facts = [
  ['patient-admitted', { institutionId: 'inst-h3' }],
  ['patient-moved', { homeInstitutionId: 'inst-c02' }],
] as const;

describe.each(states)('in %s', (status) => {
  const before = referralIn(status);

  test.each(facts)('%s of a year ago is noted and changes nothing, told in time it is heard', (name, input) => {
    const late = decideFact(before, name, { ...input, toldLateByMs: YEAR });
    expect(stateAfter(before, late)).toEqual(before);
    expect(late).toMatchObject({ ok: true, decision: { entries: [{ event: name, because: [{ clause: 'noted' }] }] } });
    for (const inTime of [{ ...input, toldLateByMs: 0 }, input])
      expect(stateAfter(before, decideFact(before, name, inTime)) !== before).toBe(true);
  });

  test('a death ends what is open, however late it is told', () => {
    const after = stateAfter(before, decideFact(before, 'patient-died', { toldLateByMs: YEAR }));
    expect([after.deceasedAt !== null, isEnded(after.status as ReferralStatus)]).toEqual([true, true]);
  });
});

test('a draft counts from its writing, what was sent from its sending; clocks that differ by minutes decide nothing', () => {
  const HOUR = 3_600_000;
  const admitted = (status: string, toldLateByMs: number) => {
    const before = referralIn(status);
    return stateAfter(before, decideFact(before, 'patient-admitted', { institutionId: 'inst-h3', toldLateByMs })).status;
  };
  // Each step of these referrals comes an hour after the one before it.
  expect([admitted('draft', 2 * HOUR), admitted('draft', HOUR + 60_000)]).toEqual(['draft', 'cancelled']);
  expect([admitted('received', 2 * HOUR), admitted('received', HOUR + 60_000)]).toEqual(['received', 'cancelled']);
});
