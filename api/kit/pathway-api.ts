/** What the generic routes ask of a pathway. Each pathway has one of these in its folder, `pathway.ts`; registry.ts lists them. */
import type { Database } from '../../db/kit/database.ts';
import type { TaskRow } from '../../db/kit/tasks.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { LetterSubject } from '../../documents/patient-letter.ts';
import type { Role } from '../../domain/alliance/roles.ts';
import type { Words } from '../../domain/kit/errors.ts';
import type { Caller } from './auth.ts';
import type { AnsweredCommand, Asking } from './commands.ts';
import type { PathwayIndicators } from './indicators.ts';
import type { Operation, Reply } from './operation.ts';
import type { NamedPlace } from './schemas.ts';
import type { CompleteTaskRequest } from './task-completion.ts';
import type { Rescheduled, RescheduleTaskRequest } from './task-rescheduling.ts';

/** Something beside its times that whoever sees a task has to know. */
export interface TaskNotice extends Words {
  code: string;
}

/** What a pathway knows of one of its tasks beside the task's row. */
export interface TaskDetails {
  /** The commands of the pathway that its state and the caller's posts leave open: what does the task, the first of all. */
  allowed: readonly string[];
  /** True when what its owner writes completes the task, so that no command is needed. */
  isCompletable?: boolean;
  /** True when the task may be moved to another day. */
  isReschedulable?: boolean;
  /** What a client opens to do the task; the pathway where it is left out. */
  subject?: { type: string; id: string };
  /** Whom it comes from and where it goes, of what goes from one institution to another. */
  from?: NamedPlace | null;
  to?: NamedPlace | null;
  /** What the task is about, beside what its row says. */
  about?: Readonly<Record<string, unknown>>;
}

export interface PathwayApi {
  /** Every operation of the pathway's folder; each has a line in its `policy.ts`. */
  operations: readonly Operation[];
  /** The answer to a command that has happened, with its status: what its caller would have got at once. */
  render(request: Asking, answered: AnsweredCommand): Promise<Reply>;
  /** Completes a task of the pathway: `completeByCommand` where what its owner writes is enough, else `refuseCompletion`. */
  completeTask(request: CompleteTaskRequest): Promise<Reply>;
  /**
   * Tasks that ask something whose answer is written at once, in the transaction of the request, and not by a command; `answer` resolves with false when
   * somebody has answered before. Pathways whose tasks ask nothing leave it out.
   */
  questions?: { tasks: readonly string[]; answer(trx: Trx, request: CompleteTaskRequest): Promise<boolean> };
  /** Moves a task to another day, or with `dryRun` says whether it would. Pathways whose tasks do not move leave it out. */
  rescheduleTask?(request: RescheduleTaskRequest): Promise<Rescheduled>;
  /**
   * The outcomes and actions that reports on the pathway's tasks name, and who may take such a task on beside the role that it is for. Pathways whose
   * tasks have none of these leave it out.
   */
  taskReport?: {
    outcomes: readonly string[];
    actions: readonly string[];
    roles: readonly Role[];
    /** Whoever reports says where the resident lives now. */
    hasHome?: true;
  };
  /** What the pathway's tasks carry beside their times. Pathways whose tasks carry nothing leave it out. */
  notices?: {
    codes: readonly string[];
    /** Resolves with the notices by task id. It is called once for all the pathway's tasks on a page and costs one statement at most. */
    find(db: Database, tasks: readonly TaskRow[]): Promise<ReadonlyMap<string, readonly TaskNotice[]>>;
  };
  /**
   * Resolves with what else is known of the pathway's tasks, by task id, as the caller may know it. It is called once for all the pathway's tasks on a page
   * and costs one statement at most. Pathways that leave it out allow nothing but to claim and release.
   */
  describeTasks?(db: Database, tasks: readonly TaskRow[], caller: Caller): Promise<ReadonlyMap<string, TaskDetails>>;
  /** The pathway's part of the indicators. Pathways that count nothing leave it out. */
  indicators?: PathwayIndicators;
  /** Resolves with what a letter about the pathway says beside the message's own text, or with undefined when there is no such pathway. */
  findLetterSubject(db: Database, pathwayId: string): Promise<LetterSubject | undefined>;
}
