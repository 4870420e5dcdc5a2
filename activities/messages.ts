/** Queues a decision's messages in the outbox: one row for each (pathway, step, recipient, channel). */

import type { Trx } from '../db/transaction.ts';
import type { Decision, Recipient } from '../domain/pathway.ts';

interface Addressed {
  id: string;
  channel: string;
}

export async function queueMessages(trx: Trx, pathwayId: string, decision: Decision<unknown>): Promise<void> {
  const rows = [];
  for (const { step, template, recipients, parameters } of decision.messages) {
    const persons = new Map<string, Addressed>();
    for (const recipient of recipients) for (const person of await resolve(trx, pathwayId, recipient)) persons.set(person.id, person);
    // Nobody holds that post today: the alliance office hears of it rather than nobody.
    if (persons.size === 0) for (const person of await resolve(trx, pathwayId, { to: 'office' })) persons.set(person.id, person);
    for (const { id, channel } of persons.values())
      rows.push({
        key: `${pathwayId}:${step}:${template}:${id}:${channel}`,
        pathway_id: pathwayId,
        template,
        parameters: JSON.stringify(parameters),
        recipient_type: 'person' as const,
        recipient_id: id,
        channel,
      });
  }
  if (rows.length > 0)
    await trx
      .insertInto('message')
      .values(rows)
      .onConflict((conflict) => conflict.column('key').doNothing())
      .execute();
}

async function resolve(trx: Trx, pathwayId: string, recipient: Recipient): Promise<Addressed[]> {
  switch (recipient.to) {
    case 'person':
      return trx.selectFrom('person').select(['id', 'channel']).where('id', '=', recipient.personId).where('active', '=', true).execute();
    case 'office':
      return holders(trx, { role: 'office' });
    case 'owner': {
      const task = await trx.selectFrom('task').select('owner_id').where('id', '=', `${pathwayId}.${recipient.taskId}`).executeTakeFirst();
      return resolve(trx, pathwayId, task?.owner_id ? { to: 'person', personId: task.owner_id } : recipient.otherwise);
    }
    case 'role': {
      const { role, institutionId, departmentId } = recipient;
      const inDepartment = await holders(trx, {
        role,
        institutionId,
        departmentId: departmentId ?? (await referralDesk(trx, institutionId)),
      });
      return inDepartment.length > 0 ? inDepartment : holders(trx, { role, institutionId });
    }
  }
}

/** Whoever is addressed without a department is addressed at the referral desk. */
async function referralDesk(trx: Trx, institutionId: string): Promise<string | undefined> {
  const desk = await trx
    .selectFrom('department')
    .select('id')
    .where('institution_id', '=', institutionId)
    .where('is_referral_desk', '=', true)
    .executeTakeFirst();
  return desk?.id;
}

function holders(
  trx: Trx,
  { role, institutionId, departmentId }: { role: string; institutionId?: string; departmentId?: string | undefined },
): Promise<Addressed[]> {
  let query = trx.selectFrom('post').innerJoin('person', 'person.id', 'post.person_id').select(['person.id', 'person.channel']).distinct();
  query = query.where('post.role', '=', role).where('person.active', '=', true);
  if (institutionId) query = query.where('post.institution_id', '=', institutionId);
  if (departmentId) query = query.where('post.department_id', '=', departmentId);
  return query.execute();
}
