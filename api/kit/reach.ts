/**
 * How far a caller sees: the one place where the policy's relation and the caller become a predicate. Each subject applies it to its objects in its
 * `access.ts`, once for a single object and once for its lists.
 */
import { findInstitution, type Institution } from '../../db/directory/directory.ts';
import type { Database } from '../../db/kit/database.ts';
import { ruleOf } from '../policy.ts';
import type { Caller } from './auth.ts';
import type { OperationRequest } from './operation.ts';
import type { Rule } from './rule.ts';

/** Somebody who reaches the whole alliance does not see everything in it. Each subject says itself what it hides from those who have no part in an object, such as the draft of a referral. */
export type Reach =
  | { over: 'alliance'; institutionId: string }
  | { over: 'institution'; institutionId: string }
  | { over: 'person'; personId: string }
  | { over: 'nothing' };

/** `institutionKind`: of the caller's institution; only the relation `register` asks for it. */
export function reachUnder({ relation, everywhere = [] }: Rule, caller: Caller, institutionKind?: Institution['kind'] | null): Reach {
  const { institutionId, personId, roles } = caller;
  if (everywhere.some((role) => roles.includes(role))) return { over: 'alliance', institutionId };
  switch (relation) {
    case 'own':
      return { over: 'person', personId };
    case 'institution':
    case 'party':
      return { over: 'institution', institutionId };
    case 'register':
      if (institutionKind === 'hospital') return { over: 'alliance', institutionId };
      return institutionKind === 'community-health-centre' ? { over: 'institution', institutionId } : { over: 'nothing' };
    case 'alliance':
      return { over: 'alliance', institutionId };
  }
}

/** `db`: a transaction that the request is in the middle of. */
export async function reachOf(
  { deps, caller, operationId }: Pick<OperationRequest, 'deps' | 'caller' | 'operationId'>,
  db: Database = deps.db,
): Promise<Reach> {
  const rule = ruleOf(operationId);
  const reach = reachUnder(rule, caller);
  if (rule.relation !== 'register' || reach.over === 'alliance') return reach;
  return reachUnder(rule, caller, (await findInstitution(db, caller.institutionId))?.kind);
}

/** Says whether the caller reaches what belongs to the institution. */
export const reaches = (reach: Reach, institutionId: string): boolean =>
  reach.over === 'alliance' || (reach.over === 'institution' && reach.institutionId === institutionId);

/** The institutions within reach, for lists; undefined: all of them. */
export function institutionsWithin(reach: Reach): readonly string[] | undefined {
  if (reach.over === 'alliance') return undefined;
  return reach.over === 'institution' ? [reach.institutionId] : [];
}
