/** Instants and dates of Asia/Shanghai in words, as a message says them. Pure. */
import type { Language } from '../kit/language.ts';
import { toShanghaiClock } from '../time/shanghai.ts';

const weekdays = {
  zh: ['日', '一', '二', '三', '四', '五', '六'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
} as const;

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** 2026年12月3日（星期四）; Thursday, 3 December 2026. `at` is in milliseconds. */
export function toDateWords(at: number, language: Language): string {
  const local = toShanghaiClock(at);
  const [year, month, day, weekday] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate(), local.getUTCDay()];
  return language === 'zh'
    ? `${year}年${month + 1}月${day}日（星期${weekdays.zh[weekday]}）`
    : `${weekdays.en[weekday]}, ${day} ${months[month]} ${year}`;
}

/** 2026年12月3日（星期四）上午9:00; Thursday, 3 December 2026, 9:00 am. `at` is in milliseconds. */
export function toDateTimeWords(at: number, language: Language): string {
  const local = toShanghaiClock(at);
  const hour = local.getUTCHours();
  const time = `${hour % 12 === 0 ? 12 : hour % 12}:${String(local.getUTCMinutes()).padStart(2, '0')}`;
  return language === 'zh'
    ? `${toDateWords(at, language)}${hour < 12 ? '上午' : '下午'}${time}`
    : `${toDateWords(at, language)}, ${time} ${hour < 12 ? 'am' : 'pm'}`;
}
