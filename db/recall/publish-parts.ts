/** Telling the pathway of a recall how the parts of its holders stand by now. */
import { v7 as uuid } from 'uuid';
import type { PartChange } from '../../domain/recall/events.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { Act } from '../sterile-supply/act.ts';
import { countOpenLines, partKey } from './lines.ts';

export interface ChangedPart {
  recallId: string;
  part: PartChange;
}

/** One fact for each recall. How many lines are open is counted here, in one statement; none when nothing has changed. */
export async function publishPartChanges(act: Act, changes: readonly ChangedPart[]): Promise<void> {
  if (changes.length === 0) return;
  const open = await countOpenLines(
    act.trx,
    changes.map(({ recallId, part }) => ({ recallId, holder: part.holder })),
  );
  await publishCountedParts(
    act,
    changes.map(({ recallId, part }) => ({ recallId, part: { ...part, open: open.get(partKey(recallId, part.holder)) ?? 0 } })),
  );
}

/** The same where the caller has counted. */
export async function publishCountedParts({ trx, recordedAt, actor }: Act, changes: readonly ChangedPart[]): Promise<void> {
  const recallIds = [...new Set(changes.map(({ recallId }) => recallId))].sort();
  await publishFactsToEachPathway(
    trx,
    recallIds.map((recallId) => ({
      type: 'recall-parts-changed' as const,
      pathwayId: recallId,
      messageId: `${recallId}:parts-changed:${uuid()}`,
      institutionId: actor.institutionId,
      occurredAt: recordedAt,
      input: { parts: changes.filter((change) => change.recallId === recallId).map(({ part }) => part) },
    })),
  );
}
