/** The short number of a pathway: what messages print, and what people read out on the telephone and look for. */

const LENGTH = 8;

/** Returns the last characters of a pathway's id. */
export const shortNumberOf = (pathwayId: string): string => pathwayId.slice(-LENGTH);

/** Returns the short number that somebody has written; undefined when it is none. */
export function readShortNumber(written: string): string | undefined {
  const number = written.trim().toLowerCase();
  return new RegExp(`^[0-9a-f]{${LENGTH}}$`).test(number) ? number : undefined;
}
