import { describe, expect, test } from 'vitest';
import { durationWords } from '../../api/kit/duration-words.ts';
import { wordsOf } from '../../domain/kit/event-words.ts';
import { deciders } from '../../domain/kit/registry.ts';

test('every command, fact and obligation of every pathway has words in both languages', () => {
  for (const { kind, commands, facts, dues } of deciders)
    for (const name of [...commands, ...facts, ...dues]) {
      expect([name, wordsOf(kind, name).zh]).toEqual([name, expect.stringMatching(/^[\u3400-\u9fff，]+$/)]);
      expect(wordsOf(kind, name).en).not.toBe('');
    }
  expect(wordsOf('referral', 'rung-80')).toEqual({ zh: '已用时限的 80%', en: '80 % of the time is used' });
  expect(wordsOf('referral', 'something-new')).toEqual({ zh: 'something-new', en: 'something-new' });
});

describe('a duration is said in its two largest units', () => {
  test.each([
    [27 * 86_400, '27 days', '27 天'],
    [86_400 + 12 * 3_600, '1 day 12 hours', '1 天 12 小时'],
    [15_119.9, '4 hours 12 minutes', '4 小时 12 分钟'],
    [86_399, '1 day', '1 天'],
    [3_600, '1 hour', '1 小时'],
    [61, '1 minute 1 second', '1 分钟 1 秒'],
    [1, '1 second', '1 秒'],
  ])('%d s', (seconds, en, zh) => {
    expect(durationWords(seconds)).toEqual({ en, zh });
  });
});
