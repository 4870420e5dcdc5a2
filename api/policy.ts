/**
 * Who may do what: operation × role × relation, each folder's lines in its own `policy.ts`. An operation without a line does not compile, and the
 * API does not start (checkPolicies in app.ts).
 */
import type { PathwayKind } from '../domain/kit/registry.ts';
import { adminPolicy } from './admin/policy.ts';
import { administrationPolicy } from './administration/policy.ts';
import { auditPolicy } from './audit/policy.ts';
import { crisisReadingPolicy } from './crisis-reading/policy.ts';
import { directoryPolicy } from './directory/policy.ts';
import { dischargePolicy } from './discharge/policy.ts';
import { discrepancyPolicy } from './discrepancy/policy.ts';
import { exchangeSlipPolicy } from './exchange-slip/policy.ts';
import { fhirPolicy } from './fhir/policy.ts';
import { followUpPolicy } from './follow-up/policy.ts';
import { hl7v2FacadePolicy, hl7v2Policy } from './hl7v2/policy.ts';
import { identityCheckPolicy } from './identity-check/policy.ts';
import { kitPolicy } from './kit/policy.ts';
import type { Policy, Rule } from './kit/rule.ts';
import { messagePolicy } from './messages/policy.ts';
import { readingPolicy } from './readings/policy.ts';
import { recallPolicy } from './recall/policy.ts';
import { referralPolicy } from './referral/policy.ts';
import { signInPolicy } from './sign-in/policy.ts';
import { sterileSupplyPolicy } from './sterile-supply/policy.ts';
import { steriliserLoadPolicy } from './steriliser-load/policy.ts';
import { supplyRoundPolicy } from './supply-round/policy.ts';

/** Of the operations of each pathway: a kind without an entry does not compile. */
const ofPathways = {
  referral: referralPolicy,
  'follow-up': followUpPolicy,
  'exchange-slip': exchangeSlipPolicy,
  'supply-round': supplyRoundPolicy,
  'steriliser-load': steriliserLoadPolicy,
  recall: recallPolicy,
  'identity-check': identityCheckPolicy,
  discharge: dischargePolicy,
  discrepancy: discrepancyPolicy,
  'crisis-reading': crisisReadingPolicy,
} satisfies Record<PathwayKind, Policy>;

const ofShared = {
  ...signInPolicy,
  ...directoryPolicy,
  ...kitPolicy,
  ...messagePolicy,
  ...readingPolicy,
  ...adminPolicy,
  ...administrationPolicy,
  ...auditPolicy,
  ...hl7v2Policy,
  ...sterileSupplyPolicy,
} as const;

export const policy: Policy = Object.fromEntries([...Object.values(ofPathways), ofShared].flatMap((lines) => Object.entries<Rule>(lines)));

/** The same for operations in the standards of others: HL7 v2 and FHIR. Forms, keys and failures are the standard's, so they stand apart. */
export const facadePolicy = { ...hl7v2FacadePolicy, ...fhirPolicy } as const;

type OperationOfPathway = { [Kind in PathwayKind]: keyof (typeof ofPathways)[Kind] }[PathwayKind];

export type OperationId = OperationOfPathway | keyof typeof ofShared | keyof typeof facadePolicy;

const everyRule = new Map<string, Rule>([...Object.entries(policy), ...Object.entries(facadePolicy)]);

/** Throws for an operation that stands in no policy, which the type rules out. */
export function ruleOf(operation: OperationId): Rule {
  const rule = everyRule.get(operation);
  if (!rule) throw new Error(`The operation ${operation} has no policy.`);
  return rule;
}

export const mayDo = (operation: OperationId, held: readonly string[]): boolean => isOpenTo(ruleOf(operation), held);

const isOpenTo = ({ roles: allowed }: Rule, held: readonly string[]): boolean =>
  allowed === 'public' || allowed === 'everyone' || held.some((role) => (allowed as readonly string[]).includes(role));

/** The ids of all operations that the policy opens to somebody with these roles. */
export const operationsOpenTo = (held: readonly string[]): string[] =>
  [...everyRule].flatMap(([id, rule]) => (isOpenTo(rule, held) ? [id] : [])).sort();

/** The role in which a person does an operation, for the record: the first of theirs that the policy names. */
export function actingRole(operation: OperationId, held: readonly string[]): string {
  const { roles: allowed } = ruleOf(operation);
  const acting = typeof allowed === 'string' ? undefined : held.find((role) => (allowed as readonly string[]).includes(role));
  return acting ?? held[0] ?? 'none';
}
