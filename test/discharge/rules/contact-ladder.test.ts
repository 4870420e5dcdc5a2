/** How long a patient is looked for after a discharge. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attemptChannels, attemptOutcomes, type ContactAttempt, findAttemptProblem } from '../../../domain/discharge/attempts.ts';
import {
  type ContactLadder,
  closeLadder,
  isLostOn,
  isRungOverdue,
  type LadderGround,
  openLadder,
  recordAttempt,
  resumeLadder,
  reviewLadder,
} from '../../../domain/discharge/contact-ladder.ts';
import { isWorkingDay } from '../../../domain/time/calendar.ts';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { publishedCalendar as calendar, discharge } from '../../support/builders/discharge.ts';

const { rules, templates } = discharge;
const at = (text: string) => Date.parse(`2026-${text}:00+08:00`);
const attempt = (
  when: string,
  channel: ContactAttempt['channel'],
  outcome: ContactAttempt['outcome'],
  more: Partial<ContactAttempt> = {},
) => ({
  at: at(when),
  channel,
  outcome,
  ...more,
});

const groundOf = (over: Partial<LadderGround> = {}): LadderGround => ({
  rules,
  templates,
  calendar,
  dischargedOn: '2026-09-30',
  today: '2026-09-30',
  risk: 'high',
  contactDueOn: '2026-10-03',
  isHospitals: true,
  hasNumber: true,
  familyContacts: [0, 1],
  ...over,
});
const open = (over: Partial<LadderGround> = {}, lastRung: 2 | 5 = 5) => openLadder(groundOf(over), { at: at('09-30T10:00'), lastRung });

function follow(attempts: readonly ContactAttempt[], over: Partial<LadderGround> = {}, lastRung: 2 | 5 = 5): ContactLadder {
  return attempts.reduce(
    (ladder, one) => recordAttempt({ ...groundOf(over), today: localDateOf(one.at) }, ladder, one).ladder,
    open(over, lastRung),
  );
}
const shown = ({ rung, dueOn, owner, lostOn, end }: ContactLadder) =>
  end ? `${end.how}` : lostOn ? `lost ${lostOn}` : `${rung} ${dueOn} ${owner.side}`;
const counted = ({ attempts }: ContactLadder) => attempts.map((one) => one.counted);

test('the worked example: calls at 10:00 and 15:00 in vain, the family is due the next day, by the hospital in the holiday', () => {
  expect(shown(open())).toBe('1 2026-10-03 hospital');
  expect(shown(follow([attempt('10-01T10:00', 'phone', 'no-answer')]))).toBe('1 2026-10-03 hospital');
  expect(shown(follow([attempt('10-01T10:00', 'phone', 'no-answer'), attempt('10-01T15:00', 'phone', 'no-answer')]))).toBe(
    '2 2026-10-02 hospital',
  );
});

const twoCalls = [attempt('11-03T10:00', 'phone', 'no-answer'), attempt('11-03T14:00', 'phone', 'no-answer')];
const family = [
  attempt('11-04T10:00', 'second-phone', 'no-answer', { contact: 0 }),
  attempt('11-04T11:00', 'second-phone', 'no-answer', { contact: 1 }),
];
const november = { dischargedOn: '2026-11-02', contactDueOn: '2026-11-04', isHospitals: false };

test('each rung opens with the last try of the one before, and the last one leaves 14 days for a sign', () => {
  const steps = [
    [twoCalls, '2 2026-11-04 centre'],
    [[...twoCalls, family[0]], '2 2026-11-04 centre'],
    [[...twoCalls, ...family], '3 2026-11-05 centre'],
    [[...twoCalls, ...family, attempt('11-05T16:00', 'home', 'no-answer')], '4 2026-11-09 centre'],
    [
      [...twoCalls, ...family, attempt('11-05T16:00', 'home', 'no-answer'), attempt('11-09T16:00', 'community', 'no-answer')],
      '5 2026-11-10 centre',
    ],
    [
      [
        ...twoCalls,
        ...family,
        attempt('11-05T16:00', 'home', 'no-answer'),
        attempt('11-09T16:00', 'community', 'no-answer'),
        attempt('11-10T10:00', 'letter', 'no-answer'),
      ],
      'lost 2026-11-24',
    ],
  ] as const;
  for (const [attempts, expected] of steps) expect(shown(follow(attempts as ContactAttempt[], november))).toBe(expected);
  expect(shown(follow([...twoCalls, ...family], { ...november, risk: 'medium' }))).toBe('3 2026-11-06 centre');
});

test('a call in vain at night or within 4 hours of the last that counted is logged only', () => {
  const calls = (...times: string[]) =>
    counted(
      follow(
        times.map((time) => attempt(time, 'phone', 'no-answer')),
        november,
      ),
    );
  expect(calls('11-03T10:00', '11-03T13:59', '11-03T14:00')).toEqual([true, false, true]);
  expect(calls('11-03T20:59', '11-03T21:00', '11-04T07:59', '11-04T08:00')).toEqual([true, false, false, true]);
  // A call that did not count does not keep the next one from counting.
  expect(calls('11-03T10:00', '11-03T13:00', '11-03T15:00')).toEqual([true, false, true]);
  expect(counted(follow([attempt('11-03T22:00', 'phone', 'reached')], november))).toEqual([true]);
  expect(counted(follow([attempt('11-03T22:00', 'home', 'no-answer')], november))).toEqual([true]);
});

test('two numbers are two numbers', () => {
  expect(counted(follow([...twoCalls, ...family], november))).toEqual([true, true, true, true]);
});

test('a wrong number, none, and no family lead to the next rung at once', () => {
  expect(shown(follow([attempt('11-03T10:00', 'phone', 'wrong-number')], november))).toBe('2 2026-11-04 centre');
  expect(shown(open({ hasNumber: false }))).toBe('2 2026-10-01 hospital');
  expect(shown(open({ hasNumber: false, familyContacts: [] }))).toBe('3 2026-10-08 centre');
  expect(shown(follow(twoCalls, { ...november, familyContacts: [] }))).toBe('3 2026-11-04 centre');
});

test('the third time that somebody asks to be called later counts as unanswered', () => {
  const later = (when: string, callAt: string) => attempt(when, 'phone', 'call-later', { callAt: at(callAt) });
  const three = [later('11-03T10:00', '11-03T18:00'), later('11-03T18:00', '11-04T10:00'), later('11-04T10:00', '11-05T10:00')];
  expect(counted(follow(three, november))).toEqual([false, false, true]);
  expect(shown(follow([...three, attempt('11-04T16:00', 'phone', 'no-answer')], november))).toBe('2 2026-11-05 centre');
});

test('what was tried ahead counts when its rung comes', () => {
  const ahead = attempt('11-03T09:00', 'home', 'no-answer');
  expect(shown(follow([ahead], november))).toBe('1 2026-11-04 centre');
  expect(shown(follow([ahead, ...twoCalls, ...family], november))).toBe('4 2026-11-06 centre');
});

test('a sign of life closes the contact at every rung, also after the letter', () => {
  const all = [
    ...twoCalls,
    ...family,
    attempt('11-05T16:00', 'home', 'no-answer'),
    attempt('11-09T16:00', 'community', 'no-answer'),
    attempt('11-10T10:00', 'letter', 'no-answer'),
  ];
  for (let length = 0; length <= all.length; length += 1)
    expect(shown(follow([...all.slice(0, length), attempt('11-12T10:00', 'incoming', 'reached')], november))).toBe('reached');
  const lost = follow(all, november);
  expect([isLostOn(lost, '2026-11-23'), isLostOn(lost, '2026-11-24')]).toEqual([false, true]);
});

test('who refuses is not called again and is spoken to by the gp', () => {
  const { ladder, effects } = recordAttempt(groundOf(november), open(november), attempt('11-03T10:00', 'phone', 'refused'));
  expect([shown(ladder), effects]).toEqual(['refused', [{ effect: 'conversation' }]]);
});

test('while it is found out whether somebody has moved or died nothing is due; when it was not so the rung goes on', () => {
  const { ladder, effects } = recordAttempt(
    groundOf(november),
    follow(twoCalls, november),
    attempt('11-04T10:00', 'second-phone', 'dead', { contact: 0 }),
  );
  expect(effects).toEqual([{ effect: 'confirm', what: 'dead' }]);
  expect([isRungOverdue(ladder, '2026-11-20'), isLostOn(ladder, '2026-12-20')]).toEqual([false, false]);
  const resumed = resumeLadder({ ...groundOf(november), today: '2026-11-10' }, ladder, at('11-10T10:00'));
  expect(shown(resumed)).toBe('2 2026-11-11 centre');
});

test('a rung that nobody tries is overdue and stays', () => {
  const ladder = follow(twoCalls, november);
  expect([isRungOverdue(ladder, '2026-11-04'), isRungOverdue(ladder, '2026-11-05'), isRungOverdue(ladder, '2027-01-05')]).toEqual([
    false,
    true,
    true,
  ]);
});

test('a visit or a dispensing closes the contact too, and what has ended ends once', () => {
  const seen = closeLadder(follow(twoCalls, november), 'reached', at('11-05T10:00'));
  expect(closeLadder(seen, 'lost', at('11-20T10:00'))).toEqual(seen);
});

test('when the number turns out to be wrong the ladder climbs; when the date of the contact moves the first rung follows it', () => {
  const later = { ...november, contactDueOn: '2026-11-06' };
  expect(shown(reviewLadder(groundOf(later), open(november)))).toBe('1 2026-11-06 centre');
  expect(shown(reviewLadder(groundOf(later), follow(twoCalls, november)))).toBe('2 2026-11-04 centre');
  expect(shown(reviewLadder(groundOf({ ...november, hasNumber: false }), open(november)))).toBe('2 2026-11-03 centre');
});

test('the closing contact ends with the family', () => {
  expect(shown(follow([...twoCalls, ...family], november, 2))).toBe('not-reached');
  expect(shown(follow(twoCalls, { ...november, familyContacts: [] }, 2))).toBe('not-reached');
});

test.each([
  [{ channel: 'second-phone', outcome: 'no-answer' }, 'contact missing'],
  [{ channel: 'second-phone', outcome: 'no-answer', contact: 2 }, 'contact unknown'],
  [{ channel: 'phone', outcome: 'no-answer', contact: 0 }, 'contact unknown'],
  [{ channel: 'phone', outcome: 'call-later' }, 'callAt missing'],
  [{ channel: 'phone', outcome: 'call-later', callAt: at('11-03T10:00') }, 'callAt too-early'],
  [{ channel: 'phone', outcome: 'call-later', callAt: at('11-06T10:00') + 1 }, 'callAt too-late'],
  [{ channel: 'phone', outcome: 'call-later', callAt: at('11-06T10:00') }, 'fine'],
  [{ channel: 'incoming', outcome: 'no-answer' }, 'outcome unknown'],
] as const)('an attempt %j is %s', (given, expected) => {
  const problem = findAttemptProblem(rules, 2, { at: at('11-03T10:00'), ...given });
  expect(problem ? `${problem.path} ${problem.problem}` : 'fine').toBe(expected);
});

test('the ladder only climbs, on days that its owner works, and ends by a sign or after the last rung', () => {
  const anAttempt = fc.record({
    hours: fc.integer({ min: 1, max: 30 }),
    channel: fc.constantFrom(...attemptChannels),
    outcome: fc.constantFrom(...attemptOutcomes.filter((outcome) => outcome !== 'moved' && outcome !== 'dead')),
    contact: fc.constantFrom(0, 1),
  });
  fc.assert(
    fc.property(
      fc.array(anAttempt, { maxLength: 25 }),
      fc.boolean(),
      fc.constantFrom([], [0], [0, 1]),
      (list, hasNumber, familyContacts) => {
        const over = { ...november, hasNumber, familyContacts };
        let ladder = open(over);
        let now = at('11-02T10:00');
        for (const { hours, channel, outcome, contact } of list) {
          now += hours * 3_600_000;
          const one = { at: now, channel, outcome, ...(channel === 'second-phone' ? { contact } : {}) };
          const next = recordAttempt({ ...groundOf(over), today: localDateOf(now) }, ladder, one).ladder;
          expect(next.rung).toBeGreaterThanOrEqual(ladder.rung);
          if (next.rung > 2) expect(next.owner.side === 'centre' && isWorkingDay(calendar, next.dueOn)).toBe(true);
          if (next.rung > ladder.rung && next.rung > 1)
            expect(next.dueOn > localDateOf(next.openedAt) || next.dueOn >= localDateOf(now)).toBe(true);
          if (outcome === 'reached' || outcome === 'refused') expect(next.end).not.toBeNull();
          expect(next.end === null || next.end.how === 'reached' || next.end.how === 'refused').toBe(true);
          ladder = next;
        }
      },
    ),
  );
});
