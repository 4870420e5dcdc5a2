/** Whom a pathway calls about a task whose time runs: whoever is called sees the task in their worklist from then on. */
import type { MessageIntent, PathwayTask, Recipient } from './pathway.ts';

/** A role that was called about a task which is not its own. */
export interface Escalation {
  /** The task's id within its pathway. */
  taskId: string;
  role: string;
  /** Null for the office, which is the alliance's. */
  institutionId: string | null;
  /** Null when the role was called in all departments. */
  departmentId: string | null;
}

/**
 * Returns the roles that a decision's messages call about the tasks that stand open after it, each once. A message is about the task whose own id, or
 * whose clock's, stands before the first colon of the message's step: `visit-3:overdue`, `c1:80`. Whoever the task is for is not called beyond it.
 */
export const escalationsOf = (messages: readonly MessageIntent[], tasks: readonly PathwayTask[]): Escalation[] =>
  tasks.flatMap((task) => {
    const ofTask = messages.filter(({ step }) => isAbout(task, step.split(':')));
    const others = ofTask.flatMap(({ recipients }) => recipients.flatMap(roleCalled)).filter((role) => !isFor(task, role));
    return [...new Map(others.map((role) => [JSON.stringify(role), { taskId: task.id, ...role }])).values()];
  });

const isAbout = ({ id, clock }: PathwayTask, [subject, ...rest]: readonly string[]): boolean =>
  rest.length > 0 && (subject === id || subject === clock.id);

type Called = Omit<Escalation, 'taskId'>;

function roleCalled(recipient: Recipient): Called[] {
  switch (recipient.to) {
    case 'role': {
      const { role, institutionId, departmentId } = recipient;
      return [{ role, institutionId, departmentId }];
    }
    case 'office':
      return [{ role: 'office', institutionId: null, departmentId: null }];
    case 'owner':
      return roleCalled(recipient.otherwise);
    case 'person':
    case 'patient':
    case 'contact':
      return [];
  }
}

const isFor = (task: PathwayTask, { role, institutionId }: Called): boolean =>
  task.role === role && (institutionId === null || task.institutionId === institutionId);
