/** A decision as it is stored leads to the same state as the whole one, from a state with its documents and from one that names them. */
import { expect, test } from 'vitest';
import { followUp } from '../../../domain/follow-up/decider.ts';
import { liveResident } from '../../../domain/follow-up/simulated-life.ts';
import type { FollowUpState } from '../../../domain/follow-up/state.ts';
import { type Decision, evolve } from '../../../domain/kit/pathway.ts';
import { toStoredDecision } from '../../../domain/kit/stored-decision.ts';
import { referral } from '../../../domain/referral/decider.ts';
import { centreOf, createResidentRandom, loadSimulationRules, SIMULATED_FROM } from '../../../worker/simulate.ts';
import { createShelf } from '../../support/builders/document-shelf.ts';

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));
const rules = loadSimulationRules();
const documents = [...Object.values(rules.protocols), ...Object.values(rules.education).flat(), rules.riskModel, rules.calendar];
const { shorten, lengthen } = createShelf(documents, followUp.blanks);

const seed = Number(process.env.CAREPATH_TEST_SEED ?? Date.now() % 1_000_000);
console.log(`Simulated residents with the seed ${seed}; CAREPATH_TEST_SEED=${seed} repeats them.`);

test('of every step of six simulated lives', () => {
  for (let resident = 0; resident < 6; resident++) {
    const life = liveResident(
      createResidentRandom(seed, resident),
      { ...rules, from: SIMULATED_FROM, years: 3 },
      `r${resident}`,
      centreOf(resident),
    );
    let named = plain(shorten(followUp.initial));
    for (const { event, before, after } of life) {
      const verdict = followUp.decide(before, event);
      if (!verdict.ok) throw new Error(`${event.name} was refused.`);
      const stored = plain(toStoredDecision(named, shorten(plain(verdict.decision))));
      expect(plain(evolve(plain(before), lengthen(stored)))).toEqual(plain(after));
      named = plain(evolve(named, stored));
      expect(lengthen(named)).toEqual(plain(after));
      // As the next commit reads it.
      named = plain(shorten(lengthen(named)));
    }
  }
});

test('a decision of older code, which writes whole fields, leads to the state that it always has', () => {
  const decision: Decision<FollowUpState> = { at: 1, set: { planCount: 3, referrals: [] }, entries: [], messages: [] };
  expect(evolve(followUp.initial, decision)).toEqual({ ...followUp.initial, planCount: 3, referrals: [] });
});

test('reasons that stand in the entries stand there only, and come back into the state', () => {
  const because = [1, 2].map((n) => ({ rule: `rule-${n}`, clause: 'so it is written', evidence: { n } }));
  const decision = {
    at: 1,
    set: { last: { because } },
    entries: [{ event: 'step', from: null, to: null, because: [because[0], ...because] }],
    messages: [],
  };
  const stored = toStoredDecision<object>({ last: null }, decision as Decision<object>);
  expect(stored).toMatchObject({ set: { last: { because: { $reasons: [1, 3] } } }, within: {} });
  expect(evolve({ last: null } as object, stored)).toEqual({ last: { because } });
});

test('a state that the decision was not made on is refused instead of becoming a third one', () => {
  const stored = { at: 1, set: {}, within: { clock: { in: { rungs: { set: { 2: 'fired' } } } } }, entries: [], messages: [] };
  expect(() => evolve(referral.initial, stored as Decision<typeof referral.initial>)).toThrow();
});
