/** What of a referral an institution may still see that was asked before and no longer is: in FHIR and HL7 v2 the same as in the API. */
import type { ReferralRecord } from '../../db/referral/referrals.ts';
import type { Caller } from '../kit/auth.ts';
import { isFormer } from './resource.ts';

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
