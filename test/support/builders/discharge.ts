/** What tests of discharge begin with: the documents that are shipped and the working days that are published. */
import { loadShippedDischargeDocuments } from '../../../db/discharge/shipped-rules.ts';
import { loadShippedDocuments } from '../../../db/follow-up/shipped-protocols.ts';
import type { GivenOrder, OrderState } from '../../../domain/discharge/order.ts';
import type { OrderGround } from '../../../domain/discharge/order-dates.ts';
import { createOrder } from '../../../domain/discharge/order-life.ts';
import { findTemplate } from '../../../domain/discharge/templates.ts';
import type { Calendar } from '../../../domain/time/calendar.ts';
import { addDays } from '../../../domain/time/local-date.ts';

export const discharge = loadShippedDischargeDocuments();
export const publishedCalendar: Calendar = { years: loadShippedDocuments().calendars };
export const templateOf = (code: string) => findTemplate(discharge.templates, code);

/** What orders are dated on: a discharge on 2026-11-02, seen on that day, unless something else is given. */
export function buildOrderGround({
  template,
  ...over
}: Omit<Partial<OrderGround>, 'template'> & { template?: string | undefined } = {}): OrderGround {
  const dischargedOn = over.dischargedOn ?? '2026-11-02';
  return {
    ...discharge,
    calendar: publishedCalendar,
    dischargedOn,
    today: dischargedOn,
    visitDueOn: addDays(dischargedOn, 14),
    template: template === undefined ? undefined : templateOf(template),
    ...over,
  };
}

export const buildOrder = (given: GivenOrder, ground: OrderGround = buildOrderGround()): OrderState =>
  createOrder(ground, { id: 'order-1', given, actedOn: ground.today });
