/**
 * Who may do what: operation × role × relation, each folder's lines in its own `policy.ts`. An operation without a line does not compile, and the
 * API does not start (checkPolicies in app.ts).
 */
import { adminPolicy } from './admin/policy.ts';
import { directoryPolicy } from './directory/policy.ts';
import { fhirPolicy } from './fhir/policy.ts';
import { followUpPolicy } from './follow-up/policy.ts';
import { hl7v2FacadePolicy, hl7v2Policy } from './hl7v2/policy.ts';
import { kitPolicy } from './kit/policy.ts';
import type { Rule } from './kit/rule.ts';
import { messagePolicy } from './messages/policy.ts';
import { readingPolicy } from './readings/policy.ts';
import { referralPolicy } from './referral/policy.ts';

export const policy = {
  ...directoryPolicy,
  ...referralPolicy,
  ...followUpPolicy,
  ...kitPolicy,
  ...messagePolicy,
  ...readingPolicy,
  ...adminPolicy,
  ...hl7v2Policy,
} as const;

/** The same for operations in the standards of others: HL7 v2 and FHIR. Forms, keys and failures are the standard's, so they stand apart. */
export const facadePolicy = { ...hl7v2FacadePolicy, ...fhirPolicy } as const;

export type OperationId = keyof typeof policy | keyof typeof facadePolicy;

const everyRule: Record<OperationId, Rule> = { ...policy, ...facadePolicy };

export const ruleOf = (operation: OperationId): Rule => everyRule[operation];

export const mayDo = (operation: OperationId, held: readonly string[]): boolean => {
  const { roles: allowed } = ruleOf(operation);
  return allowed === 'public' || allowed === 'everyone' || held.some((role) => (allowed as readonly string[]).includes(role));
};

/** The role in which a person does an operation, for the record: the first of theirs that the policy names. */
export function actingRole(operation: OperationId, held: readonly string[]): string {
  const { roles: allowed } = ruleOf(operation);
  const acting = typeof allowed === 'string' ? undefined : held.find((role) => (allowed as readonly string[]).includes(role));
  return acting ?? held[0] ?? 'none';
}
