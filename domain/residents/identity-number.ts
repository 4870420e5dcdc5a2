/** The Chinese identity number: 15 digits of the first kind (GB 11643-1989) or 18 with a check digit (GB 11643-1999). It says birth date and sex. */
import { addDays, type LocalDate } from '../time/local-date.ts';

export type IdentityFlaw = 'form' | 'check-digit' | 'birth-date' | 'sex';

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECK_DIGITS = '10X98765432';

/** Returns the number as it is kept: full-width characters narrow, without spaces and invisible marks, the check digit X in upper case. */
export const toIdentityNumber = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[\s\p{Cf}]/gu, '')
    .toUpperCase();

/** Returns the first thing that is wrong with a number, or undefined when it may be this person's. A sex that is neither male nor female is not compared. */
export function findIdentityFlaw(
  number: string,
  { birthDate, sex }: { birthDate: LocalDate; sex: 'male' | 'female' | 'other' | 'unknown' },
): IdentityFlaw | undefined {
  if (!/^[1-9]\d{14}$|^[1-9]\d{16}[\dX]$/.test(number)) return 'form';
  const key = identityKeyOf(number);
  if (number.length === 18 && number !== key) return 'check-digit';
  const bornOn = `${key.slice(6, 10)}-${key.slice(10, 12)}-${key.slice(12, 14)}`;
  if (!isDate(bornOn)) return 'form';
  if (bornOn !== birthDate) return 'birth-date';
  const saysMale = Number(key[16]) % 2 === 1;
  if ((sex === 'male' && !saysMale) || (sex === 'female' && saysMale)) return 'sex';
  return undefined;
}

/** Whether a number, as it comes from elsewhere, is somebody else's than this person's: another one than is known, or of another birth date or sex. */
export function isNumberOfOther(
  written: string,
  person: { birthDate: LocalDate; sex: 'male' | 'female' | 'other' | 'unknown'; identityNumber: string | null },
): boolean {
  const number = toIdentityNumber(written);
  const flaw = findIdentityFlaw(number, person);
  if (flaw === 'form' || flaw === 'check-digit') return false;
  return flaw !== undefined || (person.identityNumber !== null && identityKeyOf(person.identityNumber) !== identityKeyOf(number));
}

/** Returns the 18 characters that a well-formed number means, with the right check digit: numbers of one person have one key. */
export function identityKeyOf(number: string): string {
  // Numbers of 15 digits were given out until 1999; nobody in the register was born before 1900.
  const digits = number.length === 15 ? `${number.slice(0, 6)}19${number.slice(6)}` : number.slice(0, 17);
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(digits[index]), 0);
  return digits + CHECK_DIGITS.charAt(sum % 11);
}

/** Returns what those see who need not know the number: enough to tell that there is one and to compare its ends. */
export const maskIdentityNumber = (number: string): string =>
  `${number.slice(0, 3)}${'*'.repeat(Math.max(0, number.length - 5))}${number.slice(-2)}`;

const isDate = (text: string): boolean => addDays(text, 0) === text;
