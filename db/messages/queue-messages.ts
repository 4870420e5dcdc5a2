/** Queues a decision's messages in the outbox: one row for each (pathway, step, recipient, channel). */
import type { Decision, Recipient } from '../../domain/kit/pathway.ts';
import type { RecipientType } from '../../domain/messages/channels.ts';
import type { Trx } from '../kit/transaction.ts';

interface Addressed {
  type: RecipientType;
  id: string;
  channel: string;
}

const findPerson = (row: { id: string; channel: string }): Addressed => ({ type: 'person', ...row });

export async function queueMessages(trx: Trx, pathwayId: string, decision: Decision<unknown>): Promise<void> {
  const rows = [];
  for (const { step, template, recipients, parameters } of decision.messages) {
    const addressed = new Map<string, Addressed>();
    for (const recipient of recipients) for (const one of await resolve(trx, pathwayId, recipient)) addressed.set(one.id, one);
    // Where nobody holds the post today, the message goes to the alliance office, so that somebody gets it.
    if (addressed.size === 0) for (const one of await resolve(trx, pathwayId, { to: 'office' })) addressed.set(one.id, one);
    for (const { type, id, channel } of addressed.values())
      rows.push({
        key: `${pathwayId}:${step}:${template}:${id}:${channel}`,
        pathway_id: pathwayId,
        template,
        parameters: JSON.stringify(parameters),
        recipient_type: type,
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
      return (
        await trx.selectFrom('person').select(['id', 'channel']).where('id', '=', recipient.personId).where('active', '=', true).execute()
      ).map(findPerson);
    case 'patient':
      return (await trx.selectFrom('patient').select(['id', 'channel']).where('id', '=', recipient.patientId).execute()).map((row) => ({
        type: 'patient',
        ...row,
      }));
    case 'office':
      return findRoleHolders(trx, { role: 'office' });
    case 'owner': {
      const task = await trx.selectFrom('task').select('owner_id').where('id', '=', `${pathwayId}.${recipient.taskId}`).executeTakeFirst();
      return resolve(trx, pathwayId, task?.owner_id ? { to: 'person', personId: task.owner_id } : recipient.otherwise);
    }
    case 'role': {
      const { role, institutionId, departmentId } = recipient;
      const inDepartment = await findRoleHolders(trx, {
        role,
        institutionId,
        departmentId: departmentId ?? (await findReferralDesk(trx, institutionId)),
      });
      return inDepartment.length > 0 ? inDepartment : findRoleHolders(trx, { role, institutionId });
    }
  }
}

/** An institution that is addressed without a department gets the message at its referral desk. */
async function findReferralDesk(trx: Trx, institutionId: string): Promise<string | undefined> {
  const desk = await trx
    .selectFrom('department')
    .select('id')
    .where('institution_id', '=', institutionId)
    .where('is_referral_desk', '=', true)
    .executeTakeFirst();
  return desk?.id;
}

/** Whoever holds a post; in place of those of a team that has a group of its own, the team. */
async function findRoleHolders(
  trx: Trx,
  { role, institutionId, departmentId }: { role: string; institutionId?: string; departmentId?: string | undefined },
): Promise<Addressed[]> {
  let query = trx
    .selectFrom('post')
    .innerJoin('person', 'person.id', 'post.person_id')
    .leftJoin(
      (eb) =>
        eb
          .selectFrom('team_member')
          .innerJoin('team', 'team.id', 'team_member.team_id')
          .select(['team_member.person_id', 'team.id', 'team.institution_id', 'team.channel'])
          .where('team.channel', 'is not', null)
          .as('grouped'),
      (join) => join.onRef('grouped.person_id', '=', 'person.id').onRef('grouped.institution_id', '=', 'post.institution_id'),
    )
    .select(['person.id', 'person.channel', 'grouped.id as teamId', 'grouped.channel as teamChannel'])
    .distinct();
  query = query.where('post.role', '=', role).where('person.active', '=', true);
  if (institutionId) query = query.where('post.institution_id', '=', institutionId);
  if (departmentId) query = query.where('post.department_id', '=', departmentId);
  return (await query.execute()).map(({ id, channel, teamId, teamChannel }) =>
    teamId && teamChannel ? { type: 'team', id: teamId, channel: teamChannel } : findPerson({ id, channel }),
  );
}
