/** A pack that nobody has found: its lines end when the discrepancy about it is closed. */
import { sql } from 'kysely';
import type { LineHolderType } from '../../domain/recall/holders.ts';
import type { Act } from '../sterile-supply/act.ts';
import { clearAlerts } from '../sterile-supply/alerts.ts';
import { isPartHolder } from './lines.ts';
import { publishPartChanges } from './publish-parts.ts';

/**
 * Call it when a discrepancy was closed, in the same transaction. Nothing happens unless it was about a pack of a recall that was not found; one that
 * was found after all comes back and is seen. One statement then, and four where lines end.
 */
export async function endLinesNotFound(act: Act, discrepancyId: string): Promise<void> {
  const { trx, actor, recordedAt } = act;
  const { rows } = await sql<{ recall_id: string; pack_id: string; holder_type: LineHolderType; holder_id: string }>`
    with ended as (
      update recall_line as line set state = 'ended', "end" = 'not-found', ended_at = ${recordedAt}, ended_by = ${JSON.stringify(actor)}::jsonb
      from recall, discrepancy
      where recall.id = line.recall_id and recall.status = 'open' and line.state = 'open' and discrepancy.id = ${discrepancyId}::uuid
        and discrepancy.kind = 'recall-not-found' and discrepancy.resolution is distinct from 'found'
        and discrepancy.subject_type = 'pack' and line.pack_id = discrepancy.subject_id
      returning line.recall_id, line.pack_id, line.holder_type, line.holder_id
    ), touched as (
      update recall set status = status where id in (select recall_id from ended)
    )
    select * from ended`.execute(trx);
  if (rows.length === 0) return;
  await clearAlerts(
    trx,
    rows.map((line) => ({ name: 'stop-use', subject: { type: 'pack', id: line.pack_id }, threshold: line.recall_id })),
    recordedAt,
  );
  const parts = rows.flatMap(({ recall_id, holder_type, holder_id }) => {
    const holder = { type: holder_type, id: holder_id };
    return isPartHolder(holder) ? [{ recallId: recall_id, part: { holder, open: 0, gained: false, stopComing: false } }] : [];
  });
  await publishPartChanges(act, [
    ...new Map(parts.map((one) => [`${one.recallId} ${one.part.holder.type} ${one.part.holder.id}`, one])).values(),
  ]);
}
