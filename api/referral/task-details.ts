/** What somebody has to know of a referral to do one of its tasks. */
import type { Database } from '../../db/kit/database.ts';
import type { TaskRow } from '../../db/kit/tasks.ts';
import { findReferrals, type ReferralRecord } from '../../db/referral/referrals.ts';
import { currentLeg } from '../../domain/referral/state.ts';
import type { Caller } from '../kit/auth.ts';
import type { TaskDetails } from '../kit/pathway-api.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { openTriggers, placeOf, recipientTaskClaimed } from './resource.ts';

/** What its owner writes is the answer. */
const answeredTasks: readonly string[] = ['check-referral', 'first-follow-up'];

export async function describeReferralTasks(
  db: Database,
  tasks: readonly TaskRow[],
  caller: Caller,
): Promise<ReadonlyMap<string, TaskDetails>> {
  const referrals = await findReferrals(db, [...new Set(tasks.map(({ pathwayId }) => pathwayId))]);
  const byId = new Map(referrals.map((referral) => [referral.id, referral]));
  return new Map(
    tasks.flatMap((task) => {
      const referral = byId.get(task.pathwayId);
      return referral ? [[task.id, detailsOf(task, referral, caller)] as const] : [];
    }),
  );
}

function detailsOf({ name }: TaskRow, referral: ReferralRecord, caller: Caller): TaskDetails {
  const { state } = referral;
  return {
    allowed: openTriggers(state, caller, { claimed: recipientTaskClaimed(state, referral.openTasks), at: pathwayNow(referral) }),
    from: placeOf(referral, state.initiator.institutionId),
    to: placeOf(referral, currentLeg(state)?.institutionId ?? null),
    isCompletable: answeredTasks.includes(name),
    about: {
      direction: state.direction,
      fromInstitutionId: state.initiator.institutionId,
      toInstitutionId: currentLeg(state)?.institutionId ?? null,
      // A draft is its writer's own until it is sent.
      reason: state.status === 'draft' && state.initiator.institutionId !== caller.institutionId ? null : referral.reason,
    },
  };
}
