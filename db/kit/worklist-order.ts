/**
 * The first tasks of a worklist, read along the indexes of open tasks.
 *
 * Tasks of one budget on one clock stand in the order of their due instants at every hour, and paused ones in the order of the share that they had used.
 * So each index is sorted by such groups, and the page is merged from them: of each group only the tasks of the page are read, and the one after them.
 */
import { type RawBuilder, sql } from 'kysely';

/** Whoever of them is free calls the patient or hands the letter over. */
export const carryingRoles = ['nurse', 'gp'] as const;

/** Where a task stands in the worklist: emergency, overdue, share of the budget used, due instant, id. */
export type Place = [emergencyFirst: number, overdueFirst: number, shareNegated: number, dueEpochSeconds: number, id: string];

export interface WorklistQuestion {
  institutionId: string;
  roles: readonly string[];
  personId: string;
  /** Adds what is overdue at other institutions. */
  overdueEverywhere?: boolean;
  /** The instant by which tasks are ordered. It stays the same on every page, so that no task is shown twice. */
  at: Date;
  limit: number;
  after?: Place | undefined;
  mine?: boolean | undefined;
}

export interface Post {
  departmentId: string | null;
  role: string;
}

/** Open tasks that one index gives in order, as the function first_open_tasks of the database takes them (migration 0027). */
type Scope =
  | { institutionId: string }
  | { institutionId: string; departmentId: string | null; role?: string }
  | { institutionId: string; isCarried: true }
  | { institutionId: string; ownerId: string }
  | { isOverdue: true };

/** Gives the columns of the first tasks after `after`, one more than `limit` when there are more, and their `ordinality`. */
export function selectFirstTasks(question: WorklistQuestion, posts: readonly Post[]): RawBuilder<unknown> {
  const { at, limit, after } = question;
  const place = after ? sql`row(${sql.join(after)})::task_place` : sql`null`;
  return sql`first_open_tasks(${JSON.stringify(scopesOf(question, posts))}::jsonb, ${at}::timestamptz, ${place}, ${limit + 1}) with ordinality`;
}

function scopesOf({ institutionId, roles, personId, overdueEverywhere, mine }: WorklistQuestion, posts: readonly Post[]): Scope[] {
  const held: Scope = { institutionId, ownerId: personId };
  if (mine) return [held];
  const elsewhere: Scope[] = overdueEverywhere ? [{ isOverdue: true }] : [];
  const heads = posts.filter(({ role }) => role === 'head');
  if (heads.some(({ departmentId }) => departmentId === null)) return [held, { institutionId }, ...elsewhere];
  const ofOwnDepartments = posts.filter(({ departmentId, role }) => departmentId !== null && role !== 'head' && roles.includes(role));
  const headed = heads.length === 0 ? [] : [...new Set([...heads.map(({ departmentId }) => departmentId), null])];
  return [
    held,
    ...roles.map((role) => ({ institutionId, departmentId: null, role })),
    ...ofOwnDepartments.map(({ departmentId, role }) => ({ institutionId, departmentId, role })),
    ...headed.map((departmentId) => ({ institutionId, departmentId })),
    ...(carryingRoles.some((role) => roles.includes(role)) ? [{ institutionId, isCarried: true } as const] : []),
    ...elsewhere,
  ];
}
