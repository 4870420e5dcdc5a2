/** A page of the worklist is merged from its groups of tasks in order, and reads no task that it does not show but the next one of each group. */
import { type Kysely, sql } from 'kysely';

const statements = [
  // Where a task stands in the worklist, in the order of these columns.
  `create type task_place as (emergency_first integer, overdue_first integer, share_negated float8, due_epoch float8, id text)`,

  // A paused task has no due instant; the largest number there is stands for it.
  `create function place_of_open_task(task task, at timestamptz) returns task_place language sql stable parallel safe as $$
    select row(
      case when task.emergency then 0 else 1 end,
      case when task.due_at <= at + task.clock_offset_ms * interval '1 millisecond' then 0 else 1 end,
      case when task.due_at is null then coalesce(task.paused_share_negated, 0)
        else - round(greatest(0, 1 - extract(epoch from task.due_at - (at + task.clock_offset_ms * interval '1 millisecond')) * 1000
          / task.running_budget_ms), 6) end::float8,
      coalesce(extract(epoch from task.due_at)::float8, 1.7976931348623157e308),
      task.id
    )::task_place $$`,

  // The due instant before which no running task of a group comes after the place: where a page begins in the index. A little early, because shares are
  // rounded; the place itself decides. Beyond a thousand budgets the instant could lie before all that Postgres knows. What has used nothing yet stands in the
  // order of its due instants.
  `create function earliest_due_after(place task_place, now_of_group timestamptz, budget_ms numeric) returns timestamptz language sql stable parallel safe as $$
    select case when - place.share_negated > 1000 then '-infinity'
      when place.share_negated = 0 then case when place.due_epoch > 1e12 then 'infinity' else to_timestamp(place.due_epoch) - interval '1 millisecond' end
      else now_of_group + interval '1 millisecond' * (
      budget_ms::float8 * (1 - case when place.overdue_first = 1 then least(1, - place.share_negated) else - place.share_negated end - 0.000002) - 1
    ) end $$`,

  // The first open tasks of all scopes after a place. A scope names the tasks of one index: {institutionId}, {institutionId, departmentId} with or without
  // a role, {institutionId, isCarried}, {isOverdue} of all institutions, {institutionId, ownerId}; a departmentId of null is none.
  // Whatever its statistics say, the planner has one way, along that index: all other ways are off, and no other index gives the order, because what
  // distinguishes the groups stands in comparisons of rows and never in equations, which would drop out of the order.
  `create function first_open_tasks(scopes jsonb, at timestamptz, after task_place, most integer) returns setof task language plpgsql stable rows 50
    set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off as $$
  declare
    scope jsonb;
    condition text;
    group_columns text;
    index_columns text;
    beyond text;
    key_of_group text;
    within text;
    task_group task;
    now_of_group timestamptz;
    is_begun boolean;
    walk refcursor;
    walks refcursor[] := '{}';
    -- The due instant with which each walk ends.
    ends timestamptz[] := '{}';
    is_read boolean[];
    is_over boolean;
    next_task task;
    next_tasks task[] := '{}';
    next_places task_place[] := '{}';
    best integer;
    shown task_place;
    left_to_show integer := most;
    no_due_epoch constant float8 := 1.7976931348623157e308;
  begin
    for scope in select value from jsonb_array_elements(scopes) loop
      condition := concat_ws(' and ', 'status = ''open''',
        'institution_id = ' || quote_literal(scope ->> 'institutionId'),
        case when scope -> 'departmentId' = 'null' then 'department_id is null' else 'department_id = ' || quote_literal(scope ->> 'departmentId') end,
        'owner_id = ' || quote_literal(scope ->> 'ownerId'),
        case when scope ? 'isCarried' then 'message_id is not null' end,
        case when scope ? 'isOverdue' then 'due_at is not null' end);
      if scope ? 'ownerId' then
        -- Nobody holds many tasks, so all are read and sorted.
        walk := null;
        open walk no scroll for execute format('select task.* from task where %s order by place_of_open_task(task, $1)', condition) using at;
        walks := walks || walk;
        ends := ends || timestamptz 'infinity';
        continue;
      end if;
      group_columns := concat_ws(', ', case when scope ? 'departmentId' then 'role' end, 'emergency, running_budget_ms, clock_offset_ms');
      index_columns := concat_ws(', ', case when scope ? 'departmentId' then 'department_id' end, group_columns, 'due_at, paused_share_negated, id');
      beyond := case when scope ? 'role' then format('and (role, emergency) >= (%L, false)', scope ->> 'role') else '' end;
      loop
        -- A leap leads from each group to the next: the number of groups counts, not that of their tasks.
        execute format('select * from task where %s %s order by %s limit 1', condition, beyond, index_columns) into task_group;
        exit when task_group.id is null or task_group.role <> scope ->> 'role';
        key_of_group := concat_ws(', ', case when scope ? 'departmentId' then quote_literal(task_group.role) end,
          quote_literal(task_group.emergency), quote_literal(task_group.running_budget_ms), quote_literal(task_group.clock_offset_ms));
        beyond := format('and (%s) > (%s)', group_columns, key_of_group);
        -- The pages before have shown all emergencies.
        continue when after.emergency_first = 1 and task_group.emergency;
        -- The pages before have shown a part of this group, unless they have shown emergencies only and it has none.
        is_begun := coalesce((after.emergency_first = 0) = task_group.emergency, false);
        now_of_group := at + task_group.clock_offset_ms * interval '1 millisecond';
        within := format('%s and (%s) <= (%s)', condition, group_columns, key_of_group);
        walk := null;
        if task_group.running_budget_ms > 0 then
          open walk no scroll for execute
            format('select * from task where %s and (%s, due_at) >= (%s, $1) order by %s', within, group_columns, key_of_group, index_columns)
            using case when is_begun then earliest_due_after(after, now_of_group, task_group.running_budget_ms) else '-infinity' end;
        else
          open walk no scroll for execute
            format('select * from task where %s and (%s) >= (%s) and due_at is null and (paused_share_negated, id) > ($1, $2) order by %s',
              within, group_columns, key_of_group, index_columns)
            using case when is_begun and after.overdue_first = 1 then round(after.share_negated::numeric, 6) else '-infinity' end::numeric,
              -- Behind what runs come the paused tasks that have used the same share.
              case when after.due_epoch = no_due_epoch then after.id else '' end;
        end if;
        walks := walks || walk;
        ends := ends || case when scope ? 'isOverdue' then now_of_group else 'infinity' end;
      end loop;
    end loop;
    -- The next task of each walk waits. The first of all that wait is shown, and the next of its walk is read instead.
    is_read := array_fill(false, array[cardinality(walks)]);
    while left_to_show > 0 loop
      best := null;
      for number in 1 .. cardinality(walks) loop
        walk := walks[number];
        while not is_read[number] loop
          fetch walk into next_task;
          next_tasks[number] := next_task;
          is_over := not found or next_task.due_at > ends[number];
          next_places[number] := case when not coalesce(is_over, false) then place_of_open_task(next_task, at) end;
          is_read[number] := coalesce(is_over or after is null or next_places[number] > after, false);
        end loop;
        if next_places[number] is not null and (best is null or next_places[number] < next_places[best]) then best := number; end if;
      end loop;
      exit when best is null;
      -- A task of two scopes waits twice.
      if next_places[best] is distinct from shown then
        return next next_tasks[best];
        left_to_show := left_to_show - 1;
      end if;
      shown := next_places[best];
      is_read[best] := false;
    end loop;
    foreach walk in array walks loop close walk; end loop;
  end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
