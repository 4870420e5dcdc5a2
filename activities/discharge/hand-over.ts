/** The command of the pathway to which an episode hands its patient on: stored with the decision, so that neither exists without the other. */
import { referToCentre } from '../../db/discharge/down-referrals.ts';
import { enrolAfterDischarge } from '../../db/discharge/hand-overs.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { nextVisitOf } from '../../domain/discharge/hand-over.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import { stepKey } from '../../domain/kit/pathway.ts';
import type { Projected } from '../kit/projection.ts';

export async function handOver(trx: Trx, { pathwayId, before, after, event }: Projected<DischargeState>): Promise<void> {
  const { handedOver, plan, patientId, hospitalId, departmentId, centreId } = after;
  const isNew = handedOver !== null && handedOver.answer === 'asked' && handedOver.at !== before.handedOver?.at;
  if (!isNew || !plan?.handover) return;
  // A date has the same id in every episode, so the request is named after the step of this one: the audit looks commands up by it.
  const requestId = stepKey(pathwayId, event.id);
  const asked = { episodeId: pathwayId, patientId, hospitalId, handedOver, requestId };
  switch (plan.handover.to) {
    case 'follow-up':
      return enrolAfterDischarge(trx, { ...asked, protocol: plan.handover.protocol });
    case 'down-referral':
      return referToCentre(trx, {
        ...asked,
        departmentId,
        centreId,
        personId: plan.recordedBy ?? event.actor?.personId ?? 'carepath',
        nextVisitOn: nextVisitOf(after),
      });
  }
}
