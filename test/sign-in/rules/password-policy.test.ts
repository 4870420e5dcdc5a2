import { describe, expect, test } from 'vitest';
import { findPasswordFlaw } from '../../../domain/alliance/passwords.ts';

describe('is refused', () => {
  test.each([
    ['too short', 'elevenchars'],
    ['too long', 'long'.repeat(51)],
    ['the user name', 'liu-xiaoyang'],
    ['the user name in other letters', 'LIU-XIAOYANG'],
    ['the user name and a year', 'liu-xiaoyang1984'],
    ['one of the most used', 'Password1234'],
    ['that of the demonstration', 'carepath-demo'],
    ['one character again and again', '111111111111'],
    ['a run of digits', '123456789012'],
    ['a run of digits backwards', '098765432109'],
    ['a run of letters', 'abcdefghijklm'],
  ])('%s', (_, password) => {
    expect(findPasswordFlaw(password, 'liu-xiaoyang')).toMatchObject({ zh: expect.any(String), en: expect.any(String) });
  });
});

describe('may be used', () => {
  test.each([
    ['words', 'green hills far away'],
    ['twelve characters beyond the basic plane', '𠮷'.repeat(6) + '野家'.repeat(3)],
    ['small letters alone', 'qmzfhtwovbxs'],
    ['the user name among enough else', 'liu-xiaoyang and the sea'],
  ])('%s', (_, password) => {
    expect(findPasswordFlaw(password, 'liu-xiaoyang')).toBeUndefined();
  });
});
