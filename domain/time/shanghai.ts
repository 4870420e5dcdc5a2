/** Wall-clock time in Asia/Shanghai, as papers and books show it. No summer time since 1991. */

const OFFSET_MS = 8 * 3_600_000;
const DAY_MS = 24 * 3_600_000;

const local = (at: Date | number): string => new Date(new Date(at).getTime() + OFFSET_MS).toISOString().replace('T', ' ');

/** 2026-03-01 08:00 */
export const shanghaiMinute = (at: Date | number): string => local(at).slice(0, 16);

/** 2026-03-01 08:00:00 */
export const shanghaiSecond = (at: Date | number): string => local(at).slice(0, 19);

/** 2026-03-01 */
const shanghaiDate = (at: Date | number): string => local(at).slice(0, 10);

/** The first instant of a month YYYY-MM; `later` months after it. */
export function monthStart(month: string, later = 0): Date {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + later, 1) - OFFSET_MS);
}

/** Of somebody born on a date YYYY-MM-DD, as people say it: in years, of a small child in months, of a newborn in days. */
export function ageWords(birthDate: string, at: Date | number): string {
  const [birthYear = 0, birthMonth = 0, birthDay = 0] = birthDate.split('-').map(Number);
  const [year = 0, month = 0, day = 0] = shanghaiDate(at).split('-').map(Number);
  const months = (year - birthYear) * 12 + month - birthMonth - (day < birthDay ? 1 : 0);
  if (months >= 36) return `${Math.floor(months / 12)} 岁`;
  if (months >= 1) return months >= 12 ? `${Math.floor(months / 12)} 岁 ${months % 12} 个月` : `${months} 个月`;
  return `${Math.max(0, (Date.UTC(year, month - 1, day) - Date.UTC(birthYear, birthMonth - 1, birthDay)) / DAY_MS)} 天`;
}
