/** Lines that had ended because the pack was seen at the supply department, and that an observation proves wrong. */
import { sql } from 'kysely';
import type { Act } from '../sterile-supply/act.ts';

/**
 * A pack that was used in between has a patient to be followed up, and one that was handed out again by a later observation is not retrieved: their
 * lines in open recalls are open again. `followRecalls` then gives them to whoever has to account for them. One statement.
 */
export async function reopenRetrievedLines({ trx }: Act, packIds: readonly string[]): Promise<void> {
  if (packIds.length === 0) return;
  await sql`
    with reopened as (
      update recall_line as line set state = 'open', "end" = null, ended_at = null, ended_by = null
      from recall, pack left join custody on custody.thing_type = 'pack' and custody.thing_id = pack.id and custody.until is null
      where line.pack_id = any(${[...packIds]}::text[]) and line."end" = 'retrieved' and recall.id = line.recall_id and recall.status = 'open'
        and pack.id = line.pack_id and (pack.opened_at is not null or custody.holder_type <> 'cssd')
      returning line.recall_id
    )
    update recall set status = status where id in (select recall_id from reopened)`.execute(trx);
}
