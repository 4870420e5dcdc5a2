/** What evolves from a stored decision: the state that the whole one leads to, and no state from one that it was not made on. */
import { expect, test } from 'vitest';
import { type Decision, evolve } from '../../../domain/kit/pathway.ts';
import { toStoredDecision } from '../../../domain/kit/stored-decision.ts';

test('a decision of older code, which writes whole fields, leads to the state that it always has', () => {
  const decision: Decision<object> = { at: 1, set: { count: 3, referrals: [] }, entries: [], messages: [] };
  expect(evolve({ count: 2, visits: ['one'], referrals: ['two'] }, decision)).toEqual({ count: 3, visits: ['one'], referrals: [] });
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
  expect(() => evolve<object>({ clock: null }, stored)).toThrow();
});
