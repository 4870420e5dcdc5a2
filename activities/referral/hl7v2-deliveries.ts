/** Decides which institution's own system gets a message of HL7 v2 about a step of a referral. */
import { oweMessage } from '../../db/hl7v2/deliveries.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { isNotifyingStep, isRequestStep } from '../../domain/referral/exchanged-steps.ts';
import { lastLeg, type ReferralState } from '../../domain/referral/state.ts';
import type { Projected } from '../kit/projection.ts';

/** Queues the delivery of the decision's message, if IHE 360X has one. It is written from the timeline when it is sent. */
export async function oweStepMessage(trx: Trx, { pathwayId, after, event, decision }: Projected<ReferralState>): Promise<void> {
  // Only the initiator knows of a draft.
  if (after.sentAt === null) return;
  const steps = decision.entries.map((entry) => entry.event);
  const recipient = lastLeg(after)?.institutionId as string;
  const initiator = after.initiator.institutionId;
  if (steps.some(isRequestStep)) return oweMessage(trx, pathwayId, recipient);
  if (steps.some(isNotifyingStep)) return oweMessage(trx, pathwayId, event.actor?.institutionId === initiator ? recipient : initiator);
}
