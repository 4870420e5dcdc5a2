/** The published table on the decider: each of its rows, and every pair of trigger and side that it does not have. */
import { describe, expect, test } from 'vitest';
import { businessStatusOf, type ReferralStatus } from '../../../domain/referral/transitions.ts';
import { decideCommand, referralIn, stateAfter } from '../../support/builders/decided-referrals.ts';
import { actors, findLegalRow, rows, states, triggers } from '../../support/oracles/transition-table.ts';

test('the table has 11 states, 11 triggers, 30 legal pairs and 212 others', () => {
  expect([states.length, triggers.length, rows.length]).toEqual([11, 11, 30]);
  expect(states.length * triggers.length * actors.length - rows.length).toBe(212);
});

describe('each of the 30 rows leads where the table says', () => {
  test.each(rows)('row $tid: $actor $trigger, $from → $to', ({ actor, trigger, from, to, businessStatus }) => {
    const before = referralIn(from);
    const { status } = stateAfter(before, decideCommand(before, actor, trigger));
    expect([status, businessStatusOf(status as ReferralStatus)]).toEqual([to, businessStatus]);
  });
});

describe('everything else is refused, with the state and what is allowed', () => {
  let refusals = 0;
  test.each(states)('in %s', (status) => {
    const state = referralIn(status);
    for (const actor of actors)
      for (const trigger of triggers) {
        if (findLegalRow(status, actor, trigger)) continue;
        refusals++;
        const verdict = decideCommand(state, actor, trigger);
        const allowed = triggers.filter((name) => findLegalRow(status, actor, name));
        expect(verdict, `${actor} ${trigger}`).toMatchObject({ ok: false, refusal: { code: 'transition-not-allowed', state: status } });
        if (!verdict.ok)
          expect(verdict.refusal.allowed?.filter((name) => triggers.includes(name)).sort(), `${actor} ${trigger}`).toEqual(allowed.sort());
      }
  });
  test('212 of them', () => expect(refusals).toBe(212));
});
