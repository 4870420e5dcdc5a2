/** Answers a command to a pathway that has ended. Temporal no longer runs it, so the decider is asked about its last state here. */
import { type PathwayEvent, type Refusal, withNewFields } from '../../domain/kit/pathway.ts';
import { findDecider } from '../../domain/kit/registry.ts';
import type { CommandRow } from './commands.ts';
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
  return verdict.ok ? undefined : verdict.refusal;
}
