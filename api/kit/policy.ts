/** Who may do what with tasks and commands of every kind of pathway. */
import { type Policy, type Rule, readers, supplyPosts } from './rule.ts';

/** The alliance office sees of others what is overdue. */
const task: Rule = { roles: [...readers, ...supplyPosts, 'office'], relation: 'institution', everywhere: ['office'] };

export const kitPolicy = {
  getWorklist: task,
  getWorklistCounts: task,
  claimTask: task,
  claimTasks: task,
  rescheduleTasks: task,
  releaseTask: task,
  completeTask: task,

  listProblems: { roles: 'everyone', relation: 'alliance' },

  getCommand: { roles: 'everyone', relation: 'own' },
} as const satisfies Policy;
