/** Who may write the directory. The rules of posts go by what is given or ended, so the operations on staff ask further. */
import type { Policy, Rule } from '../kit/rule.ts';

const places: Rule = { roles: ['sysadmin'], relation: 'alliance' };
const teams: Rule = { roles: ['sysadmin', 'head'], relation: 'alliance' };
/** The security administrator keeps the administrators, the system administrator everybody else. */
const staff: Rule = { roles: ['sysadmin', 'secadmin'], relation: 'alliance' };

export const administrationPolicy = {
  createInstitution: places,
  replaceInstitution: places,
  createDepartment: places,
  replaceDepartment: places,
  createTeam: teams,
  replaceTeam: teams,
  createStaffMember: staff,
  replaceStaffMember: staff,
  deactivateStaffMember: staff,
  inviteStaffMember: staff,
  activateAccount: { roles: 'public', relation: 'own' },
} as const satisfies Policy;
