/** Exact fractions: a supply that is computed in floating point lasts a day too long or too short. */

/** The denominator is positive and the two have no common divisor. */
export interface Fraction {
  numerator: bigint;
  denominator: bigint;
}

/** Throws for a denominator of nothing. */
export function fraction(numerator: bigint, denominator = 1n): Fraction {
  if (denominator === 0n) throw new RangeError('Nothing can be divided by 0.');
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = commonDivisor(numerator < 0n ? -numerator : numerator, denominator * sign) || 1n;
  return { numerator: (numerator * sign) / divisor, denominator: (denominator * sign) / divisor };
}

const commonDivisor = (a: bigint, b: bigint): bigint => (b === 0n ? a : commonDivisor(b, a % b));

/** Reads a number as it is written in a decimal text or in JSON, such as `2.5` or `1e-7`. Returns undefined for anything else. */
export function fractionOf(decimal: string | number): Fraction | undefined {
  const written = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,3}))?$/i.exec(String(decimal));
  if (!written) return undefined;
  const [, whole = '', decimals = '', exponent = '0'] = written;
  const shift = Number(exponent) - decimals.length;
  const digits = BigInt(whole + decimals);
  return shift >= 0 ? fraction(digits * 10n ** BigInt(shift)) : fraction(digits, 10n ** BigInt(-shift));
}

export const plus = (a: Fraction, b: Fraction): Fraction =>
  fraction(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
export const times = (a: Fraction, b: Fraction): Fraction => fraction(a.numerator * b.numerator, a.denominator * b.denominator);
/** Throws where `b` is nothing. */
export const dividedBy = (a: Fraction, b: Fraction): Fraction => fraction(a.numerator * b.denominator, a.denominator * b.numerator);
export const isMore = (a: Fraction, b: Fraction): boolean => a.numerator * b.denominator > b.numerator * a.denominator;
/** The greatest whole number that is not above a fraction that is not below 0. */
export const floorOf = ({ numerator, denominator }: Fraction): number => Number(numerator / denominator);
export const isEqual = (a: Fraction, b: Fraction): boolean => a.numerator === b.numerator && a.denominator === b.denominator;

/** A number for people and JSON, which may be rounded. Nothing is computed from it. */
export const toNumber = ({ numerator, denominator }: Fraction): number => Number(numerator) / Number(denominator);
