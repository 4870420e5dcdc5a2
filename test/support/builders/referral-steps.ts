/** Referrals taken through their steps over the API. */
import { expect } from 'vitest';
import { bodyOf } from '../oracles/transition-table.ts';
import type { Answer, Service } from '../service/service.ts';
import { type NewReferral, newReferral } from './referrals.ts';

/** What a step says where the published table has no body for it. */
export const extensionBodies: Record<string, unknown> = {
  withdraw: { reason: '误发' },
  reopen: { reason: '病情变化' },
  'request-information': { question: '请补充心电图' },
  'answer-information': { answer: '已上传' },
  'refer-onward': { toInstitutionId: 'inst-h2', reason: '专科在二院' },
};

/** A referral that the GP has sent. Returns its id. */
export async function createReferral(service: Service, form: Partial<NewReferral> = {}): Promise<string> {
  const answer = await service.post('gp', '/v1/referrals', await newReferral(service, form));
  expect(answer.status).toBe(201);
  return answer.body.id;
}

export const actOnReferral = (
  service: Service,
  account: string,
  id: string,
  trigger: string,
  body: unknown = bodyOf(trigger),
): Promise<Answer> => service.post(account, `/v1/referrals/${id}/${trigger}`, body);

/** Takes a referral through steps that must all be allowed. */
export async function walkReferral(service: Service, id: string, ...steps: [account: string, trigger: string][]): Promise<void> {
  for (const [account, trigger] of steps)
    expect((await actOnReferral(service, account, id, trigger, extensionBodies[trigger] ?? bodyOf(trigger))).status, trigger).toBe(200);
}
