/** ISO 8601 durations of fixed length: weeks, days, hours, minutes, seconds. Months and years have no fixed length and are refused. */
const pattern = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$/;

/** Milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const found = pattern.exec(text);
  if (!found || /[PT]$/.test(text)) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
}
