/** How long a message waits before it is tried again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffSeconds } from '../../../db/kit/leased-queue.ts';
import { queueCadences } from '../../../db/kit/queue-cadences.ts';
import { parseRetryAfterSeconds } from '../../../worker/outbox/retry-after.ts';

describe('waiting times', () => {
  const attempt = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1e9 }));
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const backoff = fc.record({
    baseSeconds: fc.double({ min: 0.01, max: 60, noNaN: true }),
    capSeconds: fc.double({ min: 60, max: 3_600, noNaN: true }),
  });

  test('a wait is at least half of what it can be, never zero, never above the cap', () => {
    fc.assert(
      fc.property(attempt, random, backoff, (n, draw, { baseSeconds, capSeconds }) => {
        const wait = backoffSeconds(n, draw, { baseSeconds, capSeconds });
        const longest = Math.min(capSeconds, baseSeconds * 2 ** (n - 1));
        expect(wait).toBeGreaterThanOrEqual(longest / 2);
        expect(wait).toBeLessThanOrEqual(longest);
        expect(wait).toBeGreaterThan(0);
      }),
    );
  });

  test('waits grow from failure to failure until the cap of five minutes', () => {
    fc.assert(
      fc.property(attempt, random, (n, draw) => {
        const next = backoffSeconds(n + 1, draw, queueCadences.messages.retry);
        expect(next).toBeGreaterThanOrEqual(backoffSeconds(n, draw, queueCadences.messages.retry));
        expect(next).toBeLessThanOrEqual(queueCadences.messages.retry.capSeconds);
      }),
    );
    expect(queueCadences.messages.retry.capSeconds).toBe(300);
  });

  test('Retry-After is read as seconds or as a date, and never silences a channel for more than an hour', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(parseRetryAfterSeconds('7', now)).toBe(7);
    expect(parseRetryAfterSeconds('Thu, 01 Jan 2026 00:00:30 GMT', now)).toBe(30);
    expect(parseRetryAfterSeconds('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect(parseRetryAfterSeconds(null, now)).toBeUndefined();
    expect(parseRetryAfterSeconds('soon', now)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (header) => {
        const seconds = parseRetryAfterSeconds(header, now) ?? 0;
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeLessThanOrEqual(3_600);
      }),
    );
  });
});
