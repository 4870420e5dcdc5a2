/** Who may give and end which posts: the three kinds of administrators watch each other. */
import type { Role } from './roles.ts';

/** They exclude one another, and only the security administrator gives and ends them. */
const administratorRoles: readonly Role[] = ['sysadmin', 'secadmin', 'auditor'];

export const isAdministratorRole = (role: string): boolean => administratorRoles.some((each) => each === role);

export type Keeper = 'sysadmin' | 'secadmin';

/** Returns the administrator who gives and ends posts of this role. */
export const keeperOfRole = (role: string): Keeper => (isAdministratorRole(role) ? 'secadmin' : 'sysadmin');

/** Returns the administrator who writes the account of somebody with these posts, so that nobody reaches a post of the other by its account. */
export const keeperOfAccount = (held: readonly string[]): Keeper => (held.some(isAdministratorRole) ? 'secadmin' : 'sysadmin');

/** Whether one person cannot hold all of these. */
export const areConflicting = (held: readonly string[]): boolean => administratorRoles.filter((role) => held.includes(role)).length > 1;
