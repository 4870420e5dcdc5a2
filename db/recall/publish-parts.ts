/** Telling the pathway of a recall how the parts of its holders stand by now. */
import { v7 as uuid } from 'uuid';
import type { PartChange } from '../../domain/recall/events.ts';
import { publishFactsToEachPathway } from '../kit/publish-facts.ts';
import type { Act } from '../sterile-supply/act.ts';
import { countOpenLines, partKey } from './lines.ts';

export interface ChangedPart {
  recallId: string;
  part: PartChange;
}

/** One fact for each recall. One statement; none when nothing has changed. How many lines are open is counted here. */
export async function publishPartChanges(act: Act, changes: readonly ChangedPart[]): Promise<void> {
  if (changes.length === 0) return;
  const { trx, recordedAt, actor } = act;
  const open = await countOpenLines(
    trx,
    changes.map(({ recallId, part }) => ({ recallId, holder: part.holder })),
  );
  const recallIds = [...new Set(changes.map(({ recallId }) => recallId))].sort();
  await publishFactsToEachPathway(
    trx,
    recallIds.map((recallId) => ({
      type: 'recall-parts-changed' as const,
      pathwayId: recallId,
      messageId: `${recallId}:parts-changed:${uuid()}`,
      institutionId: actor.institutionId,
      occurredAt: recordedAt,
      input: {
        parts: changes
          .filter((change) => change.recallId === recallId)
          .map(({ part }) => ({ ...part, open: open.get(partKey(recallId, part.holder)) ?? 0 })),
      },
    })),
  );
}
