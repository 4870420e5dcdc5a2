/**
 * The first tasks of a worklist, read from the indexes of open tasks alone.
 *
 * Tasks of one budget on one clock stand in the order of their due instants at every hour, and paused ones in the order of the share that they had used.
 * So each index is sorted by such groups, the beginning of each group is read, and the first of all of them are the page.
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

/** Open tasks that one index gives group by group. */
interface Scope {
  condition: RawBuilder<unknown>;
  /** The columns of the index between those of the condition and the due instant. */
  groupedBy: readonly string[];
  onlyOverdue?: boolean;
}

const orderGroups = ['emergency', 'running_budget_ms', 'clock_offset_ms'];

/** Further back a page begins at the beginning of its groups: the instant could lie before all that Postgres knows. */
const MOST_BUDGETS_BACK = 1_000;

const noLaterPlace = Number.MAX_VALUE;

/** Selects id, emergency_first, overdue_first, share_negated and due_epoch: the first tasks after `after`, one more than `limit` when there are more. */
export function selectFirstTasks(question: WorklistQuestion, posts: readonly Post[]): RawBuilder<unknown> {
  const parts = [...scopesOf(question, posts).map((scope) => selectFromGroups(question, scope)), selectHeld(question)];
  return sql`
    select * from (${sql.join(parts, sql` union `)}) as found
    order by emergency_first, overdue_first, share_negated, due_epoch, id limit ${question.limit + 1}`;
}

function scopesOf({ institutionId, roles, overdueEverywhere, mine }: WorklistQuestion, posts: readonly Post[]): Scope[] {
  if (mine) return [];
  const here = sql`institution_id = ${institutionId}`;
  const heads = posts.filter(({ role }) => role === 'head');
  const scopes: Scope[] = heads.some(({ departmentId }) => departmentId === null)
    ? [{ condition: here, groupedBy: orderGroups }]
    : [
        ...roles.map((role) => ({ condition: sql`${here} and department_id is null and role = ${role}`, groupedBy: orderGroups })),
        ...posts
          .filter(({ departmentId, role }) => departmentId !== null && role !== 'head' && roles.includes(role))
          .map(({ departmentId, role }) => ({
            condition: sql`${here} and department_id = ${departmentId} and role = ${role}`,
            groupedBy: orderGroups,
          })),
        ...[...new Set(heads.flatMap(({ departmentId }) => [departmentId, null]))].map((departmentId) => ({
          condition: sql`${here} and ${departmentId === null ? sql`department_id is null` : sql`department_id = ${departmentId}`}`,
          groupedBy: ['role', ...orderGroups],
        })),
        ...(carryingRoles.some((role) => roles.includes(role))
          ? [{ condition: sql`${here} and message_id is not null`, groupedBy: orderGroups }]
          : []),
      ];
  if (overdueEverywhere) scopes.push({ condition: sql`due_at is not null`, groupedBy: orderGroups, onlyOverdue: true });
  return scopes;
}

/** What somebody holds: so few that all are read. */
const selectHeld = ({ institutionId, personId, at, after }: WorklistQuestion): RawBuilder<unknown> => sql`
  select id, placed.* from task, lateral (select ${placeAt(at)}) as placed
  where status = 'open' and owner_id = ${personId} and institution_id = ${institutionId} and ${isAfter(after)}`;

function selectFromGroups(
  { at, limit, after }: WorklistQuestion,
  { condition, groupedBy, onlyOverdue = false }: Scope,
): RawBuilder<unknown> {
  const columns = (of: string) => sql.join(groupedBy.map((column) => sql.ref(`${of}.${column}`)));
  const scope = sql`status = 'open' and ${condition}`;
  const inGroup = sql`${scope} and ${sql.join(
    groupedBy.map((column) => sql`${sql.ref(`task.${column}`)} = ${sql.ref(`found_group.${column}`)}`),
    sql` and `,
  )}`;
  const first = sql`order by due_at, paused_share_negated, id limit ${limit + 1}`;
  // The groups are found by leaping from each to the next one: their number counts, not that of their tasks.
  return sql`
    select entry.* from (
      with recursive task_group as (
        (select ${columns('task')} from task where ${scope} order by ${columns('task')} limit 1)
        union all
        select next.* from task_group cross join lateral (
          select ${columns('task')} from task where ${scope} and (${columns('task')}) > (${columns('task_group')}) order by ${columns('task')} limit 1
        ) as next
      )
      select *, ${at}::timestamptz + clock_offset_ms * interval '1 millisecond' as now from task_group
      where ${after === undefined || after[0] === 0} or not emergency
    ) as found_group cross join lateral (
      (select id, placed.* from task cross join lateral (select ${placeAt(at)}) as placed
        where found_group.running_budget_ms > 0 and ${inGroup} and due_at >= ${earliestDue(after)}
          and (${!onlyOverdue} or due_at <= found_group.now) and ${isAfter(after)} ${first})
      union all
      (select id, placed.* from task cross join lateral (select ${placeAt(at)}) as placed
        where ${!onlyOverdue} and found_group.running_budget_ms = 0 and ${inGroup} and ${isAfter(after)} ${first})
    ) as entry`;
}

const placeAt = (at: Date) => sql`
  case when task.emergency then 0 else 1 end as emergency_first,
  case when task.due_at <= ${at}::timestamptz + task.clock_offset_ms * interval '1 millisecond' then 0 else 1 end as overdue_first,
  case when task.due_at is null then coalesce(task.paused_share_negated, 0)
    else - round(greatest(0, 1 - extract(epoch from task.due_at - (${at}::timestamptz + task.clock_offset_ms * interval '1 millisecond')) * 1000
      / task.running_budget_ms), 6) end::float8 as share_negated,
  coalesce(extract(epoch from task.due_at)::float8, ${noLaterPlace}::float8) as due_epoch`;

const isAfter = (after: Place | undefined) =>
  after
    ? sql`(emergency_first, overdue_first, share_negated, due_epoch, id)
        > (${after[0]}::int, ${after[1]}::int, ${after[2]}::float8, ${after[3]}::float8, ${after[4]}::text)`
    : sql`true`;

/**
 * The due instant before which nothing of the group stands after the page before: where a page begins in the index. A little early, because shares are rounded;
 * the place itself decides.
 */
function earliestDue(after: Place | undefined): RawBuilder<unknown> {
  if (!after || -after[2] > MOST_BUDGETS_BACK) return sql`'-infinity'::timestamptz`;
  const [emergencyFirst, overdueFirst, shareNegated] = after;
  // What runs and is not overdue has not used its whole budget. Emergencies are before all others, whose groups are read from their beginning.
  const share = Math.max(0, overdueFirst === 1 ? Math.min(1, -shareNegated) : -shareNegated);
  return sql`case when found_group.emergency = ${emergencyFirst === 0}
    then found_group.now + (found_group.running_budget_ms::float8 * ${1 - share - 0.000_002}::float8 - 1) * interval '1 millisecond'
    else '-infinity' end`;
}
