/** Who may report deaths and propose mergers, and who answers. Whether it is the resident's own centre, and another person, each operation asks itself. */
import type { Policy, Rule } from '../kit/rule.ts';

const proposing: Rule = { roles: ['gp', 'nurse', 'head'], relation: 'register' };
const answering: Rule = { roles: ['gp', 'head'], relation: 'register' };

export const identityCheckPolicy = {
  reportDeath: proposing,
  confirmDeath: answering,
  refuteDeath: answering,
  retractDeath: proposing,
  confirmDeathRetraction: answering,
  proposeMerger: proposing,
  // The alliance office sees those of all centres.
  listMergers: { roles: ['gp', 'nurse', 'head', 'office'], relation: 'institution', everywhere: ['office'] },
  confirmMerger: { roles: ['gp', 'head'], relation: 'institution' },
  retractMerger: { roles: ['gp', 'nurse', 'head'], relation: 'institution' },
  confirmMergerRetraction: { roles: ['gp', 'head'], relation: 'institution' },
  rejectMerger: { roles: ['gp', 'head'], relation: 'institution' },
} as const satisfies Policy;
