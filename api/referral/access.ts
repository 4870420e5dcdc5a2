/** Who sees a referral, what of it, and that it was seen. */
import { z } from '@hono/zod-openapi';
import type { ReadAction } from '../../db/audit-actions.ts';
import { auditRead } from '../../db/kit/audit.ts';
import { type TimelineRow, timelineOf } from '../../db/kit/timeline.ts';
import { findReferral, type ReferralFilter, type ReferralRecord } from '../../db/referral/referrals.ts';
import { type ReferralState, sideOf } from '../../domain/referral/state.ts';
import type { Caller } from '../kit/auth.ts';
import type { OperationRequest } from '../kit/operation.ts';
import { type Reach, reachOf, reachUnder } from '../kit/reach.ts';
import { ruleOf } from '../policy.ts';

export const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const ReferralById = z.object({ id: z.string().regex(uuidPattern) });

type ReferralRequest = OperationRequest<unknown, unknown, unknown, ReferralRecord>;

/** A party sees the referral. Somebody who reaches the whole alliance sees every referral that was sent, and no drafts, because a draft belongs to its writer. */
export const isVisible = ({ state }: ReferralRecord, caller: Caller, reach: Reach): boolean =>
  sideOf(state, caller.institutionId) !== undefined || (reach.over === 'alliance' && state.status !== 'draft');

/** The same for lists. */
export const visibleFilter = ({ institutionId }: Caller, reach: Reach): Pick<ReferralFilter, 'visibleTo' | 'sentOr'> =>
  reach.over === 'alliance' ? { sentOr: institutionId } : { visibleTo: institutionId };

export async function findVisibleReferral(
  request: OperationRequest<{ id: string }, unknown, unknown, undefined>,
): Promise<ReferralRecord | undefined> {
  const { deps, params, caller } = request;
  const record = await findReferral(deps.db, params.id);
  return record && isVisible(record, caller, await reachOf(request)) ? record : undefined;
}

/** An institution that was asked before and no longer is reads its own leg, and nothing of what came after. */
export const isFormer = (state: ReferralState, caller: Caller): boolean =>
  sideOf(state, caller.institutionId) === 'former' && reachUnder(ruleOf('getReferral'), caller).over !== 'alliance';

/** The last instant of which such an institution reads anything. */
export function mayReadUntil(state: ReferralState, caller: Caller): number {
  if (!isFormer(state, caller)) return Number.POSITIVE_INFINITY;
  return state.legs.find((leg) => leg.institutionId === caller.institutionId)?.to ?? 0;
}

export async function visibleTimeline({
  deps,
  resource,
  caller,
}: Pick<ReferralRequest, 'deps' | 'resource' | 'caller'>): Promise<TimelineRow[]> {
  const rows = await timelineOf(deps.db, resource.id);
  const until = mayReadUntil(resource.state, caller);
  return rows.filter((row) => row.happenedAt.getTime() <= until);
}

/** The record without what such an institution does not read: for standards of others, which have forms of their own. */
export function asSeenBy(caller: Caller, record: ReferralRecord): ReferralRecord {
  if (!isFormer(record.state, caller)) return record;
  const legs = record.state.legs.filter(({ institutionId }) => institutionId === caller.institutionId);
  return {
    ...record,
    state: { ...record.state, appointment: null, legs },
    statusReason: null,
    reason: '',
    summary: null,
    consent: null,
    managementPlan: null,
  };
}

export async function auditReferralRead(
  { deps, actor, resource, requestId }: Pick<ReferralRequest, 'deps' | 'actor' | 'resource' | 'requestId'>,
  action: ReadAction,
): Promise<void> {
  const patientIds = [resource.state.patientId];
  await auditRead(deps.db, { actor, action, targetType: 'referral', targetId: resource.id, patientIds, requestId });
}
