/** Which step of a referral is told to whose system as HL7 v2. */
import { oweMessage } from '../../db/hl7v2/deliveries.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { lastLeg, type ReferralState } from '../../domain/referral/state.ts';
import type { Projected } from '../kit/projection.ts';

/** Whoever is asked gets the request, whoever asked for it. */
const asks: readonly string[] = ['send-referral-package', 'refer-onward', 'reroute'];
/** What IHE 360X has a message for; interop/hl7v2/referral/transactions.ts says which. */
const tellsOther: readonly string[] = [
  'send-acceptance',
  'send-decline',
  'request-cancellation',
  'confirm-cancellation',
  'schedule-visit',
  'reschedule-visit',
  'report-no-show',
  'cancel-appointment',
  'send-interim-note',
  'send-outcome',
  'withdraw',
];

export async function oweHl7v2(trx: Trx, { pathwayId, after, event, decision }: Projected<ReferralState>): Promise<void> {
  if (after.sentAt === null) return; // nobody else knows of a draft
  const steps = decision.entries.map((entry) => entry.event);
  const recipient = lastLeg(after)?.institutionId as string;
  const initiator = after.initiator.institutionId;
  if (steps.some((step) => asks.includes(step))) return oweMessage(trx, pathwayId, recipient);
  if (steps.some((step) => tellsOther.includes(step)))
    return oweMessage(trx, pathwayId, event.actor?.institutionId === initiator ? recipient : initiator);
}
