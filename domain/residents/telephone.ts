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

export type TelephoneKind = 'mobile' | 'landline';

/**
 * Returns what kind of number it is: a mobile, or a landline with its area code (three digits with eight behind them, or four with seven or eight).
 * Undefined for anything else: without an area code, with an extension, of a company (400, 800, 95…), or too short.
 */
export function telephoneKindOf(text: string): TelephoneKind | undefined {
  const key = phoneKeyOf(text);
  if (/^1[3-9]\d{9}$/.test(key)) return 'mobile';
  return /^(?:0(?:10|2\d)[2-9]\d{7}|0[3-9]\d{2}[2-9]\d{6,7})$/.test(key) ? 'landline' : undefined;
}

/** A text message can reach it. */
export const isMobile = (text: string): boolean => telephoneKindOf(text) === 'mobile';

export const isTelephone = (text: string): boolean => telephoneKindOf(text) !== undefined;

/** Returns the channel by which somebody with this number is reached, as long as they have not chosen another one. */
export const channelOfPhone = (phone: string | null): 'sms' | 'phone' | 'paper' =>
  phone === null ? 'paper' : isMobile(phone) ? 'sms' : 'phone';

/** Returns the channel after a change of the number: it follows the number unless another one was chosen that the new number can still carry. */
export function channelAfterCorrection<Channel extends string>(
  channel: Channel,
  { before, after }: { before: string | null; after: string | null },
): Channel | 'sms' | 'phone' | 'paper' {
  const cannotCarry = (channel === 'sms' && channelOfPhone(after) !== 'sms') || (channel === 'phone' && after === null);
  return channel === channelOfPhone(before) || cannotCarry ? channelOfPhone(after) : channel;
}

/** Returns the digits of a text that may be the end of a telephone number; undefined for a text that is something else. */
export function phoneDigitsOf(text: string): string | undefined {
  const key = phoneKeyOf(text);
  return /^\d+$/.test(key) ? key : undefined;
}
