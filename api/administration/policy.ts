/** Who may write the directory. The rules of posts go by what is given or ended, so the operations on staff ask further. */
import type { Role } from '../../domain/alliance/roles.ts';
import type { Policy, Rule } from '../kit/rule.ts';

const places: Rule = { roles: ['sysadmin'], relation: 'alliance' };
const teams: Rule = { roles: ['sysadmin', 'head'], relation: 'alliance' };
/** The security administrator keeps the administrators, the system administrator everybody else. */
const staff: Rule = { roles: ['sysadmin', 'secadmin'], relation: 'alliance' };

/** Each kind of file by who may write it, which the operations ask further; one's own uploads alone are applied. */
const imports: readonly Role[] = ['sysadmin', 'secadmin', 'head', 'office'];

const configuration: Rule = { roles: ['office', 'sysadmin'], relation: 'alliance' };

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
  uploadImport: { roles: imports, relation: 'alliance' },
  applyImport: { roles: imports, relation: 'own' },
  getImportTemplate: { roles: imports, relation: 'alliance' },
  listConfigurations: configuration,
  getConfiguration: configuration,
  createConfiguration: configuration,
  previewConfiguration: configuration,
  publishConfiguration: configuration,
  activateAccount: { roles: 'public', relation: 'own' },
} as const satisfies Policy;
