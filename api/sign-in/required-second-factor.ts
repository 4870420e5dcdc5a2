/** Who needs a second factor, and what is open to them until they have one. */
import { isAdministratorRole } from '../../domain/alliance/administrators.ts';
import type { Config } from '../../platform/config.ts';
import type { OperationId } from '../policy.ts';

/** What is needed to set one up, and to leave. */
const openWithout: ReadonlySet<OperationId> = new Set<OperationId>([
  'getMe',
  'listMySessions',
  'endMySession',
  'unlockBrowserSession',
  'endBrowserSession',
  'changeMyPassword',
  'beginSecondFactor',
  'confirmSecondFactor',
]);

/** GB/T 22239 (8.1.4.1) asks it of administrators; in a demonstration nobody could sign in as one. */
export function needsSecondFactor(
  { CAREPATH_DEMO, CAREPATH_SECOND_FACTOR_ROLES }: Pick<Config, 'CAREPATH_DEMO' | 'CAREPATH_SECOND_FACTOR_ROLES'>,
  { roles, operationId }: { roles: readonly string[]; operationId: OperationId },
): boolean {
  if (openWithout.has(operationId)) return false;
  return roles.some((role) => CAREPATH_SECOND_FACTOR_ROLES.includes(role) || (!CAREPATH_DEMO && isAdministratorRole(role)));
}
