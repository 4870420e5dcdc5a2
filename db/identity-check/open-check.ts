/** Asks a question about a resident: its row, its task and the command that begins its pathway, in the transaction of what calls for it. */
import { v7 as uuid } from 'uuid';
import type { IdentityCheckKind, OpenIdentityCheck } from '../../domain/identity-check/events.ts';
import { CHECK_TASK_ID, clockOf, taskOf } from '../../domain/identity-check/tasks.ts';
import type { TaskAbout } from '../../domain/kit/pathway.ts';
import { instantOf } from '../../domain/time/sla-clock.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { storeCreatingCommands } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';
import { loadMessageConfiguration } from '../messages/configuration.ts';

export interface NewCheck {
  kind: IdentityCheckKind;
  /** The record that goes on. */
  patientId: string;
  /** The record about which somebody has asked. */
  namedPatientId?: string;
  mergerId?: string;
  /** The home centre, whose GP or head answers. */
  institutionId: string;
  /** Of a death: the local date as it was told. */
  statedOn?: string | null;
  reason: string;
  about: TaskAbout;
}

/** Resolves with the id of the check, which is also the id of its pathway. The task stands open from this transaction on. */
export async function openCheck(trx: Trx, check: NewCheck, { actor, requestId }: RecordedBy, at: Date): Promise<string> {
  const { kind, patientId, namedPatientId = patientId, mergerId = null, institutionId, statedOn = null, reason, about } = check;
  const id = uuid();
  await trx
    .insertInto('identity_check')
    .values({
      id,
      kind,
      patient_id: patientId,
      merger_id: mergerId,
      named_patient_id: namedPatientId === patientId ? null : namedPatientId,
      institution_id: institutionId,
      opened_by: JSON.stringify(actor),
      opened_at: at,
      stated_on: statedOn,
      reason,
    })
    .execute();
  const role = (await hasGp(trx, institutionId)) ? 'gp' : 'head';
  const { confirmSeconds: budgetSeconds } = await loadMessageConfiguration(trx);
  const input: OpenIdentityCheck = { kind, patientId, institutionId, role, openedAt: at.getTime(), budgetSeconds, about };
  await insertTask(trx, id, input);
  await storeCreatingCommands(trx, [{ kind: 'identity-check', pathwayId: id, name: 'open', actor, input, requestId }]);
  return id;
}

/** The pathway finds its task standing when it begins. */
async function insertTask(trx: Trx, id: string, input: OpenIdentityCheck): Promise<void> {
  const clock = clockOf(input);
  const task = taskOf({ ...input, clock });
  await trx.insertInto('pathway').values({ id, kind: 'identity-check', institution_id: input.institutionId }).execute();
  await trx
    .insertInto('task')
    .values({
      id: `${id}.${CHECK_TASK_ID}`,
      pathway_id: id,
      name: task.name,
      role: task.role,
      institution_id: task.institutionId,
      patient_id: input.patientId,
      urgency: task.urgency,
      emergency: task.emergency,
      clock: JSON.stringify(clock),
      opened_at: new Date(input.openedAt),
      due_at: new Date(instantOf(clock, 100) as number),
      about: JSON.stringify(input.about),
    })
    .execute();
}

async function hasGp(trx: Trx, institutionId: string): Promise<boolean> {
  const gp = await trx
    .selectFrom('post')
    .innerJoin('person', 'person.id', 'post.person_id')
    .select('person.id')
    .where('post.role', '=', 'gp')
    .where('post.institution_id', '=', institutionId)
    .where('person.active', '=', true)
    .limit(1)
    .executeTakeFirst();
  return gp !== undefined;
}
