/** A period of a query: `from` and `to`, each a date in Asia/Shanghai, with the last day included, or an instant, with `to` excluded. */
import { z } from '@hono/zod-openapi';
import { DAY_MS, SHANGHAI_ZONE } from '../../domain/time/shanghai.ts';
import { toMessage } from '../kit/field-words.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { DateOnly, Instant } from '../kit/schemas.ts';

const Moment = z.string().refine(
  (text) => DateOnly.safeParse(text).success || Instant.safeParse(text).success,
  toMessage({
    zh: '须为日期或时刻，如 2026-03-01 或 2026-03-01T08:00:00Z',
    en: 'a date or an instant, such as 2026-03-01 or 2026-03-01T08:00:00Z',
  }),
);

export const PeriodQuery = {
  from: Moment.optional().openapi({ description: 'A date or an instant; from the beginning when it is left out', example: '2026-03-01' }),
  to: Moment.optional().openapi({
    description: 'A date, which is included, or an instant, which is not; without an end when it is left out',
    example: '2026-03-31',
  }),
};

const BEGINNING = new Date('1900-01-01T00:00:00Z');
const END = new Date('2200-01-01T00:00:00Z');

const isDate = (text: string): boolean => text.length === 10;
const midnight = (date: string): Date => new Date(`${date}T00:00:00${SHANGHAI_ZONE}`);

/** [from, to). Throws Problem 422 when it holds nothing. */
export function periodOf({ from, to }: { from?: string | undefined; to?: string | undefined }): { from: Date; to: Date } {
  const start = from === undefined ? BEGINNING : isDate(from) ? midnight(from) : new Date(from);
  const end = to === undefined ? END : isDate(to) ? new Date(midnight(to).getTime() + DAY_MS) : new Date(to);
  if (end <= start) throw invalidRequestProblem('to', { zh: '不晚于 from', en: 'does not come after from' });
  return { from: start, to: end };
}
