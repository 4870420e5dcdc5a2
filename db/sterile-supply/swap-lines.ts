/** A pack that expires before the next visit is asked for anew: the line joins the open slip of its centre, or begins a draft. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Trx } from '../kit/transaction.ts';
import { systemActor } from './act.ts';

export interface PackToSwap {
  packId: string;
  institutionId: string;
  setTypeId: string;
}

/** One deliver line a centre and set type. One statement. */
export async function addSwapLines(trx: Trx, packs: readonly PackToSwap[], at: Date): Promise<void> {
  if (packs.length === 0) return;
  const groups = Map.groupBy(packs, ({ institutionId, setTypeId }) => JSON.stringify([institutionId, setTypeId]));
  const rows = [...groups.values()].map((group) => ({
    line_id: uuid(),
    institution_id: group[0]?.institutionId ?? '',
    set_type_id: group[0]?.setTypeId ?? '',
    quantity: group.length,
  }));
  await sql`
    with given as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (line_id uuid, institution_id text, set_type_id text, quantity integer)
    ), drafted as (
      insert into exchange_slip (id, institution_id, status, created_by, created_at)
      select gen_random_uuid(), institution_id, 'draft', ${JSON.stringify(systemActor)}::jsonb, ${at}::timestamptz
      from (select distinct institution_id from given) as centre
      where not exists (select from exchange_slip as slip where slip.institution_id = centre.institution_id and slip.status in ('draft', 'submitted'))
      on conflict do nothing
      returning id, institution_id
    ), open as (
      select id, institution_id from drafted
      union all select id, institution_id from exchange_slip where status in ('draft', 'submitted')
    )
    insert into slip_line (id, slip_id, position, direction, set_type_id, declared)
    select line_id, open.id,
      (select coalesce(max(position), 0) from slip_line as last where last.slip_id = open.id)
        + row_number() over (partition by open.id order by given.set_type_id),
      'deliver', given.set_type_id, given.quantity
    from given join open using (institution_id)`.execute(trx);
}
