/** Who may do what with a crisis reading. Its task is completed by the operation of all tasks, which asks the pathway who may. */
import { type Policy, type Rule, readers } from '../kit/rule.ts';

const reading: Rule = { roles: [...readers, 'office', 'auditor'], relation: 'institution', everywhere: ['office', 'auditor'] };

export const crisisReadingPolicy = {
  getCrisisReading: reading,
  getCrisisReadingTimeline: reading,
} as const satisfies Policy;
