/** What reaches a desk in the morning, sent by others through the same client. */
import { newResident } from '../support/builders/facts.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { type Desk, good, type Worker } from './desk.ts';

/** A referral to the cardiology of the hospital, of a resident whom no other journey knows. */
export async function sendReferral({ service }: Desk, gp: Worker, over: { emergency?: boolean; toInstitutionId?: string } = {}) {
  const patientId = await newResident(service, 'inst-c01', { phone: '13800000041' });
  const toDepartmentId = over.toInstitutionId ? {} : { toDepartmentId: 'dept-h1-cardiology' };
  return good(gp.post('/v1/referrals', { body: await newReferral(service, { patientId, ...toDepartmentId, ...over }) }));
}
