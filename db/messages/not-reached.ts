/** A message that no way has brought to its resident is never left lying: its pathway hears of it and looks for them, or somebody finds another way to tell them. */
import { sql } from 'kysely';
import { findDecider } from '../../domain/kit/registry.ts';
import { findResidentText } from '../../domain/messages/templates.ts';
import { publishFact } from '../kit/publish-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { listPartIds } from './bundles.ts';
import { loadMessageConfiguration } from './configuration.ts';
import { type Carried, findCarriedMessage, insertTask, REACH_RESIDENT, standingOfCarried } from './open-task.ts';

const FACT = 'resident-not-reached';

/** Writes it down once, however often it is asked, for each matter that the message was to tell. `learned`: what was found out of the resident on the way. */
export async function noteNotReached(trx: Trx, messageId: string, learned: 'moved' | null = null): Promise<void> {
  const parts = await listPartIds(trx, messageId);
  const unheard: Carried[] = [];
  for (const id of parts.length > 0 ? parts : [messageId]) {
    const message = await findCarriedMessage(trx, id, sql<Date>`now()`);
    // A contact who is not reached leaves the letter, and what costs nobody a call is told at the next visit.
    if (message?.recipientType !== 'patient' || findResidentText(message.template)?.neverCalls) continue;
    if (!(await tellPathway(trx, id, message, learned))) unheard.push(message);
  }
  const [first] = unheard;
  // Whoever has moved out of the alliance is looked for by nobody here.
  if (!first || learned !== null) return;
  await trx.updateTable('message').set({ status: 'in-hand', next_attempt_at: sql<Date>`'infinity'` }).where('id', '=', messageId).execute();
  await insertTask(trx, first, {
    id: `reach-${messageId}`,
    name: REACH_RESIDENT,
    messageId,
    roles: ['nurse', 'gp', 'desk', 'head'],
    seconds: (await loadMessageConfiguration(trx)).confirmSeconds,
    standing: standingOfCarried(first),
  });
}

/** False when the pathway looks for nobody. */
async function tellPathway(trx: Trx, messageId: string, message: Carried, learned: 'moved' | null): Promise<boolean> {
  const { pathwayId, kind, patientId, institutionId, template, at } = message;
  const listens = findDecider(kind)?.facts.some((fact) => fact === FACT) ?? false;
  if (listens)
    await publishFact(trx, {
      type: FACT,
      messageId: `not-reached:${messageId}`,
      addressee: { type: 'pathway', pathwayId, patientId },
      institutionId,
      occurredAt: at,
      input: { template, learned },
    });
  return listens;
}
