/** Who may do what with the things of sterile supply that belong to no single pathway. */
import type { Policy } from '../kit/rule.ts';
import { forReaders, seeingAll } from './posts.ts';

export const sterileSupplyPolicy = {
  exportCustody: { roles: ['headnurse', 'infection', 'auditor'], relation: 'institution', everywhere: seeingAll },
  getTrace: forReaders,
} as const satisfies Policy;
