/** Answers a command to a pathway that has ended. Temporal no longer runs it, so the decider is asked about its last state here. */
import { type PathwayEvent, type Refusal, withNewFields } from '../../domain/kit/pathway.ts';
import { findDecider } from '../../domain/kit/registry.ts';
import type { CommandRow, StoredOutcome } from './commands.ts';
import type { Database } from './database.ts';
import { longFormOf } from './documents.ts';

/** Resolves with undefined when the pathway has not ended, because then only its workflow may answer. */
export async function findRefusalOfEnded(
  db: Database,
  { id, pathwayId, pathwayKind, name, actor, input }: Pick<CommandRow, 'id' | 'pathwayId' | 'pathwayKind' | 'name' | 'actor' | 'input'>,
): Promise<Refusal | undefined> {
  const pathway = await db.selectFrom('pathway').select(['state', 'status']).where('id', '=', pathwayId).executeTakeFirst();
  const decider = pathwayKind ? findDecider(pathwayKind) : undefined;
  if (pathway?.status !== 'ended' || !decider) return undefined;
  const event: PathwayEvent = { kind: 'command', name: name ?? '', id, at: Date.now(), actor, input: await longFormOf(db, input) };
  const verdict = decider.decide(withNewFields(decider, await longFormOf(db, pathway.state)), event);
  return verdict.ok ? findRefusedCreation(db, pathwayId) : verdict.refusal;
}

/** A pathway that was refused its creation has no state to ask about: whoever would have created it at the same moment is answered like the first. */
async function findRefusedCreation(db: Database, pathwayId: string | null): Promise<Refusal | undefined> {
  const first = await db
    .selectFrom('command')
    .select('outcome')
    .where('pathway_id', '=', pathwayId)
    .where('outcome', 'is not', null)
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();
  const outcome = first?.outcome as StoredOutcome | null | undefined;
  return outcome && !outcome.ok ? outcome.refusal : undefined;
}
