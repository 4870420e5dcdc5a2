/** Working days: read by everybody, published by those who answer for the rules, after a look at what would move. */
import { z } from '@hono/zod-openapi';
import { findMovedVisits, type MovedVisit, publishCalendar, withYear } from '../../db/follow-up/calendars.ts';
import { CalendarYearSchema } from '../../db/follow-up/protocol-documents.ts';
import { loadCurrentCalendar } from '../../db/follow-up/protocols.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import type { CalendarYear } from '../../domain/time/calendar.ts';
import { findCalendarFlaws } from '../../domain/time/validate-calendar.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { DateOnly, pendingAnswer } from '../kit/schemas.ts';

const tag = 'calendars';

const MovedSchema = z.strictObject({
  moved: z.number().int(),
  items: z.array(z.strictObject({ pathwayId: z.string(), enrolmentIds: z.array(z.string()), dueOnBefore: DateOnly, dueOn: DateOnly })),
});
const SHOWN = 200;
const toMovedVisits = (moved: MovedVisit[]) => ({ moved: moved.length, items: moved.slice(0, SHOWN) });

/** Throws Problem 422 with the place of each flaw. */
function refuseFlaws(year: CalendarYear): void {
  const flaws = findCalendarFlaws(year);
  if (flaws.length > 0) throw new Problem('invalid-request', { errors: flaws.map(({ path, message }) => ({ path, message })) });
}

const list = operation({
  id: 'listCalendars',
  method: 'get',
  path: '/v1/calendars',
  tag,
  summary: '已公布的工作日历 / Years of working days as published; any other year is unconfirmed',
  answers: { 200: { description: 'The newest version of each year', schema: z.strictObject({ years: z.array(CalendarYearSchema) }) } },
  handle: async ({ deps }) => ({ status: 200, body: await loadCurrentCalendar(deps.db) }),
});

const preview = operation({
  id: 'previewCalendar',
  method: 'post',
  path: '/v1/calendars/preview',
  tag,
  summary: '试算：哪些随访日期会变动 / Which visits a year would move; nothing is written',
  body: CalendarYearSchema,
  answers: { 200: { description: 'How many visits move, and the first 200 of them', schema: MovedSchema } },
  async handle({ deps, body }) {
    refuseFlaws(body);
    const calendar = withYear(await loadCurrentCalendar(deps.db), body);
    return { status: 200, body: toMovedVisits(await findMovedVisits(deps.db, calendar, Date.now())) };
  },
});

const publish = operation({
  id: 'publishCalendar',
  method: 'post',
  path: '/v1/calendars',
  tag,
  summary: '公布一年的工作日历；未到期的随访随之调整 / Publish a year; visits that are not asked for yet move with it',
  body: CalendarYearSchema,
  answers: { 201: { description: 'Published; the follow-ups are being told', schema: MovedSchema }, 202: pendingAnswer },
  async handle(request) {
    const { deps, body, actor, requestId } = request;
    refuseFlaws(body);
    const at = new Date();
    return runOnce(request, async (trx) => {
      const known = (await loadCurrentCalendar(trx)).years.find(({ year }) => year === body.year);
      if (known && known.version >= body.version) throw new Problem('already-exists');
      const calendar = withYear(await loadCurrentCalendar(trx), body);
      const moved = await findMovedVisits(trx, calendar, at.getTime());
      if (!(await publishCalendar(trx, body, calendar, { institutionId: actor.institutionId, at }))) throw new Problem('already-exists');
      await auditWrite(trx, {
        actor,
        action: 'calendar.publish',
        targetType: 'calendar',
        targetId: `${body.year}/${body.version}`,
        requestId,
        patientId: null,
      });
      deps.log.info({ year: body.year, version: body.version, moved: moved.length }, 'calendar published');
      return { status: 201, body: toMovedVisits(moved) };
    });
  },
});

export const calendarOperations: Operation[] = [list, preview, publish];
