/** No referral leaves its institution without consent, except an emergency. */
import { describe, expect, test } from 'vitest';
import { defaultReferralConfiguration } from '../../../domain/alliance/configuration.ts';
import { type Actor, evolve, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { referral } from '../../../domain/referral/decider.ts';
import type { CreateReferral } from '../../../domain/referral/events.ts';
import type { ReferralState } from '../../../domain/referral/state.ts';

const gp: Actor = { personId: 'gp', institutionId: 'c1', role: 'gp' };
const { rerouteInstitutionIds: _, ...rules } = defaultReferralConfiguration;
const form: CreateReferral = {
  draft: true,
  patientId: 'patient',
  direction: 'up',
  urgency: 'routine',
  emergency: false,
  consentGiven: false,
  overridden: false,
  replacesId: null,
  initiatorDepartmentId: null,
  addressee: { institutionId: 'h1', departmentId: null },
  policy: { ...rules, version: 1, reroute: [] },
};
const command = (name: string, input: unknown): PathwayEvent => ({ kind: 'command', name, id: name, at: 1_000, actor: gp, input });
const create = (over: Partial<CreateReferral> = {}) => referral.decide(referral.initial, command('create', { ...form, ...over }));

function draft(over: Partial<CreateReferral> = {}): ReferralState {
  const verdict = create(over);
  if (!verdict.ok) throw new Error(`The creation was refused: ${verdict.refusal.code}.`);
  return evolve(referral.initial, verdict.decision);
}
const codeOf = (state: ReferralState, name: string, input: unknown): string => {
  const verdict = referral.decide(state, command(name, input));
  return verdict.ok ? 'done' : verdict.refusal.code;
};

describe('without consent a referral stays where it was written', () => {
  test.each([
    ['sent at once', () => create({ draft: false })],
    ['a draft that is sent', () => referral.decide(draft(), command('send-referral-package', {}))],
    [
      'a draft whose patient refuses',
      () => referral.decide(draft({ consentGiven: true }), command('send-referral-package', { consentGiven: false })),
    ],
  ])('%s', (_what, decide) => {
    expect(decide()).toMatchObject({ ok: false, refusal: { code: 'consent-missing' } });
  });

  test('until the consent comes with the sending or before it', () => {
    expect(codeOf(draft(), 'send-referral-package', { consentGiven: true })).toBe('done');
    const changed = referral.decide(draft(), command('edit-draft', { fields: ['consent'], consentGiven: true }));
    if (!changed.ok) throw new Error(changed.refusal.code);
    expect(codeOf(evolve(draft(), changed.decision), 'send-referral-package', {})).toBe('done');
  });
});

test('an emergency leaves without consent and owes it within a day', () => {
  const verdict = create({ draft: false, emergency: true });
  if (!verdict.ok) throw new Error(verdict.refusal.code);
  expect(evolve(referral.initial, verdict.decision)).toMatchObject({ status: 'received', consentClock: { name: 'consent' } });
});

test('a referral that older code has sent without consent goes on', () => {
  const sent = referral.decide(draft({ consentGiven: true }), command('send-referral-package', {}));
  if (!sent.ok) throw new Error(sent.refusal.code);
  const old = { ...evolve(draft({ consentGiven: true }), sent.decision), consentGiven: false };
  const accepted = referral.decide(old, {
    ...command('send-acceptance', {}),
    actor: { personId: 's', institutionId: 'h1', role: 'specialist' },
  });
  expect(accepted.ok).toBe(true);
});
