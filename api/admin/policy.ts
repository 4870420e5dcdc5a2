/** Who may look at how the service runs, and at the figures. */
import { inspectors, type Policy } from '../kit/rule.ts';

export const adminPolicy = {
  getIndicators: { roles: ['head', 'office', ...inspectors], relation: 'institution', everywhere: ['office', ...inspectors] },

  listPathways: { roles: inspectors, relation: 'alliance' },
  getPathway: { roles: inspectors, relation: 'alliance' },
  getPathwayHistory: { roles: inspectors, relation: 'alliance' },

  fastForward: { roles: 'everyone', relation: 'alliance' },
  getDemoOutbox: { roles: 'everyone', relation: 'alliance' },
} as const satisfies Policy;
