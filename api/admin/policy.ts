/** Who may look at how the service runs, and at the figures. */
import { inspectors, type Policy } from '../kit/rule.ts';

export const adminPolicy = {
  getIndicators: { roles: ['head', 'office', ...inspectors], relation: 'institution', everywhere: ['office', ...inspectors] },

  listPathways: { roles: inspectors },
  getPathway: { roles: inspectors },
  getPathwayHistory: { roles: inspectors },

  fastForward: { roles: 'everyone' },
  getDemoOutbox: { roles: 'everyone' },
} as const satisfies Policy;
