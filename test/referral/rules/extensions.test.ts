/** The alliance's extensions on the decider: each of their triggers, each side and the office, and each fact, in each of the eleven states. */
import { describe, expect, test } from 'vitest';
import { referral } from '../../../domain/referral/decider.ts';
import { type Acting, actors, decideCommand, decideFact, referralIn, stateAfter } from '../../support/builders/decided-referrals.ts';
import { extensionFacts, extensionRowOf, extensions, extensionTriggers, mayBeAsked } from '../../support/oracles/extension-table.ts';
import { states } from '../../support/oracles/transition-table.ts';

describe.each(states)('in %s', (status) => {
  const legal = extensions.filter(({ from }) => from.includes(status));

  test('what the table allows leads where it says', () => {
    for (const { trigger, actor, to, leaves = {} } of legal) {
      const before = referralIn(status);
      const after = stateAfter(before, decideCommand(before, actor, trigger));
      expect(after.status, `${actor} ${trigger}`).toBe(to?.(status) ?? status);
      expect(after, `${actor} ${trigger}`).toMatchObject(leaves);
    }
  });

  test('everything else is refused with the state and what is allowed', () => {
    const state = referralIn(status);
    let refusals = 0;
    for (const trigger of extensionTriggers)
      for (const actor of Object.keys(actors) as Acting[]) {
        if (extensionRowOf(trigger, actor, status)) continue;
        refusals += 1;
        const what = `${actor} ${trigger}`;
        const verdict = decideCommand(state, actor, trigger);
        expect(verdict, what).toMatchObject({ ok: false, refusal: { code: 'transition-not-allowed', state: status } });
        const allowed = extensionTriggers.filter((each) => extensionRowOf(each, actor, status));
        if (!verdict.ok)
          expect(verdict.refusal.allowed?.filter((each) => extensionTriggers.includes(each)).sort(), what).toEqual(allowed.sort());
      }
    expect(refusals).toBe(extensionTriggers.length * 3 - legal.length);
  });
});

describe.each(mayBeAsked)('asked back in %s', (status) => {
  test('a second question is refused; the answer takes the flag away, and is not given twice', () => {
    const before = referralIn(status);
    const asked = stateAfter(before, decideCommand(before, 'recipient', 'request-information'));
    expect([asked.informationAskedAt, asked.informationClock]).toEqual([expect.any(Number), expect.anything()]);
    const refused = { ok: false, refusal: { code: 'transition-not-allowed', state: status } };
    expect(decideCommand(asked, 'recipient', 'request-information')).toMatchObject(refused);
    const answered = stateAfter(asked, decideCommand(asked, 'initiator', 'answer-information'));
    expect([answered.status, answered.informationAskedAt, answered.informationClock]).toEqual([status, null, null]);
    expect(decideCommand(answered, 'initiator', 'answer-information')).toMatchObject(refused);
  });
});

describe.each(states)('a fact in %s', (status) => {
  test.each(extensionFacts)(
    '$what: cancels it, changes it or is noted on it, as the table says',
    ({ what, name, input, cancels, reason }) => {
      const before = referralIn(status);
      const verdict = decideFact(before, name, what === 'merged' ? { survivorPatientId: 'survivor' } : input);
      const after = stateAfter(before, verdict);
      const expected = cancels.includes(status)
        ? { status: 'cancelled', statusReason: reason, patientId: 'patient' }
        : { status: before.status, statusReason: before.statusReason, patientId: what === 'merged' ? 'survivor' : 'patient' };
      expect(after).toMatchObject(expected);
      expect(verdict).toMatchObject({ decision: { entries: [{ event: name }] } }); // noted, if nothing else
      if (what === 'died') {
        expect(referral.tasks(after)).toEqual([]);
        expect(decideCommand(after, 'initiator', 'reopen')).toMatchObject({ ok: false, refusal: { code: 'transition-not-allowed' } });
      }
      const takenOver = what === 'moved' && status.startsWith('in-progress');
      expect(after.initiator.institutionId).toBe(takenOver ? 'inst-c02' : 'inst-c01');
      if (takenOver)
        expect(decideCommand(after, 'initiator', 'request-cancellation')).toMatchObject({
          ok: false,
          refusal: { code: 'not-current-recipient' },
        });
    },
  );
});
