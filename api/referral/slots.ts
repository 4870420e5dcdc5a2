/** The capacity of departments: slots that a referral can book. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { listDepartments } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import type { Database } from '../../db/kit/database.ts';
import { createSlots, listSlots, type SlotPlace } from '../../db/referral/slots.ts';
import { DEFAULT_RELEASE_MS } from '../../domain/referral/slots.ts';
import type { Caller } from '../kit/auth.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, Instant, PageQuery, pageOf } from '../kit/schemas.ts';
import { refuseImpossibleAppointment } from './appointment.ts';
import { SlotSchema, slotResource } from './slot-resource.ts';

const tag = 'capacity';

const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

const list = operation({
  id: 'listSlots',
  method: 'get',
  path: '/v1/slots',
  tag,
  summary: '号源列表 / Slots, by their start',
  query: z.strictObject({
    ...PageQuery,
    institutionId: Id.optional(),
    departmentId: Id.optional(),
    from: Instant.optional(),
    to: Instant.optional().openapi({ description: 'Slots that start before' }),
    booked: flag.optional(),
    reserved: flag.optional(),
  }),
  answers: { 200: { description: 'A page of slots', schema: pageOf(SlotSchema) } },
  async handle({ deps, query }) {
    const { limit, cursor, from, to, ...filter } = query;
    const after = decodeCursor(cursor, z.tuple([z.iso.datetime(), z.uuid()])) as SlotPlace | undefined;
    const dateOf = (instant: string | undefined) => (instant === undefined ? undefined : new Date(instant));
    const rows = await listSlots(deps.db, { ...filter, from: dateOf(from), to: dateOf(to) }, { limit, after });
    return { status: 200, body: toPage(rows, limit, (row) => [row.startsAt.toISOString(), row.id], slotResource) };
  },
});

const create = operation({
  id: 'createSlot',
  method: 'post',
  path: '/v1/slots',
  tag,
  summary: '开放号源；reserved 为社康中心预留至 releaseAt / Open a slot; reserved ones are for community centres until releaseAt',
  body: z
    .strictObject({
      departmentId: Id,
      startsAt: Instant,
      endsAt: Instant,
      reserved: z.boolean().default(false),
      releaseAt: Instant.optional(),
    })
    .openapi('NewSlot'),
  answers: { 201: { description: 'Opened', schema: SlotSchema } },
  async handle(request) {
    const { deps, body, caller } = request;
    const startsAt = new Date(body.startsAt);
    const endsAt = new Date(body.endsAt);
    refuseImpossibleAppointment({ startsAt: startsAt.getTime(), endsAt: endsAt.getTime() }, Date.now());
    if (body.releaseAt !== undefined && !body.reserved)
      throw invalidRequestProblem('releaseAt', { zh: '只有预留号源才有释放时间', en: 'only a reserved slot is released' });
    if (body.releaseAt !== undefined && new Date(body.releaseAt) > startsAt)
      throw invalidRequestProblem('releaseAt', { zh: '不得晚于 startsAt', en: 'must not come after startsAt' });
    const institutionId = await checkOwnDepartment(deps.db, caller, body.departmentId);
    const releaseAt = body.reserved ? new Date(body.releaseAt ?? startsAt.getTime() - DEFAULT_RELEASE_MS) : null;
    return runOnce(request, async (trx) => {
      const { departmentId, reserved } = body;
      const [slot] = await createSlots(trx, [{ id: uuid(), institutionId, departmentId, startsAt, endsAt, reserved, releaseAt }]);
      if (!slot) throw new Error('A slot that was created comes back.');
      await auditWrite(trx, {
        actor: request.actor,
        action: 'slot.create',
        targetType: 'slot',
        targetId: slot.id,
        requestId: request.requestId,
        patientId: null,
      });
      return { status: 201, body: slotResource(slot), headers: { location: `/v1/slots?departmentId=${departmentId}` } };
    });
  },
});

/** Resolves with the caller's institution. Throws Problem 422 when the department is of another one. */
export async function checkOwnDepartment(db: Database, { institutionId }: Caller, departmentId: string): Promise<string> {
  const { items } = await listDepartments(db, { institutionId }, { limit: 200 });
  if (!items.some(({ id }) => id === departmentId))
    throw invalidRequestProblem('departmentId', { zh: '您的机构没有此科室', en: 'no such department of yours' });
  return institutionId;
}

export const slotOperations: Operation[] = [list, create];
