/** The capacity of departments: slots that a referral can book. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { findInstitution, listDepartments } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { createSlot, listSlots, type Slot, type SlotPlace } from '../../db/referral/slots.ts';
import { DEFAULT_RELEASE_MS } from '../../domain/referral/slots.ts';
import { decodeCursor, toPage } from '../kit/cursor.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Id, Instant, PageQuery, pageOf, toIso } from '../kit/schemas.ts';
import { refuseImpossibleAppointment } from './appointment.ts';

const tag = 'capacity';

const SlotSchema = z
  .strictObject({
    id: z.string(),
    institutionId: z.string(),
    departmentId: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    reserved: z.boolean(),
    releaseAt: z.string().nullable(),
    booked: z.boolean(),
  })
  .openapi('Slot');

const asSlot = ({ startsAt, endsAt, releaseAt, ...slot }: Slot): z.infer<typeof SlotSchema> => ({
  ...slot,
  startsAt: startsAt.toISOString(),
  endsAt: endsAt.toISOString(),
  releaseAt: toIso(releaseAt),
});

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
    booked: flag.optional(),
  }),
  answers: { 200: { description: 'A page of slots', schema: pageOf(SlotSchema) } },
  async handle({ deps, query }) {
    const { limit, cursor, from, ...filter } = query;
    const after = decodeCursor(cursor, z.tuple([z.iso.datetime(), z.uuid()])) as SlotPlace | undefined;
    const rows = await listSlots(deps.db, { ...filter, from: from === undefined ? undefined : new Date(from) }, { limit, after });
    return { status: 200, body: toPage(rows, limit, (row) => [row.startsAt.toISOString(), row.id], asSlot) };
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
    const institution = await findInstitution(deps.db, caller.institutionId);
    const { items } = await listDepartments(deps.db, { institutionId: caller.institutionId }, { limit: 200 });
    if (!institution || !items.some(({ id }) => id === body.departmentId))
      throw invalidRequestProblem('departmentId', { zh: '您的机构没有此科室', en: 'no such department of yours' });
    const releaseAt = body.reserved ? new Date(body.releaseAt ?? startsAt.getTime() - DEFAULT_RELEASE_MS) : null;
    return runOnce(request, async (trx) => {
      const { departmentId, reserved } = body;
      const slot = await createSlot(trx, {
        id: uuid(),
        institutionId: institution.id,
        departmentId,
        startsAt,
        endsAt,
        reserved,
        releaseAt,
      });
      await auditWrite(trx, {
        actor: request.actor,
        action: 'slot.create',
        targetType: 'slot',
        targetId: slot.id,
        requestId: request.requestId,
        patientId: null,
      });
      return { status: 201, body: asSlot(slot), headers: { location: `/v1/slots?departmentId=${departmentId}` } };
    });
  },
});

export const slotOperations: Operation[] = [list, create];
