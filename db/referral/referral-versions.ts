/** A referral as it stood at an earlier version, from its log of decisions. */
import { type Decision, evolve, withNewFields } from '../../domain/kit/pathway.ts';
import { referral } from '../../domain/referral/decider.ts';
import type { ReferralState } from '../../domain/referral/state.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf } from '../kit/documents.ts';
import type { ReferralRecord } from './referrals.ts';

export interface ReferralVersion {
  record: ReferralRecord;
  /** When this version was decided. */
  decidedAt: Date;
}

/** Undefined for a version that there is not. The texts that a draft was changed in are kept as they are now only. */
export async function findReferralVersion(db: Database, now: ReferralRecord, version: number): Promise<ReferralVersion | undefined> {
  if (version < 1 || version > now.version) return undefined;
  const rows = await db
    .selectFrom('decision')
    .select(['decision', 'happened_at as happenedAt'])
    .where('pathway_id', '=', now.id)
    .where('version', '<=', version)
    .orderBy('version')
    .execute();
  const last = rows.at(-1);
  if (!last || rows.length !== version) return undefined;
  const decisions = (await longFormOf(db, rows)) as { decision: Decision<ReferralState> }[];
  const state = decisions.reduce((before, { decision }) => withNewFields(referral, evolve(before, decision)), referral.initial);
  const hasSameReason = state.status === now.state.status;
  return { record: { ...now, version, state, statusReason: hasSameReason ? now.statusReason : null }, decidedAt: last.happenedAt };
}
