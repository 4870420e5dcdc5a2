/** Who may read the audit. A centre's head sees what concerns their own institution. */
import type { Policy } from '../kit/rule.ts';

export const auditPolicy = {
  listAudit: { roles: ['head', 'auditor'], relation: 'institution', everywhere: ['auditor'] },
  getSigningKeys: { roles: 'everyone', relation: 'alliance' },
  exportAudit: { roles: ['auditor'], relation: 'alliance' },
} as const satisfies Policy;
