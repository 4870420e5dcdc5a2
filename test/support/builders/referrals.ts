/** Makings of referrals. */
import { randomInt } from 'node:crypto';
import type { Service } from '../service/service.ts';

export interface NewReferral {
  patientId: string;
  direction: 'up' | 'down';
  urgency: 'urgent' | 'same-day' | 'routine';
  toInstitutionId: string;
  toDepartmentId?: string;
  reason: string;
  consent?: { given: boolean; recordedAt: string };
  emergency?: boolean;
  draft?: boolean;
  overrideReason?: string;
}

/** A referral by `gp` to the institution of `specialist`, for one of the centre's own residents. */
export async function newReferral(service: Service, over: Partial<NewReferral> = {}): Promise<NewReferral> {
  const residents = await service.db
    .selectFrom('patient')
    .select('id')
    .where('home_institution_id', '=', 'inst-c01')
    // Other tests of the file may have reported that one of them has died or is somebody else too.
    .where('deceased_at', 'is', null)
    .where('merged_into_id', 'is', null)
    .orderBy('id')
    .execute();
  const patientId = residents[randomInt(residents.length)]?.id as string;
  return {
    patientId,
    direction: 'up',
    urgency: 'routine',
    toInstitutionId: 'inst-h1',
    reason: '血压持续升高，请会诊',
    consent: { given: true, recordedAt: '2026-01-01T00:00:00Z' },
    // Tests ask for many at the same department.
    overrideReason: '复诊',
    ...over,
  };
}
