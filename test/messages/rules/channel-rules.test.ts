import fc from 'fast-check';
import { expect, test } from 'vitest';
import { defaultMessageConfiguration } from '../../../domain/alliance/configuration.ts';
import { callOutcomes, decideAfterCall, findNextChannel, patientChannels, staffChannels } from '../../../domain/messages/channels.ts';

const every = [...patientChannels, ...staffChannels];

test('from every channel the way to a patient ends with a letter, and no channel has two turns', () => {
  for (const first of patientChannels) {
    const tried: string[] = [first];
    for (let next = findNextChannel('patient', tried, every); next; next = findNextChannel('patient', tried, every)) {
      expect(tried).not.toContain(next);
      tried.push(next);
    }
    expect(tried.at(-1)).toBe('paper');
  }
});

test('a number that nobody answers gets no text either, and nothing comes after a letter', () => {
  expect(findNextChannel('patient', ['phone'], every)).toBe('paper');
  expect(findNextChannel('patient', ['paper'], every)).toBeUndefined();
});

test('channels that nobody sends by are passed over', () => {
  fc.assert(
    fc.property(fc.constantFrom('patient', 'person', 'team'), fc.subarray(every), fc.subarray(every), (recipient, tried, served) => {
      const next = findNextChannel(recipient, tried, served);
      if (next === undefined) return;
      expect(served).toContain(next);
      expect(tried).not.toContain(next);
    }),
  );
});

test('whatever comes of calls, a message is told, asked about, or gone on after so many', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...callOutcomes), { minLength: 1, maxLength: 10 }), (outcomes) => {
      let unanswered = 0;
      for (const [index, outcome] of outcomes.entries()) {
        if (outcome === 'no-answer') unanswered += 1;
        const after = decideAfterCall(outcome, { at: index, callAt: null, unanswered }, defaultMessageConfiguration);
        if (after.next !== 'again') return;
        expect(after.at).toBeGreaterThan(index);
        expect(unanswered).toBeLessThan(defaultMessageConfiguration.callsUnanswered);
      }
    }),
  );
});

test('call later is at the time that was agreed', () => {
  expect(decideAfterCall('call-later', { at: 0, callAt: 5_000, unanswered: 0 }, defaultMessageConfiguration)).toEqual({
    next: 'again',
    at: 5_000,
  });
});
