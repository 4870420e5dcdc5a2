/** What a pathway that is over says to one more command: Temporal no longer knows of it, its last state does. */
import { type PathwayEvent, type Refusal, withNewFields } from '../../domain/kit/pathway.ts';
import { findDecider } from '../../domain/kit/registry.ts';
import type { CommandRow } from './commands.ts';
import type { Database } from './database.ts';

/** undefined if the pathway is not over: then no answer is better than a wrong one. */
export async function refusalOfEnded(
  db: Database,
  { id, pathwayId, pathwayKind, name, actor, input }: Pick<CommandRow, 'id' | 'pathwayId' | 'pathwayKind' | 'name' | 'actor' | 'input'>,
): Promise<Refusal | undefined> {
  const pathway = await db.selectFrom('pathway').select(['state', 'status']).where('id', '=', pathwayId).executeTakeFirst();
  const decider = pathwayKind ? findDecider(pathwayKind) : undefined;
  if (pathway?.status !== 'ended' || !decider) return undefined;
  const event: PathwayEvent = { kind: 'command', name: name ?? '', id, at: Date.now(), actor, input };
  const verdict = decider.decide(withNewFields(decider, pathway.state), event);
  return verdict.ok ? undefined : verdict.refusal;
}
