/** What a morning digest says, and which messages it takes the place of. */
import { describe, expect, test } from 'vitest';
import {
  type DigestCounts,
  findDigestPart,
  isEmptyDigest,
  readDigestCounts,
  renderDigest,
  toDigestParameters,
} from '../../../domain/messages/digest.ts';
import { lintText } from '../../../domain/messages/lint-text.ts';
import { findReminderAt } from '../../../domain/messages/reminders.ts';

const morning = Date.parse('2026-12-03T09:30:00+08:00');
const counts: DigestCounts = { open: 38, overdue: 2, news: 1, kinds: { 'call-patient': 2, 'follow-up-visit': 36 } };
const text = (some: DigestCounts, language: 'zh' | 'en' = 'zh') => renderDigest(some, morning, 'https://carepath.example/', language).body;

describe('a digest', () => {
  test('has counts and a link', () => {
    expect(text(counts)).toBe(
      '2026年12月3日（星期四）早间提要：待办38项（随访36、致电居民2），其中已逾期2项；另有变化1条。请登录系统查看：https://carepath.example/',
    );
    expect(text(counts, 'en')).toBe(
      'Morning digest of Thursday, 3 December 2026: 38 open tasks (Follow-up visit: 36; Call the resident: 2), 2 of them overdue; 1 change. Please sign in: https://carepath.example/',
    );
    expect(text({ open: 1, overdue: 0, news: 0, kinds: {} })).toBe(
      '2026年12月3日（星期四）早间提要：待办1项。请登录系统查看：https://carepath.example/',
    );
  });

  test('names nobody, no disease and no department', () => {
    const facts = { centre: null, place: null, number: null, startsAt: morning, dueAt: morning, fasting: false };
    for (const language of ['zh', 'en'] as const)
      expect(lintText({ text: text(counts, language), language, duties: [], facts })).toEqual([]);
  });

  test('is kept as it was sent', () => {
    expect(readDigestCounts(toDigestParameters(counts))).toEqual(counts);
    expect(readDigestCounts({ news: 3 })).toBeUndefined();
    expect([isEmptyDigest(counts), isEmptyDigest({ ...counts, open: 0 }), isEmptyDigest({ ...counts, open: 0, news: 0 })]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('takes routine matters, and nothing that is urgent', () => {
    expect(['follow-up-open', 'follow-up-overdue'].map(findDigestPart)).toEqual(['task', 'task']);
    expect(['follow-up-expired', 'follow-up-lost'].map(findDigestPart)).toEqual(['news', 'news']);
    for (const urgent of ['reading-episode', 'rung-0', 'rung-50', 'rung-100', 'call-repeat', 'referral-received', 'stop-use'])
      expect([urgent, findDigestPart(urgent)]).toEqual([urgent, undefined]);
  });
});

describe('the reminder of an appointment', () => {
  const holidays = { name: { zh: '元旦', en: 'New Year' }, from: '2027-01-01', to: '2027-01-03' };
  const calendar = {
    years: [
      { year: 2027, version: 1, source: { title: '', reference: '', publishedOn: '2026-11-01' }, holidays: [holidays], makeUpWorkdays: [] },
    ],
  };
  const at = (local: string) => Date.parse(`${local}+08:00`);
  const remindAt = (startsAt: string, told: string) => {
    const found = findReminderAt(calendar, at(startsAt), at(told));
    return found === undefined ? undefined : new Date(found).toISOString();
  };

  test('goes on the working day before it', () => {
    expect(remindAt('2026-12-03T09:00', '2026-11-25T12:00')).toBe('2026-12-02T02:00:00.000Z');
    expect(remindAt('2026-12-07T09:00', '2026-11-25T12:00')).toBe('2026-12-04T02:00:00.000Z'); // over a weekend
    expect(remindAt('2027-01-04T09:00', '2026-11-25T12:00')).toBe('2026-12-31T02:00:00.000Z'); // over a holiday
    expect(remindAt('2026-12-03T23:50', '2026-11-25T12:00')).toBe('2026-12-02T02:00:00.000Z');
  });

  test('does not go to somebody who was told within a day of it', () => {
    expect(remindAt('2026-12-03T09:00', '2026-12-01T10:00')).toBe('2026-12-02T02:00:00.000Z');
    expect(remindAt('2026-12-03T09:00', '2026-12-01T10:01')).toBeUndefined();
    expect(remindAt('2026-12-03T09:00', '2026-12-02T18:00')).toBeUndefined();
  });
});
