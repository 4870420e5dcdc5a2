/** The count of a slip: what its body holds. */
import { z } from '@hono/zod-openapi';
import { countSlip } from '../../db/exchange-slip/count.ts';
import type { SlipRecord } from '../../db/exchange-slip/slips.ts';
import { Id, Text } from '../kit/schemas.ts';
import { actOperation } from '../sterile-supply/act-operation.ts';
import { findVisibleSlip, SlipById } from './access.ts';
import { renderSlipById, SlipSchema } from './resource.ts';

/** More of one thing than any round carries. */
const MOST_SETS = 1_000;
const MOST_LINES = 200;

const Quantity = z.number().int().min(1).max(MOST_SETS);
const Sets = z.array(Id).max(MOST_SETS).optional();
const Received = z.number().int().min(0).max(MOST_SETS);

const CountForm = z
  .strictObject({
    lines: z
      .array(
        z.strictObject({
          lineId: Id,
          received: Received,
          damaged: Received.optional(),
          incomplete: z
            .array(
              z.strictObject({
                setInstanceId: Id.optional(),
                missingItems: z
                  .array(z.strictObject({ itemCode: Id, quantity: Quantity }))
                  .min(1)
                  .max(MOST_LINES),
              }),
            )
            .max(MOST_SETS)
            .optional(),
          setInstanceIds: Sets,
        }),
      )
      .max(MOST_LINES),
    extras: z
      .array(z.strictObject({ setTypeId: Id, quantity: Quantity, setInstanceIds: Sets }))
      .max(MOST_LINES)
      .optional(),
    packIds: z.array(Id).max(MOST_SETS).optional(),
    reason: Text(2_000).optional(),
  })
  .openapi('SlipCount');

export const countSlipOperation = actOperation<typeof SlipById, typeof CountForm.shape, SlipRecord>({
  id: 'countSlip',
  path: '/v1/slips/{id}/count',
  tag: 'exchange-slip',
  summary: '清点换物单 / Count what a slip has brought, or count it again',
  params: SlipById,
  body: CountForm,
  answers: { 200: { description: 'Counted', schema: SlipSchema } },
  find: findVisibleSlip,
  async perform({ act, body, resource, caller }) {
    await countSlip(act, resource.id, body);
    return renderSlipById(act.trx, { id: resource.id, caller, status: 200 });
  },
});
