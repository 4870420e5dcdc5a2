/** Decides which institution's own system gets a message of HL7 v2 about a step of a referral. */
import { oweMessage } from '../../db/hl7v2/deliveries.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import { lastLeg, type ReferralState } from '../../domain/referral/state.ts';
import type { Projected } from '../kit/projection.ts';

/** Steps that ask an institution: the message goes to it, whichever side took the step. */
const requestSteps: readonly string[] = ['send-referral-package', 'refer-onward', 'reroute'];
/** Steps of one side that the other side hears of: IHE 360X has a message for each; interop/hl7v2/referral/transactions.ts says which. */
const notifyingSteps: readonly string[] = [
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
  // Nobody else knows of a draft.
  if (after.sentAt === null) return;
  const steps = decision.entries.map((entry) => entry.event);
  const recipient = lastLeg(after)?.institutionId as string;
  const initiator = after.initiator.institutionId;
  if (steps.some((step) => requestSteps.includes(step))) return oweMessage(trx, pathwayId, recipient);
  if (steps.some((step) => notifyingSteps.includes(step)))
    return oweMessage(trx, pathwayId, event.actor?.institutionId === initiator ? recipient : initiator);
}
