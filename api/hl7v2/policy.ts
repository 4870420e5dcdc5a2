/** Who may send and read HL7 v2. */
import { type Policy, readers } from '../kit/rule.ts';
import { party } from '../referral/policy.ts';

export const hl7v2Policy = {
  listReferralHl7v2Messages: { roles: [...readers, 'office', 'auditor', 'gateway'], ...party },
} as const satisfies Policy;

export const hl7v2FacadePolicy = { postHl7v2Message: { roles: ['gateway'], ...party } } as const satisfies Policy;
