/** A call that was agreed on with a resident for whom no call is open. */
import { sql } from 'kysely';
import type { FollowUpTemplate } from '../../domain/follow-up/texts.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export const CALL_BACK: FollowUpTemplate = 'follow-up-call-back';

/** What a call can be about: the open follow-up of the resident before anything else that there is of them. Undefined for somebody of whom there is nothing. */
export async function findPathwayToCallFor(db: Database, patientId: string): Promise<{ id: string; offsetMs: number } | undefined> {
  const { rows } = await sql<{ id: string; offsetMs: number }>`
    select id, clock_offset_ms::float8 as "offsetMs" from pathway
    where patient_id in (select id from records_of_resident(${patientId})) and version > 0
    order by status = 'open' desc, kind = 'follow-up' desc, id desc limit 1`.execute(db);
  return rows[0];
}

export interface BookedCall {
  pathwayId: string;
  patientId: string;
  /** On the clock of the pathway. */
  callAt: Date;
  offsetMs: number;
}

/** The outbox opens the call's task when its time has come. Booked twice for the same instant it is one call. */
export async function bookCall(trx: Trx, { pathwayId, patientId, callAt, offsetMs }: BookedCall): Promise<void> {
  await trx
    .insertInto('message')
    .values({
      key: `${pathwayId}:call-back:${patientId}:${callAt.toISOString()}`,
      pathway_id: pathwayId,
      template: CALL_BACK,
      parameters: JSON.stringify(callParameters(callAt)),
      recipient_type: 'patient',
      recipient_id: patientId,
      channel: 'phone',
      next_attempt_at: new Date(callAt.getTime() - offsetMs),
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
}

export const callParameters = (callAt: Date): { dueAt: number } => ({ dueAt: callAt.getTime() });
