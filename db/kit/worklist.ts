/** The worklist: the open tasks that somebody sees, page by page, and how many they are. */
import { sql } from 'kysely';
import { findMeantByQuery } from '../directory/named-patients.ts';
import type { Database } from './database.ts';
import { all, conditionsOfFilter, disjointConditions, isOverdueAt, isShown, type TaskFilter } from './shown-tasks.ts';
import { seenAt, type TaskRow } from './tasks.ts';
import {
  type Post,
  scopesOf,
  selectFirstTasks,
  type WorklistFilter,
  type WorklistQuestion,
  type WorklistReader,
} from './worklist-order.ts';

/**
 * Open tasks of an institution for somebody's roles there: of their own departments or of none; all of a head's departments; what they were called about;
 * whatever they hold there. One more than `limit` when there are more.
 */
export async function listWorklist(db: Database, question: WorklistQuestion): Promise<TaskRow[]> {
  const posts = await listPosts(db, question);
  const tasks = isOfFew(question) ? await selectFew(db, question, posts) : selectFirstTasks(question, posts);
  // Names and messages are looked up for the tasks of the page only.
  const { rows } = await sql<TaskRow>`${seenAt(question.at, sql`${tasks} as task`)} order by task.ordinality`.execute(db);
  return rows;
}

export interface WorklistCounts {
  all: number;
  mine: number;
  overdue: number;
  emergency: number;
  kinds: Record<string, number>;
}

/** What `listWorklist` shows on all its pages, counted. */
export async function countWorklist(db: Database, question: WorklistReader & WorklistFilter & { at: Date }): Promise<WorklistCounts> {
  const { personId, at } = question;
  const [posts, filter] = await Promise.all([listPosts(db, question), toTaskFilter(db, question)]);
  const conditions = conditionsOfFilter(filter, at);
  const shown = disjointConditions(scopesAsked(question, posts), at).map(
    (condition) => sql`
      select task.name, task.owner_id, task.emergency, ${isOverdueAt(at)} as overdue from task where ${all([condition, ...conditions])}`,
  );
  const { rows } = await sql<{ name: string; all: number; mine: number; overdue: number; emergency: number }>`
    select name, count(*)::int as "all", count(*) filter (where owner_id = ${personId})::int as mine,
      count(*) filter (where overdue)::int as overdue, count(*) filter (where emergency)::int as emergency
    from (${sql.join(shown, sql` union all `)}) as task group by name order by name`.execute(db);
  const sum = (member: 'all' | 'mine' | 'overdue' | 'emergency') => rows.reduce((total, row) => total + row[member], 0);
  return {
    all: sum('all'),
    mine: sum('mine'),
    overdue: sum('overdue'),
    emergency: sum('emergency'),
    kinds: Object.fromEntries(rows.map((row) => [row.name, row.all])),
  };
}

const listPosts = (db: Database, { personId, institutionId }: WorklistReader): Promise<Post[]> =>
  db
    .selectFrom('post')
    .select(['department_id as departmentId', 'role'])
    .where('person_id', '=', personId)
    .where('institution_id', '=', institutionId)
    .execute();

/** Few tasks are of one patient or one owner, so they are read and sorted. No index has the order in which tasks were opened. */
const isOfFew = ({ mine, patientId, ownerId, query, sort }: WorklistQuestion): boolean =>
  mine === true || patientId !== undefined || ownerId !== undefined || query !== undefined || sort === 'openedAt';

const scopesAsked = (question: WorklistReader & WorklistFilter, posts: readonly Post[]) =>
  question.mine === true ? [{ institutionId: question.institutionId, ownerId: question.personId }] : scopesOf(question, posts);

async function selectFew(db: Database, question: WorklistQuestion, posts: readonly Post[]) {
  const { at, limit, after, sort = 'rank' } = question;
  const place = sql`worklist_place(task, ${at}::timestamptz, ${sort})`;
  const conditions = [isShown(scopesAsked(question, posts), at), ...conditionsOfFilter(await toTaskFilter(db, question), at)];
  if (after) conditions.push(sql<boolean>`${place} > row(${sql.join(after)})::task_place`);
  return sql`(select task.*, row_number() over (order by ${place}) as ordinality from task where ${all(conditions)} order by ${place} limit ${limit + 1})`;
}

/** Looks up whom and what a query means. */
const toTaskFilter = async (db: Database, { query, ...filter }: WorklistFilter): Promise<TaskFilter> =>
  query === undefined ? filter : { ...filter, meant: await findMeantByQuery(db, query) };
