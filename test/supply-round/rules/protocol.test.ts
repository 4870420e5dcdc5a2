import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stopSteps } from '../../../domain/sterile-supply/vocabulary.ts';
import { findNextStep, isNextStep, mayFail, mayStillCheck, protocolOf } from '../../../domain/supply-round/protocol.ts';

const modes = ['soiled-first', 'clean-first'] as const;

describe.each(modes)('%s', (mode) => {
  const protocol = protocolOf[mode];

  test('each step comes next exactly when all before it were done', () => {
    for (const [index, step] of protocol.entries()) {
      const done = protocol.slice(0, index);
      expect(findNextStep(mode, done)).toBe(step);
      for (const other of stopSteps) expect(isNextStep(mode, done, other), `${other} after ${done}`).toBe(other === step);
    }
    expect(findNextStep(mode, protocol)).toBeUndefined();
  });

  test('the next step does not depend on the order in which the steps were told', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...protocol]), (told) => {
        const inOrder = protocol.filter((step) => told.includes(step));
        expect(findNextStep(mode, told)).toBe(findNextStep(mode, mode === 'clean-first' ? told : inOrder));
      }),
    );
  });

  test('between soiled and sterile goods stand gloves off and clean hands', () => {
    const soiled = protocol.indexOf('soiled-stowed');
    const sterile = protocol.indexOf('sterile-handed');
    if (soiled > sterile) return;
    const between = protocol.slice(soiled, sterile);
    expect(between).toEqual(['soiled-stowed', 'gloves-off', 'hand-hygiene']);
  });
});

test('a stop can fail until it is signed', () => {
  const statuses = ['scheduled', ...stopSteps, 'failed'] as const;
  expect(statuses.filter((status) => !mayFail(status))).toEqual(['signed', 'left', 'failed']);
});

test.each([
  ['within the day', 'unsigned', 86_400, ['sterile-handed'], true],
  ['a second after it', 'unsigned', 86_401, ['sterile-handed'], false],
  ['a stop that failed otherwise', 'closed', 60, ['sterile-handed'], false],
  ['when nothing was handed over', 'unsigned', 60, ['arrived'], false],
  ['when it was checked already', 'unsigned', 60, ['sterile-handed', 'checked'], false],
] as const)('an unsigned delivery may still be checked: %s', (_, failReason, afterSeconds, done, may) => {
  const failedAt = new Date('2026-11-02T01:00:00Z');
  const at = new Date(failedAt.getTime() + afterSeconds * 1_000);
  expect(mayStillCheck({ status: 'failed', failReason, failedAt }, { done, at, withinSeconds: 86_400 })).toBe(may);
});
