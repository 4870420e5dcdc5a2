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

/** What of the alliance's objects somebody sees who is no part of them is for each subject to say: a draft is nobody else's. */
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
    default:
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

/** Whether what belongs to the institution is within reach. */
export const reaches = (reach: Reach, institutionId: string): boolean =>
  reach.over === 'alliance' || (reach.over === 'institution' && reach.institutionId === institutionId);

/** The institutions within reach, for lists; undefined: all of them. */
export function institutionsWithin(reach: Reach): readonly string[] | undefined {
  if (reach.over === 'alliance') return undefined;
  return reach.over === 'institution' ? [reach.institutionId] : [];
}
