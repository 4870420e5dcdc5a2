import { daysBetween, type LocalDate, localDateOf } from './local-date.ts';

/** The age of somebody born on a date, as people say it in Chinese: in years, of a small child in months, of a newborn in days. */
export function toAgeWords(birthDate: LocalDate, at: Date | number): string {
  const today = localDateOf(new Date(at).getTime());
  const [birthYear = 0, birthMonth = 0, birthDay = 0] = birthDate.split('-').map(Number);
  const [year = 0, month = 0, day = 0] = today.split('-').map(Number);
  const months = (year - birthYear) * 12 + month - birthMonth - (day < birthDay ? 1 : 0);
  if (months >= 36) return `${Math.floor(months / 12)} 岁`;
  if (months >= 1) return months >= 12 ? `${Math.floor(months / 12)} 岁 ${months % 12} 个月` : `${months} 个月`;
  return `${Math.max(0, daysBetween(birthDate, today))} 天`;
}
