/** The first follow-up that a down referral asks the centre for is a visit: its values go back as the outcome. */
import { sql } from 'kysely';
import { buildVisitSummary } from '../../domain/follow-up/visit-summary.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { storeRelayedCommand } from '../kit/relayed-commands.ts';
import type { Trx } from '../kit/transaction.ts';

export interface VisitAfterHospital {
  visitId: string;
  patientId: string;
  visitedAt: Date;
  form: unknown;
  actor: Actor;
  requestId: string;
}

/**
 * Stores the outcome as a command of each referral whose first follow-up stands open at the actor's centre, in the transaction of the visit; the relay
 * sends it. A visit of a day before the centre took the patient back is none.
 */
export async function answerFirstFollowUps(trx: Trx, visit: VisitAfterHospital): Promise<void> {
  const { visitId, patientId, visitedAt, form, actor, requestId } = visit;
  const open = await trx
    .selectFrom('task')
    .select('pathway_id as pathwayId')
    .where(sql<boolean>`patient_id in (select id from records_of_resident(${patientId}))`)
    .where('name', '=', 'first-follow-up')
    .where('status', '=', 'open')
    .where('institution_id', '=', actor.institutionId)
    .where(sql<boolean>`opened_at < ${visitedAt}::timestamptz + interval '1 day'`)
    .orderBy('id')
    .execute();
  const outcome = `随访记录：${buildVisitSummary(form)}`.slice(0, 8_000);
  for (const { pathwayId } of open) {
    const key = `first-follow-up:${pathwayId}:${visitId}`;
    await storeRelayedCommand(trx, {
      key,
      operation: 'sendOutcome',
      requestId,
      pathwayId,
      pathwayKind: 'referral',
      name: 'send-outcome',
      actor,
      input: {},
      texts: { outcome, note: outcome },
    });
  }
}
