/**
 * A worklist also holds what somebody was called about and what several roles may do, leaves out what rests, and is read in the order that its reader
 * asks for, of the kinds and dates that they ask for.
 */
import { type Kysely, sql } from 'kysely';

const orderOfGroups = 'emergency, running_budget_ms, clock_offset_ms, due_at, paused_share_negated, id';

const statements = [
  // --- whom an escalation has reached -------------------------------------------
  // An index of task.escalated_to with the order of the worklist, one row for each role that was called. The trigger alone writes it. An institution of ''
  // stands for the alliance, whose office has none.
  `create table task_escalation (
    id text not null references task (id) on delete cascade,
    institution_id text not null,
    department_id text,
    role text not null,
    name text not null,
    emergency boolean not null,
    running_budget_ms numeric not null,
    clock_offset_ms bigint not null,
    due_at timestamptz,
    paused_share_negated numeric
  )`,
  `create index task_escalation_of_task on task_escalation (id)`,
  `create index task_escalation_in_order on task_escalation (institution_id, department_id, role, ${orderOfGroups})`,
  `create index task_escalation_of_kind on task_escalation (institution_id, department_id, role, name, ${orderOfGroups})`,
  `create function index_escalations_of_task() returns trigger language plpgsql as $$ begin
    if tg_op = 'UPDATE' then delete from task_escalation where id = new.id; end if;
    if new.status = 'open' and new.held_since is null then
      insert into task_escalation (id, institution_id, department_id, role, name, emergency, running_budget_ms, clock_offset_ms, due_at, paused_share_negated)
      select distinct new.id, coalesce(call ->> 'institutionId', ''), call ->> 'departmentId', call ->> 'role', new.name,
        new.emergency, new.running_budget_ms, new.clock_offset_ms, new.due_at, new.paused_share_negated
      from jsonb_array_elements(new.escalated_to) as call where call ->> 'role' is not null;
    end if;
    return null;
  end $$`,
  `create trigger escalations_of_new_task_indexed after insert on task for each row when (new.escalated_to <> '[]')
    execute function index_escalations_of_task()`,
  `create trigger escalations_of_task_indexed after update on task for each row when (new.escalated_to <> '[]' or old.escalated_to <> '[]')
    execute function index_escalations_of_task()`,

  // --- lists of one kind -----------------------------------------------------------
  `create index task_open_of_kind on task (institution_id, name, ${orderOfGroups}) where status = 'open'`,
  `create index task_open_of_kind_of_department on task (institution_id, department_id, name, role, ${orderOfGroups}) where status = 'open'`,
  `create index task_open_running_of_kind on task (name, ${orderOfGroups}) where status = 'open' and due_at is not null`,
  `create index task_open_of_patient on task (patient_id) where status = 'open' and patient_id is not null`,
  // Counts are read from this index alone.
  `create index task_open_counted on task (institution_id, department_id, role, name, emergency)
    include (due_at, clock_offset_ms, owner_id, message_id) where status = 'open' and held_since is null`,

  // --- lists of enrolments, referrals and episodes ----------------------------------------
  // Whether the person was controlled at the last visit that was measured, null when none was, and the tier of their risk. Code of before does not write them.
  `alter table enrolment add column controlled boolean, add column tier text`,
  `alter table enrolment disable trigger user`,
  `update enrolment set
    controlled = (select (evaluation ->> 'controlled')::boolean from follow_up_visit
      where enrolment_id = enrolment.id and not entered_late and evaluation ->> 'controlled' is not null order by visited_at desc, follow_up_visit.id desc limit 1),
    tier = (select coalesce(pathway.state -> 'risk' ->> 'set', pathway.state -> 'risk' ->> 'scored') from pathway where pathway.id = enrolment.pathway_id)`,
  `alter table enrolment enable trigger user`,
  // Whoever is due first stands first, and whoever has no due date last.
  `create index enrolment_by_due on enrolment (institution_id, (coalesce(next_due_on, 'infinity'::date)), id)`,
  `create index referral_of_department on referral (department_id, id) where department_id is not null`,

  // --- the short number of a pathway -------------------------------------------------
  `create index pathway_by_number on pathway (right(id::text, 8))`,

  // --- the worklist ------------------------------------------------------------------
  // Where a task stands in a worklist that is sorted by rank, by its due instant or by the instant at which it was opened. By due instant what is paused
  // comes last, in the order of the share that it has used.
  `create function worklist_place(task task, at timestamptz, sort text) returns task_place language sql stable parallel safe as $$
    select case sort
      when 'dueAt' then row(case when task.due_at is null then 1 else 0 end, 0,
        case when task.due_at is null then coalesce(task.paused_share_negated, 0) else 0 end::float8,
        coalesce(extract(epoch from task.due_at)::float8, 1.7976931348623157e308), task.id)::task_place
      when 'openedAt' then row(0, 0, 0::float8, extract(epoch from task.opened_at)::float8, task.id)::task_place
      else place_of_open_task(task, at) end $$`,

  // The first open tasks of all scopes after a place. A scope names the tasks of one index: {institutionId}; {institutionId, departmentId} with or without a
  // role; {institutionId, isCarried}; {isOverdue} of all institutions; {institutionId, ownerId};
  // {calledRole, institutionId, departmentId}, what the role was called about, where an institutionId of '' is the alliance, and with isInTime only what is
  // not overdue. A departmentId of null is none. Any but that of an owner may have a name of tasks.
  // The filter may hold sort ("dueAt"; by rank otherwise), emergency, overdue, dueBefore, names and teamId.
  // Whatever its statistics say, the planner has one way, along that index: all other ways are off, and no other index gives the order, because what
  // distinguishes the groups stands in comparisons of rows and never in equations, which would drop out of the order.
  `create function first_tasks_of_worklist(scopes jsonb, filter jsonb, at timestamptz, after task_place, most integer) returns setof task
    language plpgsql stable rows 50 set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
    set enable_hashjoin = off set enable_mergejoin = off as $$
  declare
    scope jsonb;
    -- The table whose index gives the order, and its name within a statement.
    source text;
    k text;
    -- A walk along that index: conditions and order are put in.
    walk_statement text;
    condition text;
    place_columns text;
    group_columns text;
    index_columns text;
    beyond text;
    key_of_group text;
    task_group record;
    now_of_group timestamptz;
    is_begun boolean;
    starts_at timestamptz;
    walk refcursor;
    walks refcursor[] := '{}';
    -- The due instant with which each walk ends.
    ends_at timestamptz;
    is_read boolean[];
    next_task task;
    next_tasks task[] := '{}';
    next_places task_place[] := '{}';
    best integer;
    shown task_place;
    left_to_show integer := most;
    no_due_epoch constant float8 := 1.7976931348623157e308;
    sort constant text := coalesce(filter ->> 'sort', 'rank');
    is_emergency constant boolean := (filter ->> 'emergency')::boolean;
    is_overdue constant boolean := (filter ->> 'overdue')::boolean;
    due_before constant timestamptz := (filter ->> 'dueBefore')::timestamptz;
    -- What every task of the page fulfils. Where an index can end a walk earlier, it does.
    also constant text := concat_ws(' and ', '(task).held_since is null',
      case when filter ? 'names' then format('(task).name = any(array(select jsonb_array_elements_text(%L::jsonb)))', filter -> 'names') end,
      case when filter ? 'teamId' then
        format('exists (select from patient where patient.id = (task).patient_id and patient.team_id = %L)', filter ->> 'teamId') end,
      case when is_emergency is not null then format('(task).emergency = %L', is_emergency) end,
      case when is_overdue is not null then
        format('coalesce((task).due_at <= %L::timestamptz + (task).clock_offset_ms * interval ''1 millisecond'', false) = %L', at, is_overdue) end,
      case when due_before is not null then format('(task).due_at < %L', due_before) end);
  begin
    for scope in select value from jsonb_array_elements(scopes) loop
      continue when scope ? 'isOverdue' and not is_overdue or scope ? 'isInTime' and is_overdue;
      k := case when scope ? 'calledRole' then 'key.' else 'task.' end;
      source := case when scope ? 'calledRole' then 'task_escalation as key' else 'task' end;
      -- Of a call, the task is looked up by itself: to plan a join costs more than to read the page.
      walk_statement := case when scope ? 'calledRole' then 'select (called.task).* from (
          select (select looked_up from task as looked_up where looked_up.id = key.id) as task from task_escalation as key where %s order by %s offset 0
        ) as called where ' || replace(also, '%', '%%')
        else 'select task.* from task where ' || replace(also, '%', '%%') || ' and %s order by %s' end;
      condition := concat_ws(' and ',
        case when scope ? 'calledRole' then 'key.role = ' || quote_literal(scope ->> 'calledRole') else 'task.status = ''open''' end,
        k || 'institution_id = ' || quote_literal(scope ->> 'institutionId'),
        case when scope -> 'departmentId' = 'null' then k || 'department_id is null'
          else k || 'department_id = ' || quote_literal(scope ->> 'departmentId') end,
        'task.owner_id = ' || quote_literal(scope ->> 'ownerId'),
        case when scope ? 'isCarried' then 'task.message_id is not null' end,
        case when scope ? 'isOverdue' then 'task.due_at is not null' end);
      if scope ? 'ownerId' then
        -- Nobody holds many tasks, so all are read and sorted.
        walk := null;
        open walk no scroll for execute
          format('select task.* from task where %s and %s order by worklist_place(task, $1, %L)', condition, also, sort) using at;
        walks := walks || walk;
        continue;
      end if;
      place_columns := concat_ws(', ', case when scope ? 'name' then k || 'name' end,
        case when scope ? 'departmentId' and not scope ? 'calledRole' then k || 'role' end);
      group_columns := concat_ws(', ', nullif(place_columns, ''), k || 'emergency, ' || k || 'running_budget_ms, ' || k || 'clock_offset_ms');
      index_columns := concat_ws(', ', case when scope ? 'departmentId' then k || 'department_id' end, group_columns,
        k || 'due_at, ' || k || 'paused_share_negated, ' || k || 'id');
      beyond := case when scope ? 'name' or scope ? 'role' then format('and (%s, %semergency) >= (%s, false)', place_columns, k,
        concat_ws(', ', quote_literal(scope ->> 'name'), case when scope ? 'departmentId' and not scope ? 'calledRole' then quote_literal(coalesce(scope ->> 'role', '')) end)) else '' end;
      loop
        -- A leap leads from each group to the next: the number of groups counts, not that of their tasks.
        execute format('select %srole, %sname, %semergency, %srunning_budget_ms, %sclock_offset_ms from %s where %s %s order by %s limit 1',
          k, k, k, k, k, source, condition, beyond, index_columns) into task_group;
        exit when task_group.emergency is null or task_group.role <> scope ->> 'role' or task_group.name <> scope ->> 'name';
        key_of_group := concat_ws(', ', case when scope ? 'name' then quote_literal(task_group.name) end,
          case when scope ? 'departmentId' and not scope ? 'calledRole' then quote_literal(task_group.role) end,
          quote_literal(task_group.emergency), quote_literal(task_group.running_budget_ms), quote_literal(task_group.clock_offset_ms));
        beyond := format('and (%s) > (%s)', group_columns, key_of_group);
        continue when task_group.emergency <> is_emergency;
        now_of_group := at + task_group.clock_offset_ms * interval '1 millisecond';
        walk := null;
        if sort = 'dueAt' then is_begun := after is not null;
        else
          -- The pages before have shown all emergencies.
          continue when after.emergency_first = 1 and task_group.emergency;
          -- The pages before have shown a part of this group, unless they have shown emergencies only and it has none.
          is_begun := coalesce((after.emergency_first = 0) = task_group.emergency, false);
        end if;
        if task_group.running_budget_ms > 0 then
          -- By due instant, the pages before have shown all that runs.
          continue when sort = 'dueAt' and after.emergency_first = 1;
          starts_at := case when not is_begun then '-infinity'
            when sort = 'dueAt' then to_timestamp(after.due_epoch) - interval '1 millisecond'
            else earliest_due_after(after, now_of_group, task_group.running_budget_ms) end;
          starts_at := greatest(starts_at, case when not is_overdue or scope ? 'isInTime' then now_of_group end);
          ends_at := least('infinity'::timestamptz, due_before, case when is_overdue or scope ? 'isOverdue' then now_of_group end);
          -- One comparison begins the walk and one ends it: of two that could begin it, Postgres would take the one that begins with the group.
          open walk no scroll for execute
            format(walk_statement, format('%s and (%s, %sdue_at) >= (%s, $1) and (%s, %sdue_at) <= (%s, $2)',
              condition, group_columns, k, key_of_group, group_columns, k, key_of_group), index_columns)
            using starts_at, ends_at;
        else
          continue when is_overdue or due_before is not null;
          open walk no scroll for execute
            format(walk_statement, format('%s and (%s) >= (%s) and (%s) <= (%s) and %sdue_at is null and (%spaused_share_negated, %sid) > ($1, $2)',
              condition, group_columns, key_of_group, group_columns, key_of_group, k, k, k), index_columns)
            using case when is_begun and (sort = 'dueAt' and after.emergency_first = 1 or sort <> 'dueAt' and after.overdue_first = 1)
                then round(after.share_negated::numeric, 6) else '-infinity' end::numeric,
              -- Behind what runs come the paused tasks that have used the same share.
              case when after.due_epoch = no_due_epoch then after.id else '' end;
        end if;
        walks := walks || walk;
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
          next_places[number] := case when found then worklist_place(next_task, at, sort) end;
          is_read[number] := coalesce(next_places[number] is null or after is null or next_places[number] > after, false);
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

  // What code of before this migration asks.
  `create or replace function first_open_tasks(scopes jsonb, at timestamptz, after task_place, most integer) returns setof task language sql stable rows 50 as $$
    select * from first_tasks_of_worklist(scopes, '{}', at, after, most) $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
