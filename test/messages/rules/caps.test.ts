import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MessageRules, type MessageToPlan, planMessage } from '../../../domain/messages/caps.ts';
import { defaultQuietHours, isQuiet } from '../../../domain/messages/quiet-hours.ts';
import { startOfDay } from '../../../domain/time/shanghai.ts';

const at = (shanghai: string): number => Date.parse(`${shanghai}+08:00`);
const rules: MessageRules = { quietHours: defaultQuietHours, patientMessagesPerDay: 2 };
const toPatient: MessageToPlan = { audience: 'patient', emergency: false, disturbs: true, dueAt: null };

const noon = at('2026-03-02T12:00:00');
const twoToday = [at('2026-03-02T09:00:00'), at('2026-03-02T10:00:00')];

describe('a message to a patient', () => {
  test('goes by day, while the day has room', () => {
    expect(planMessage(toPatient, noon, twoToday.slice(1), rules)).toEqual({ plan: 'send' });
  });
  test('waits for the end of quiet hours', () => {
    expect(planMessage(toPatient, at('2026-03-01T22:00:00'), [], rules)).toEqual({
      plan: 'postpone',
      until: at('2026-03-02T08:00:00'),
      reason: 'quiet-hours',
    });
  });
  test('over the cap waits for the next day’s morning', () => {
    expect(planMessage(toPatient, noon, twoToday, rules)).toEqual({
      plan: 'postpone',
      until: at('2026-03-03T08:00:00'),
      reason: 'daily-cap',
    });
  });
  test('waits for the day after a day that is full already', () => {
    expect(planMessage(toPatient, at('2026-03-01T22:00:00'), twoToday, rules)).toMatchObject({ until: at('2026-03-03T08:00:00') });
  });
  test('that is a letter waits for no hour and no cap, and is withdrawn when it is too late', () => {
    const letter = { ...toPatient, disturbs: false };
    expect(planMessage(letter, at('2026-03-01T22:00:00'), twoToday, rules)).toEqual({ plan: 'send' });
    expect(planMessage({ ...letter, dueAt: noon }, noon, [], rules)).toEqual({ plan: 'withdraw', reason: 'too-late' });
  });
  test('is withdrawn when it could only go after what it asks for is due', () => {
    const night = at('2026-03-01T22:00:00');
    const morning = at('2026-03-02T08:00:00');
    expect(planMessage({ ...toPatient, dueAt: morning }, night, [], rules)).toEqual({ plan: 'withdraw', reason: 'too-late' });
    expect(planMessage({ ...toPatient, dueAt: morning + 1 }, night, [], rules)).toMatchObject({ plan: 'postpone', until: morning });
    expect(planMessage({ ...toPatient, dueAt: noon }, noon, [], rules)).toEqual({ plan: 'withdraw', reason: 'too-late' });
  });
});

const anyInstant = fc.integer({ min: at('2026-01-01T00:00:00'), max: at('2026-01-20T00:00:00') });
const minute = fc.integer({ min: 0, max: 24 * 60 - 1 });
const anyRules = fc.record({
  quietHours: fc.record({ fromMinute: minute, untilMinute: minute }),
  patientMessagesPerDay: fc.integer({ min: 1, max: 4 }),
});
const others = fc.array(anyInstant, { maxLength: 40 });
const dueAt = fc.option(anyInstant, { nil: null });

describe('whatever the rules', () => {
  test('staff and emergencies never wait', () => {
    const free = fc.constantFrom(
      { audience: 'person', emergency: false, disturbs: true } as const,
      { audience: 'person', emergency: true, disturbs: true } as const,
      { audience: 'patient', emergency: true, disturbs: true } as const,
    );
    fc.assert(
      fc.property(free, dueAt, anyInstant, others, anyRules, (message, due, instant, sentAt, any) => {
        expect(planMessage({ ...message, dueAt: due }, instant, sentAt, any)).toEqual({ plan: 'send' });
      }),
    );
  });

  test('a patient is never written to in quiet hours, on a full day, or too late', () => {
    fc.assert(
      fc.property(dueAt, anyInstant, others, anyRules, (due, instant, sentAt, any) => {
        const plan = planMessage({ ...toPatient, dueAt: due }, instant, sentAt, any);
        if (plan.plan === 'withdraw') {
          expect(due).not.toBeNull();
          return;
        }
        const goes = plan.plan === 'send' ? instant : plan.until;
        expect(goes).toBeGreaterThanOrEqual(instant);
        expect(isQuiet(goes, any.quietHours)).toBe(false);
        expect(sentAt.filter((other) => startOfDay(other) === startOfDay(goes)).length).toBeLessThan(any.patientMessagesPerDay);
        if (due !== null) expect(goes).toBeLessThan(due);
      }),
    );
  });

  test('a message that asks for nothing is never withdrawn, and a postponed one goes when its time has come', () => {
    fc.assert(
      fc.property(anyInstant, others, anyRules, (instant, sentAt, any) => {
        const plan = planMessage(toPatient, instant, sentAt, any);
        expect(plan.plan).not.toBe('withdraw');
        if (plan.plan === 'postpone') expect(planMessage(toPatient, plan.until, sentAt, any)).toEqual({ plan: 'send' });
      }),
    );
  });

  test('a day’s worth planned one after the other keeps the cap', () => {
    fc.assert(
      fc.property(fc.array(anyInstant, { minLength: 1, maxLength: 30 }), anyRules, (instants, any) => {
        const going: number[] = [];
        for (const instant of instants) {
          const plan = planMessage(toPatient, instant, going, any);
          going.push(plan.plan === 'postpone' ? plan.until : instant);
        }
        for (const day of new Set(going.map(startOfDay)))
          expect(going.filter((one) => startOfDay(one) === day).length).toBeLessThanOrEqual(any.patientMessagesPerDay);
      }),
    );
  });
});
