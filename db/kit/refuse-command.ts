/** Writes down that a command was refused without a trace in its workflow, and keeps of it what matters all the same. */
import type { Refusal } from '../../domain/kit/pathway.ts';
import { findDecider } from '../../domain/kit/registry.ts';
import { type RefusedCommand, recordRefusal, type StoredOutcome } from './commands.ts';
import type { ActingFor, Database } from './database.ts';
import { keepersOfRefused } from './registry.ts';
import { inTransaction, type Trx } from './transaction.ts';

/** An outcome that stands already stays. Resolves with the outcome that stands. */
export async function refuseCommand(
  db: Database,
  actingFor: ActingFor,
  command: Omit<RefusedCommand, 'at'> & { id: string; kind: string },
  refusal: Refusal,
): Promise<StoredOutcome> {
  const { id, kind } = command;
  const decider = findDecider(kind);
  const keep = decider && keepersOfRefused[decider.kind];
  if (!keep) return recordRefusal(db, id, refusal);
  return inTransaction(db, actingFor, async (trx) => {
    const outcome = await recordRefusal(trx, id, refusal);
    if (!outcome.ok) await keep(trx, { ...command, at: await findPathwayNow(trx, command.pathwayId) }, refusal.code);
    return outcome;
  });
}

/** The present instant on the pathway's own clock: a demonstration may have pushed it forward. */
async function findPathwayNow(trx: Trx, pathwayId: string): Promise<Date> {
  const pathway = await trx.selectFrom('pathway').select('clock_offset_ms').where('id', '=', pathwayId).executeTakeFirst();
  return new Date(Date.now() + Number(pathway?.clock_offset_ms ?? 0));
}
