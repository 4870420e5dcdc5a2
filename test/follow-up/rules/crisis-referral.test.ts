/** An urgent referral that a confirmed crisis value has started counts in the follow-up like one that a visit has started. */
import { expect, test } from 'vitest';
import { addDays, localDateOf } from '../../../domain/time/local-date.ts';
import { DAY_MS } from '../../../domain/time/shanghai.ts';
import { visitWithPressure } from '../../support/builders/follow-up.ts';
import { lifeOf } from '../../support/builders/follow-up-life.ts';

type Life = ReturnType<typeof lifeOf>;

/** Comes two weeks later with a pressure off target, which is no crisis. */
const comeOffTarget = (life: Life) => life.visit('htn-2017', visitWithPressure(addDays(localDateOf(life.now()), 14), 164, 98));
const startedReferrals = (life: Life) => life.state().referrals.map(({ id }) => id);
const lastAction = (life: Life) => life.enrolment('htn-2017').last?.action;

test('while it is open no visit off target starts a second referral', () => {
  const alone = lifeOf('htn-2017');
  comeOffTarget(alone);
  comeOffTarget(alone);
  expect([lastAction(alone), startedReferrals(alone).length]).toEqual(['refer', 1]);

  const life = lifeOf('htn-2017');
  comeOffTarget(life);
  life.fact('crisis-referral-started', { referralId: 'of-the-crisis' });
  life.fact('crisis-referral-started', { referralId: 'of-the-crisis' });
  comeOffTarget(life);
  comeOffTarget(life);
  expect(startedReferrals(life)).toEqual(['of-the-crisis']);
  expect(life.enrolment('htn-2017').last?.uncontrolledInARow).toBe(3);
});

test('its reviewed outcome begins the count anew; one that ends without is forgotten', () => {
  for (const reviewed of [true, false]) {
    const life = lifeOf('htn-2017');
    comeOffTarget(life);
    life.fact('crisis-referral-started', { referralId: 'of-the-crisis' });
    life.forwardTo(life.now() + DAY_MS);
    life.fact('referral-closed', { referralId: 'of-the-crisis', reviewed });
    comeOffTarget(life);
    expect([life.enrolment('htn-2017').last?.uncontrolledInARow, lastAction(life)]).toEqual(reviewed ? [1, 'adjust'] : [2, 'refer']);
  }
});

test('a follow-up that is over notes it only', () => {
  const life = lifeOf('htn-2017');
  life.fact('patient-died', {});
  life.fact('crisis-referral-started', { referralId: 'of-the-crisis' });
  expect(life.state().referrals).toEqual([]);
});
