/** The answer to an identity check: written once, closes its task at once, and is told to its pathway. */
import { sql } from 'kysely';
import { CHECK_TASK_ID } from '../../domain/identity-check/tasks.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { publishFactsToEachPathway } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';
import type { IdentityCheckTable } from './tables.ts';

export interface OpenCheck {
  id: string;
  kind: IdentityCheckTable['kind'];
  patientId: string;
  /** The record about which somebody has asked. */
  namedPatientId: string;
  institutionId: string;
  openedBy: Actor;
  statedOn: string | null;
}

/** The open check of a kind about one of these records, locked until the transaction ends. */
export async function lockOpenCheck(
  trx: Trx,
  { kind, recordIds, mergerId }: { kind: IdentityCheckTable['kind']; recordIds?: readonly string[]; mergerId?: string },
): Promise<OpenCheck | undefined> {
  let checks = trx
    .selectFrom('identity_check')
    .select([
      'id',
      'kind',
      'patient_id as patientId',
      sql<string>`coalesce(named_patient_id, patient_id)`.as('namedPatientId'),
      'institution_id as institutionId',
      'opened_by as openedBy',
      'stated_on as statedOn',
    ])
    .where('status', '=', 'open')
    .where('kind', '=', kind)
    .forUpdate();
  if (recordIds) checks = checks.where('patient_id', '=', sql<string>`any(${[...recordIds]}::text[])`);
  if (mergerId !== undefined) checks = checks.where('merger_id', '=', mergerId);
  const row = await checks.executeTakeFirst();
  return row && { ...row, openedBy: row.openedBy as Actor };
}

export interface CheckAnswer {
  confirmed: boolean;
  /** What was found, in words and dates; it stays in the row. */
  decision: Record<string, unknown>;
  /** Null: a fact from another system has answered. */
  by: Actor | null;
  /** The name of the command that answers. */
  closedBy: string;
}

/** Answers a check that the caller has locked. */
export async function decideCheck(trx: Trx, check: OpenCheck, { confirmed, decision, by, closedBy }: CheckAnswer): Promise<void> {
  await trx
    .updateTable('identity_check')
    .set({
      status: confirmed ? 'confirmed' : 'rejected',
      decided_by: by === null ? null : JSON.stringify(by),
      decided_at: sql<Date>`now()`,
      decision: JSON.stringify(decision),
    })
    .where('id', '=', check.id)
    .execute();
  await trx
    .updateTable('task')
    .set((eb) => ({
      status: by === null ? 'withdrawn' : 'done',
      closed_at: sql<Date>`now() + clock_offset_ms * interval '1 millisecond'`,
      closed_by: closedBy,
      ...(by === null ? {} : { owner_id: by.personId, claimed_at: eb.fn.coalesce('claimed_at', sql<Date>`now()`) }),
      version: eb('version', '+', 1),
    }))
    .where('id', '=', `${check.id}.${CHECK_TASK_ID}`)
    .where('status', '=', 'open')
    .execute();
  await publishFactsToEachPathway(trx, [
    {
      type: 'identity-check-decided',
      pathwayId: check.id,
      messageId: `identity-check-decided:${check.id}`,
      institutionId: check.institutionId,
      occurredAt: new Date(),
      input: { confirmed },
    },
  ]);
}
