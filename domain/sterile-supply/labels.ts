/** What a pack's label says: its text for people in both languages, and what its symbol holds for scanners. */

/** Whether it is a GTIN of 8, 12, 13 or 14 digits with its check digit (GS1 General Specifications 7.9). */
export function isGtin(text: string): boolean {
  if (!/^(\d{8}|\d{12,14})$/.test(text)) return false;
  const digits = [...text].map(Number).reverse();
  const sum = digits.slice(1).reduce((total, digit, index) => total + digit * (index % 2 === 0 ? 3 : 1), 0);
  return (10 - (sum % 10)) % 10 === digits[0];
}
