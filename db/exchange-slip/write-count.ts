/** What a count writes: lines, slip, sets and packs, all of them in one statement. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Suspect } from '../../domain/discrepancy/owner.ts';
import type { CountedNumbers, LineCount } from '../../domain/exchange-slip/count.ts';
import type { SetChange } from '../../domain/exchange-slip/counted-things.ts';
import type { Act } from '../sterile-supply/act.ts';
import { insertLedger, type LedgerEntry } from '../sterile-supply/ledger.ts';
import type { GivenCount } from './read-count.ts';
import type { SlipLineRecord, SlipRecord } from './slips.ts';

/** A line as it was counted. */
export interface CountedLine {
  line: SlipLineRecord;
  count: LineCount;
  numbers: CountedNumbers;
  suspect: Suspect | null;
  /** The sets that came, as far as it is known which. */
  setInstanceIds: string[];
  isNew: boolean;
}

export interface CountToWrite {
  slip: SlipRecord;
  lines: readonly CountedLine[];
  changes: readonly SetChange[];
  /** Packs that came back unopened and were good. */
  returnedIds: readonly string[];
  status: 'counted' | 'disputed';
  given: GivenCount;
  /** What the ledger says of it. */
  entries: readonly LedgerEntry[];
}

export async function writeCount(act: Act, { slip, lines, changes, returnedIds, status, given, entries }: CountToWrite): Promise<void> {
  const { trx, actor, happenedAt } = act;
  const rows = lines.map(({ line, numbers, suspect, setInstanceIds }) => ({
    id: line.id,
    setTypeId: line.setTypeId,
    ...numbers,
    suspect,
    setInstanceIds,
  }));
  const added = rows.filter((_, index) => lines[index]?.isNew).map((row, index) => ({ ...row, n: index + 1 }));
  const endedIds = changes.flatMap(({ endedPackId }) => endedPackId ?? []);
  await sql`
    with counted as (
      update slip_line set received = (row ->> 'received')::int, incomplete = (row ->> 'incomplete')::int, damaged = (row ->> 'damaged')::int,
        missing = (row ->> 'missing')::int, extra = (row ->> 'extra')::int, suspect = row ->> 'suspect', outcome = 'counted',
        received_set_instance_ids = array(select jsonb_array_elements_text(row -> 'setInstanceIds'))
      from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as row where slip_line.id = (row ->> 'id')::uuid
    ), added as (
      insert into slip_line (id, slip_id, position, direction, set_type_id, declared, received, incomplete, damaged, missing, extra, suspect, outcome,
        received_set_instance_ids)
      select (row ->> 'id')::uuid, ${slip.id}::uuid, (select coalesce(max(position), 0) from slip_line where slip_id = ${slip.id}::uuid) + (row ->> 'n')::int,
        'collect', row ->> 'setTypeId', 0, (row ->> 'received')::int, 0, 0, 0, (row ->> 'extra')::int, row ->> 'suspect', 'counted',
        array(select jsonb_array_elements_text(row -> 'setInstanceIds'))
      from jsonb_array_elements(${JSON.stringify(added)}::jsonb) as row
    ), moved as (
      update set_instance set status = row ->> 'to', special = row ->> 'special',
        status_since = case when row ->> 'to' = row ->> 'from' then status_since else ${happenedAt} end
      from jsonb_array_elements(${JSON.stringify(changes)}::jsonb) as row where set_instance.id = row ->> 'id'
    ), ended as (
      -- The set came back loose, so its pack was opened at the centre, whether anybody has recorded it or not.
      update pack set status = 'ended', status_since = ${happenedAt}, opened_at = coalesce(opened_at, ${happenedAt}),
        opened_institution_id = coalesce(opened_institution_id, ${slip.institutionId})
      where id = any(${endedIds}::text[])
    ), returned as (
      update pack set status = 'rejected', reject_reason = 'returned-unopened', status_since = ${happenedAt} where id = any(${[...returnedIds]}::text[])
    ), kept as (
      insert into slip_count (id, slip_id, counted_at, counted_by, reason, body)
      values (${uuid()}::uuid, ${slip.id}::uuid, ${happenedAt}, ${actor.personId}, ${given.reason ?? null}, ${JSON.stringify({ ...given, reason: undefined })}::jsonb)
    ), entry as (${insertLedger(act, entries)})
    update exchange_slip set status = ${status}, counted_at = ${happenedAt}, counted_by = ${actor.personId} where id = ${slip.id}::uuid`.execute(
    trx,
  );
}
