/** What a patient hears of a referral: everything that changes where and when to go, nothing twice, and nothing that is no longer so. */
import { expect, test } from 'vitest';
import { evolve, findEarliest, type Verdict } from '../../../domain/kit/pathway.ts';
import { referral } from '../../../domain/referral/decider.ts';
import type { ReferralState } from '../../../domain/referral/state.ts';
import { decideCommand, decideFact, referralIn, stateAfter } from '../../support/builders/decided-referrals.ts';

const toPatient = (verdict: Verdict<ReferralState>) =>
  verdict.ok ? verdict.decision.messages.filter(({ recipients }) => recipients.some(({ to }) => to === 'patient')) : [];
const heard = (verdict: Verdict<ReferralState>) => toPatient(verdict).map(({ template, parameters }) => [template, parameters.placeId]);

/** Lets everything come due until something is told to the patient. */
function untilHeard(state: ReferralState): { state: ReferralState; verdict: Verdict<ReferralState> } {
  for (let now = state; ; ) {
    const due = findEarliest(referral.obligations(now));
    if (!due) throw new Error('Nothing is due any more.');
    const verdict = referral.decide(now, { kind: 'due', name: due.name, id: due.id, at: due.at, actor: null, input: null });
    if (!verdict.ok) throw new Error('It was refused.');
    now = evolve(now, verdict.decision);
    if (toPatient(verdict).length > 0) return { state: now, verdict };
  }
}

test('a referral that nobody answers is told when it goes on, and when it ends', () => {
  const rerouted = untilHeard(referralIn('received'));
  expect(heard(rerouted.verdict)).toEqual([['referral-rerouted', 'inst-h2']]);
  const expired = untilHeard(rerouted.state);
  expect(heard(expired.verdict)).toEqual([['referral-expired', 'inst-h2']]);
  const message = toPatient(expired.verdict)[0];
  const queued = { audience: 'patient', template: message?.template ?? '', parameters: message?.parameters ?? {} } as const;
  expect(referral.standing(expired.state, queued).outdated).toBeNull();
  expect(referral.standing(rerouted.state, queued).outdated).toBe('already-done');
});

test('each step is told in its own words, with the place where it is', () => {
  const of = (status: string, actor: 'initiator' | 'recipient', trigger: string) =>
    heard(decideCommand(referralIn(status), actor, trigger));
  expect(of('draft', 'initiator', 'send-referral-package')).toEqual([['referral-received', 'inst-h1']]);
  expect(of('received', 'recipient', 'send-acceptance')).toEqual([['referral-accepted', 'inst-h1']]);
  expect(of('received', 'recipient', 'send-decline')).toEqual([['referral-declined', 'inst-h1']]);
  expect(of('received', 'initiator', 'withdraw')).toEqual([['referral-cancelled', 'inst-h1']]);
  expect(of('accepted', 'recipient', 'schedule-visit')).toEqual([
    ['visit-scheduled', 'inst-h1'],
    ['visit-reminder', 'inst-h1'],
  ]);
  expect(of('in-progress/5.1.1', 'recipient', 'reschedule-visit')).toEqual([
    ['visit-rescheduled', 'inst-h1'],
    ['visit-reminder', 'inst-h1'],
  ]);
  expect(of('in-progress/5.1.1', 'recipient', 'cancel-appointment')).toEqual([['appointment-cancelled', 'inst-h1']]);
  expect(of('accepted', 'recipient', 'refer-onward')).toEqual([['referred-onward', 'inst-h2']]);
});

test('an emergency is told where to go, and never afterwards to wait', () => {
  const draft: ReferralState = { ...referralIn('draft'), emergency: true, urgency: 'urgent' };
  const sent = decideCommand(draft, 'initiator', 'send-referral-package');
  expect(heard(sent)).toEqual([['referral-emergency', 'inst-h1']]);
  const received = stateAfter(draft, sent);
  const accepted = decideCommand(received, 'recipient', 'send-acceptance');
  expect(heard(accepted)).toEqual([]);
  const parameters = toPatient(sent)[0]?.parameters ?? {};
  const queued = { audience: 'patient', template: 'referral-emergency', parameters } as const;
  expect(referral.standing(stateAfter(received, accepted), queued)).toMatchObject({ outdated: null, emergency: true });
});

test('an emergency that goes to another place says so with the new place, and the old text does not go any more', () => {
  const received: ReferralState = { ...referralIn('received'), emergency: true, urgency: 'urgent' };
  const onward = decideCommand(received, 'recipient', 'refer-onward');
  expect(heard(onward)).toEqual([['referral-emergency', 'inst-h2']]);
  const old = { audience: 'patient', template: 'referral-emergency', parameters: { placeId: 'inst-h1' } } as const;
  expect(referral.standing(stateAfter(received, onward), old).outdated).toBe('already-done');
});

test('nobody who has died hears anything', () => {
  expect(heard(decideFact(referralIn('in-progress/5.1.1'), 'patient-died', {}))).toEqual([]);
});
