/**
 * What a password has to be: long, not the user name, and none of those that are tried first. There are no rules of composition, as OWASP ASVS 5 (6.2)
 * asks: they make passwords no harder to guess and harder to remember.
 */
import type { Words } from '../kit/language.ts';

const shortestPassword = 12;
const longestPassword = 200;

/** Of a password that has the user name in it, so much has to be left without it. */
const LEFT_WITHOUT_NAME = 8;

/** Those of at least 12 characters that lists of leaked passwords have most often, in lower case, and the one of the demo alliance, which is public. */
const mostUsed: ReadonlySet<string> = new Set([
  'carepath-demo',
  'password1234',
  'password12345',
  'password123456',
  'passwordpassword',
  'mypassword123',
  'administrator',
  'admin1234567',
  'admin12345678',
  'admin123456789',
  'administrator1',
  'welcome12345',
  'welcome123456',
  'changeme1234',
  'letmein12345',
  'iloveyou1234',
  'qwertyuiop12',
  'qwertyuiop123',
  'qwertyuiop[]',
  'qwerty123456',
  'qwerty1234567',
  'qwertyuiopasdf',
  'qwertyuiopasdfghjkl',
  'asdfghjkl123',
  'zxcvbnm12345',
  '1q2w3e4r5t6y',
  '1qaz2wsx3edc',
  '1qaz2wsx3edc4rfv',
  'qazwsxedcrfv',
  'q1w2e3r4t5y6',
  '123qweasdzxc',
  'abc123456789',
  'a123456789012',
  'woaini1314520',
  'woaini5201314',
  'woaini123456',
  '5201314520131',
  '123456789abc',
  'abcd12345678',
  'abcdefg12345',
  'p@ssw0rd1234',
  'passw0rd1234',
  'hospital1234',
  'hospital123456',
]);

/** Returns why the password is refused, or undefined when it may be used. */
export function findPasswordFlaw(password: string, username: string): Words | undefined {
  const characters = [...password];
  if (characters.length < shortestPassword) return { zh: `至少 ${shortestPassword} 个字符`, en: `at least ${shortestPassword} characters` };
  if (characters.length > longestPassword) return { zh: `至多 ${longestPassword} 个字符`, en: `at most ${longestPassword} characters` };
  const lower = password.toLowerCase();
  const left = lower.replaceAll(username.toLowerCase(), '');
  if (left !== lower && [...left].length < LEFT_WITHOUT_NAME) return { zh: '不能是用户名', en: 'not the user name' };
  if (mostUsed.has(lower) || isSequence(lower)) return { zh: '太常见，请另选', en: 'it is too common; choose another one' };
  return undefined;
}

/** One character again and again, or each the one after or before the last, nines and zeros meeting: 111111111111, 123456789012, abcdefghijkl. */
function isSequence(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0));
  return [0, 1, -1].some((wanted) => steps.every((step) => step === wanted || (wanted !== 0 && step === -9 * wanted)));
}
