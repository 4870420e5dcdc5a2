/** Withdraws a slot. A patient who has booked it is told, and the appointment is cancelled like any other. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from '@hono/zod-openapi';
import { v5 as uuidFrom } from 'uuid';
import { auditWrite } from '../../db/kit/audit.ts';
import { findCommand } from '../../db/kit/commands.ts';
import type { Database } from '../../db/kit/database.ts';
import { storeRelayedCommand } from '../../db/kit/relayed-commands.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { findBookingOf, findSlot, lockSlot, type Slot, withdrawSlot } from '../../db/referral/slots.ts';
import type { ReferralCommand } from '../../domain/referral/events.ts';
import { ANSWER_WITHIN_MS } from '../kit/keyed-request.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Text } from '../kit/schemas.ts';
import { uuidPattern } from './access.ts';
import { SlotSchema, slotResource } from './slot-resource.ts';

type Request = Pick<OperationRequest, 'actor' | 'requestId'>;

export const withdrawSlotOperation: Operation = operation({
  id: 'withdrawSlot',
  method: 'post',
  path: '/v1/slots/{id}/withdraw',
  tag: 'capacity',
  summary:
    '停用号源；已预约的随之取消并告知患者一方 / Withdraw a slot; a booked one cancels its appointment, and the patient’s side is told',
  params: z.object({ id: z.string().regex(uuidPattern) }),
  body: z.strictObject({ reason: Text(2_000) }),
  answers: { 200: { description: 'Withdrawn', schema: SlotSchema } },
  find: ({ deps, params }) => findSlot(deps.db, params.id),
  may: ({ resource, caller }) => resource.institutionId === caller.institutionId,
  async handle(request) {
    const { body, resource, deps } = request;
    const reply = await runOnce(request, async (trx) => {
      const withdrawnAt = new Date();
      const locked = await lockSlot(trx, resource.id);
      if (locked?.withdrawnAt !== null) throw new Problem('slot-withdrawn');
      await withdrawSlot(trx, resource.id, { at: withdrawnAt, reason: body.reason });
      const referralId = await findBookingOf(trx, resource.id);
      if (referralId !== undefined) await storeCancellation(trx, request, { slot: resource, referralId, reason: body.reason });
      await auditWrite(trx, {
        actor: request.actor,
        action: 'slot.withdraw',
        targetType: 'slot',
        targetId: resource.id,
        requestId: request.requestId,
        patientId: null,
      });
      return { status: 200, body: slotResource({ ...resource, withdrawnAt, booked: referralId !== undefined }) };
    });
    await waitForCancellation(deps.db, resource);
    return reply;
  },
});

/** It is stored with the withdrawal and sent by the relay: neither exists without the other, whoever dies. */
async function storeCancellation(
  trx: Trx,
  { actor, requestId }: Request,
  { slot, referralId, reason }: { slot: Slot; referralId: string; reason: string },
): Promise<void> {
  const input: ReferralCommand = { withdrawnSlotId: slot.id };
  await storeRelayedCommand(trx, {
    id: cancellationIdOf(slot),
    key: `slot-withdrawn:${slot.id}`,
    operation: 'cancelAppointment',
    requestId,
    pathwayId: referralId,
    pathwayKind: 'referral',
    name: 'cancel-appointment',
    actor,
    input,
    texts: { reason, note: reason },
  });
}

/** A slot is withdrawn once, so its cancellation has one id. */
const cancellationIdOf = ({ id }: Slot): string => uuidFrom(id, '0b1c2f52-8f0e-5d55-9c0f-6c1f7e1d5a10');

/** Whoever has withdrawn a slot sees its appointment cancelled afterwards, unless that takes longer than a caller waits. */
async function waitForCancellation(db: Database, slot: Slot): Promise<void> {
  for (const deadline = Date.now() + ANSWER_WITHIN_MS; Date.now() < deadline; await sleep(50)) {
    const command = await findCommand(db, cancellationIdOf(slot));
    if (!command || command.outcome !== null) return;
  }
}
