/** Telephone numbers of the mainland: kept as they were written, compared and dialled by a key of digits. */

/** Spaces, invisible marks, hyphens of all kinds, dots, brackets and slashes: what people and address books put between digits. */
const SEPARATORS = /[\s\p{Cf}\p{Pd}−.·•・‧()[\]/]/gu;

/**
 * Returns the digits by which two ways to write a number are the same, a landline with the 0 of its area code. The database makes the same of a stored
 * number by its function phone_key.
 */
export function phoneKeyOf(text: string): string {
  const bare = text.normalize('NFKC').replaceAll(SEPARATORS, '');
  const national = bare.replace(/^(?:\+86|0086|86(?=1[3-9]\d{9}$))/, '');
  const abroad = national !== bare;
  return abroad && !/^(?:0|1[3-9]\d{9}$)/.test(national) ? `0${national}` : national;
}

/** A mobile number: a text message can reach it. */
export const isMobile = (text: string): boolean => /^1[3-9]\d{9}$/.test(phoneKeyOf(text));

/** A landline with its area code: three digits with eight behind them, or four with seven or eight. */
const isLandline = (text: string): boolean => /^(?:0(?:10|2\d)[2-9]\d{7}|0[3-9]\d{2}[2-9]\d{6,7})$/.test(phoneKeyOf(text));

export const isTelephone = (text: string): boolean => isMobile(text) || isLandline(text);

/** Returns the digits of a text that may be the end of a telephone number; undefined for a text that is something else. */
export function phoneDigitsOf(text: string): string | undefined {
  const key = phoneKeyOf(text);
  return /^\d+$/.test(key) ? key : undefined;
}
