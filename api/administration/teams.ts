/** Teams are written by the system administrator, and by heads for their own institution. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { listOpenInstitutions } from '../../db/administration/places.ts';
import { listStaffOf } from '../../db/administration/staff.ts';
import { changeTeam, createTeam, findTeam, type Team } from '../../db/administration/teams.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import type { Caller } from '../kit/auth.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id, pendingAnswer, Text } from '../kit/schemas.ts';
import { ChosenId, checkSameId, refuseClosed, unknownInstitution } from './fields.ts';

const tag = 'directory';

const TeamSchema = z
  .strictObject({ id: z.string(), institutionId: z.string(), name: z.string(), memberIds: z.array(z.string()) })
  .openapi('Team');

export const TeamBody = z
  .strictObject({ id: ChosenId.optional(), institutionId: Id, name: Text(100), memberIds: z.array(Id).min(1).max(50) })
  .openapi('NewTeam', { example: { id: 'c01-team-1', institutionId: 'c01', name: '家庭医生一团队', memberIds: ['c01-gp-1'] } });

const mayWrite = ({ roles, institutionId }: Caller, of: string): boolean => roles.includes('sysadmin') || institutionId === of;

/** Throws Problem 422. */
async function checkTeam(trx: Trx, { institutionId, memberIds }: Pick<Team, 'institutionId' | 'memberIds'>): Promise<void> {
  if (!(await listOpenInstitutions(trx, [institutionId])).has(institutionId))
    throw invalidRequestProblem('institutionId', unknownInstitution);
  const staff = await listStaffOf(trx, institutionId, memberIds);
  const stranger = memberIds.findIndex((id) => !staff.has(id));
  if (stranger >= 0)
    throw invalidRequestProblem(`memberIds.${stranger}`, { zh: '此人不在该机构任职', en: 'has no post at this institution' });
}

const toResource = ({ id, institutionId, name, memberIds }: Team) => ({
  id,
  institutionId,
  name,
  memberIds: [...new Set(memberIds)].sort(),
});

const create = operation({
  id: 'createTeam',
  method: 'post',
  path: '/v1/teams',
  tag,
  summary: '新增团队 / Add a team',
  body: TeamBody,
  answers: { 201: { description: 'The team', schema: TeamSchema }, 202: pendingAnswer },
  async handle(request) {
    const { actor, body, caller, requestId } = request;
    if (!mayWrite(caller, body.institutionId)) throw new Problem('role-may-not');
    return runOnce(request, async (trx) => {
      const team = { ...body, id: body.id ?? uuid() };
      await checkTeam(trx, team);
      if (!(await createTeam(trx, team))) throw new Problem('already-exists');
      await auditWrite(trx, { actor, action: 'team.create', targetType: 'team', targetId: team.id, patientId: null, requestId });
      return { status: 201, body: toResource(team) };
    });
  },
});

const replace = operation({
  id: 'replaceTeam',
  method: 'put',
  path: '/v1/teams/{id}',
  tag,
  summary: '修改团队 / Change a team',
  params: z.object({ id: Id }),
  body: TeamBody,
  answers: { 200: { description: 'The team', schema: TeamSchema } },
  find: ({ deps, params }) => findTeam(deps.db, params.id),
  may: ({ resource, caller }) => mayWrite(caller, resource.institutionId),
  async handle({ deps, actor, body, resource, requestId }) {
    const { id, institutionId } = resource;
    checkSameId(body, id);
    refuseClosed(resource);
    if (body.institutionId !== institutionId)
      throw invalidRequestProblem('institutionId', { zh: '团队不能换机构', en: 'a team stays at its institution' });
    await inTransaction(deps.db, actor, async (trx) => {
      await checkTeam(trx, body);
      await changeTeam(trx, { ...body, id });
      await auditWrite(trx, { actor, action: 'team.change', targetType: 'team', targetId: id, patientId: null, requestId });
    });
    return { status: 200, body: toResource({ ...body, id }) };
  },
});

export const teamOperations: Operation[] = [create, replace];
