/** How one of many tasks is moved to another day. */
import type { TaskRow } from '../../db/kit/tasks.ts';
import type { ErrorCode } from '../../domain/kit/errors.ts';
import type { CommandRequest } from './commands.ts';

interface NewTime {
  dueAt: Date;
  reason: string;
  /** Says what would come of it, and writes nothing. */
  dryRun: boolean;
}

/** The task is visible to the caller, who may take it on where it stands. The key is of this task alone. */
export type RescheduleTaskRequest = CommandRequest<NewTime, TaskRow>;

/** The HTTP status of one task, with the code of its refusal. */
export interface Rescheduled {
  status: number;
  code?: ErrorCode;
}
