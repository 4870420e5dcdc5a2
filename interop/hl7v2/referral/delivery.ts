/** The message of a referral's step that an institution is still owed. */
import type { DueDelivery } from '../../../db/hl7v2/deliveries.ts';
import type { Database } from '../../../db/kit/database.ts';
import { findReferral } from '../../../db/referral/referrals.ts';
import { stepsOfReferral, surroundingsOf } from '../../../db/referral/steps.ts';
import { writeStepMessage } from './step-message.ts';

/** Resolves with undefined when the step has no message for this institution. */
export async function writeReferralDelivery(
  db: Database,
  { pathwayId, version, institutionId, sending }: Pick<DueDelivery, 'pathwayId' | 'version' | 'institutionId' | 'sending'>,
): Promise<string | undefined> {
  const record = await findReferral(db, pathwayId);
  if (!record) return undefined;
  const [steps, surroundings] = await Promise.all([stepsOfReferral(db, record), surroundingsOf(db, record)]);
  const messages = steps
    .filter((step) => step.version === version)
    .flatMap((step) => writeStepMessage(record, step, surroundings, sending) ?? []);
  return messages.find(({ to }) => to === institutionId)?.message;
}
