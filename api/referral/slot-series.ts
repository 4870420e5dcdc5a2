/** Opens a series of slots: the same times on the same days of the week. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { auditWrite } from '../../db/kit/audit.ts';
import { createSlots } from '../../db/referral/slots.ts';
import { FARTHEST_APPOINTMENT_MS, LONGEST_APPOINTMENT_MS } from '../../domain/referral/appointment.ts';
import { planSlotSeries, type SlotSeries } from '../../domain/referral/slot-series.ts';
import { DEFAULT_RELEASE_MS } from '../../domain/referral/slots.ts';
import { daysBetween, localDateOf } from '../../domain/time/local-date.ts';
import { toMessage } from '../kit/field-words.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { DateOnly, Id } from '../kit/schemas.ts';
import { SlotSchema, slotResource } from './slot-resource.ts';
import { checkOwnDepartment } from './slots.ts';

const MOST_DAYS = FARTHEST_APPOINTMENT_MS / 86_400_000;
/** What a department opens at once: 400 days with a dozen times each. More is a slip of the pen. */
const MOST_SLOTS = 5_000;
const MOST_RELEASE_HOURS = MOST_DAYS * 24;

const isWithoutDoubles = (list: readonly unknown[]): boolean => new Set(list).size === list.length;
const doubled = toMessage({ zh: '重复给出', en: 'given more than once' });

const NewSlotSeries = z
  .strictObject({
    departmentId: Id,
    weekdays: z
      .array(z.number().int().min(1).max(7))
      .min(1)
      .refine(isWithoutDoubles, doubled)
      .openapi({ description: '1 is Monday, 7 Sunday' }),
    from: DateOnly,
    to: DateOnly.openapi({ description: 'The last day, which is in the series; holidays are not left out' }),
    times: z
      .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, toMessage({ zh: '须为时间，如 08:30', en: 'a time of day such as 08:30' })))
      .min(1)
      .max(100)
      .refine(isWithoutDoubles, doubled)
      .openapi({ description: 'Starts, in Asia/Shanghai' }),
    minutes: z
      .number()
      .int()
      .min(1)
      .max(LONGEST_APPOINTMENT_MS / 60_000),
    reservedShare: z.number().min(0).max(1).default(0).openapi({ description: 'For community health centres, rounded up' }),
    releaseHours: z
      .number()
      .min(0)
      .max(MOST_RELEASE_HOURS)
      .default(DEFAULT_RELEASE_MS / 3_600_000)
      .openapi({ description: 'So many hours before its start a reserved slot is for everybody' }),
  })
  .openapi('NewSlotSeries');

/** Throws Problem 422. */
function checkSpan({ from, to }: Pick<SlotSeries, 'from' | 'to'>, now: number): void {
  if (from < localDateOf(now)) throw invalidRequestProblem('from', { zh: '已经过去', en: 'lies in the past' });
  if (to < from) throw invalidRequestProblem('to', { zh: '不得早于 from', en: 'must not come before from' });
  if (daysBetween(from, to) + 1 > MOST_DAYS)
    throw invalidRequestProblem('to', { zh: '一次不超过 400 天', en: 'a series spans at most 400 days' });
}

export const createSlotSeries: Operation = operation({
  id: 'createSlotSeries',
  method: 'post',
  path: '/v1/slots/series',
  tag: 'capacity',
  summary: '按周批量开放号源 / Open slots at the same times on the same days of the week',
  body: NewSlotSeries,
  answers: { 201: { description: 'Opened, in the order of their start', schema: z.strictObject({ items: z.array(SlotSchema) }) } },
  async handle(request) {
    const { deps, body, caller } = request;
    const now = Date.now();
    checkSpan(body, now);
    const institutionId = await checkOwnDepartment(deps.db, caller, body.departmentId);
    const planned = planSlotSeries(body, now);
    const last = planned.at(-1);
    if (!last) throw invalidRequestProblem('weekdays', { zh: '此期间没有这样的时间', en: 'there is no such time in this span' });
    if (last.startsAt - now > FARTHEST_APPOINTMENT_MS)
      throw invalidRequestProblem('to', { zh: '须在 400 天以内', en: 'lies more than 400 days ahead' });
    if (planned.length > MOST_SLOTS)
      throw invalidRequestProblem('times', { zh: `一次不超过 ${MOST_SLOTS} 个号源`, en: `a series has at most ${MOST_SLOTS} slots` });
    return runOnce(request, async (trx) => {
      const { departmentId } = body;
      const slots = await createSlots(
        trx,
        planned.map(({ startsAt, endsAt, reserved, releaseAt }) => ({
          id: uuid(),
          institutionId,
          departmentId,
          startsAt: new Date(startsAt),
          endsAt: new Date(endsAt),
          reserved,
          releaseAt: releaseAt === null ? null : new Date(releaseAt),
        })),
      );
      await auditWrite(trx, {
        actor: request.actor,
        action: 'slot.create-series',
        targetType: 'department',
        targetId: departmentId,
        requestId: request.requestId,
        patientId: null,
      });
      return { status: 201, body: { items: slots.map(slotResource) }, headers: { location: `/v1/slots?departmentId=${departmentId}` } };
    });
  },
});
