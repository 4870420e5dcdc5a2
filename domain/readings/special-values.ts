/**
 * Numbers that devices send where they have none. IEEE 11073-20601 keeps codes of its 16-bit and 32-bit floats for "not a number", "not at this resolution",
 * the two infinities and one in reserve; a gateway that knows none of them hands them on as numbers, read with a sign or without. The others are the ends of
 * the whole numbers that other devices count with.
 */
const specialValues: ReadonlySet<number> = new Set([
  ...codesOfFloat(12),
  ...codesOfFloat(24),
  ...[15, 16, 31, 32].flatMap((bits) => [2 ** bits - 1]),
  ...[15, 31].map((bits) => -(2 ** bits)),
]);

/** A code is the mantissa alone, of so many bits: 0x7FF, 0x7FE, 0x800, 0x801 and 0x802 of twelve. */
function codesOfFloat(bits: number): number[] {
  const half = 2 ** (bits - 1);
  const unsigned = [half - 1, half - 2, half, half + 1, half + 2];
  return [...unsigned, ...unsigned.filter((code) => code >= half).map((code) => code - 2 * half)];
}

/** Says whether a number as it was sent stands for no value. */
export const isSpecialValue = (value: number): boolean => specialValues.has(value);
