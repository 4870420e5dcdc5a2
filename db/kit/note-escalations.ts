/** What a task's row says of whom it was escalated to. */
import { sql } from 'kysely';
import type { Escalation } from '../../domain/kit/escalations.ts';
import type { Trx } from './transaction.ts';

/**
 * Adds the roles that were called to the open tasks that they were called about, each once: the first call counts. Where nobody holds the role in the
 * department, the whole institution was called, as it is with messages.
 */
export async function noteEscalations(trx: Trx, pathwayId: string, escalations: readonly Escalation[], at: Date): Promise<void> {
  await Promise.all(
    [...Map.groupBy(escalations, ({ taskId }) => taskId)].map(([taskId, ofTask]) => {
      const calls = ofTask.map(({ role, institutionId, departmentId }) => ({ role, institutionId, departmentId, at: at.toISOString() }));
      return sql`
        update task set escalated_to = escalated_to || (
          select coalesce(jsonb_agg(called.entry order by called.n), '[]') from (
            select n, case when exists (
              select from post join person on person.id = post.person_id and person.active
              where post.role = entry ->> 'role' and post.institution_id = entry ->> 'institutionId' and post.department_id = entry ->> 'departmentId'
            ) then entry else entry || '{"departmentId": null}' end as entry
            from jsonb_array_elements(${JSON.stringify(calls)}::jsonb) with ordinality as given (entry, n)
          ) as called
          where not exists (
            select from jsonb_array_elements(task.escalated_to) as earlier where earlier - 'at' = called.entry - 'at'))
        where id = ${`${pathwayId}.${taskId}`} and status = 'open'`.execute(trx);
    }),
  );
}
