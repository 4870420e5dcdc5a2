/** The system administrator writes the departments. One at most takes the referrals that name none. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import {
  changeDepartment,
  createDepartment,
  endReferralDesk,
  findDepartment,
  listOpenInstitutions,
  type NewDepartment,
} from '../../db/administration/places.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { constraintOf } from '../../db/kit/integrity.ts';
import { inTransaction, type Trx } from '../../db/kit/transaction.ts';
import { DepartmentSchema } from '../directory/institutions.ts';
import { toMessage } from '../kit/field-words.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id, pendingAnswer, Text } from '../kit/schemas.ts';
import { ChosenId, checkSameId, refuseClosed, unknownInstitution } from './fields.ts';

const tag = 'directory';

export const DepartmentBody = z
  .strictObject({
    id: ChosenId.optional(),
    institutionId: Id,
    code: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,59}$/, toMessage({ zh: '须为小写字母、数字或连字符', en: 'small letters, digits and hyphens' }))
      .openapi({ example: 'cardiology' }),
    nameZh: Text(100),
    nameEn: Text(200),
    isReferralDesk: z.boolean().optional(),
  })
  .openapi('NewDepartment', {
    example: { id: 'h1-cardiology', institutionId: 'h1', code: 'cardiology', nameZh: '心血管内科', nameEn: 'Cardiology' },
  });

/** The institution's referral desk is the one that was named last, so that there is never none while it moves. Throws Problem 422. */
async function prepare(trx: Trx, { institutionId, isReferralDesk }: NewDepartment): Promise<void> {
  if (!(await listOpenInstitutions(trx, [institutionId])).has(institutionId))
    throw invalidRequestProblem('institutionId', unknownInstitution);
  if (isReferralDesk) await endReferralDesk(trx, institutionId);
}

const create = operation({
  id: 'createDepartment',
  method: 'post',
  path: '/v1/departments',
  tag,
  summary: '新增科室 / Add a department',
  body: DepartmentBody,
  answers: { 201: { description: 'The department', schema: DepartmentSchema }, 202: pendingAnswer },
  async handle(request) {
    const { actor, body, requestId } = request;
    return runOnce(request, async (trx) => {
      const department = { ...body, id: body.id ?? uuid(), isReferralDesk: body.isReferralDesk ?? false };
      await prepare(trx, department);
      if (!(await createDepartment(trx, department))) throw new Problem('already-exists');
      const { id } = department;
      await auditWrite(trx, { actor, action: 'department.create', targetType: 'department', targetId: id, patientId: null, requestId });
      return { status: 201, body: department };
    });
  },
});

const replace = operation({
  id: 'replaceDepartment',
  method: 'put',
  path: '/v1/departments/{id}',
  tag,
  summary: '修改科室 / Change a department',
  params: z.object({ id: Id }),
  body: DepartmentBody,
  answers: { 200: { description: 'The department', schema: DepartmentSchema } },
  find: ({ deps, params }) => findDepartment(deps.db, params.id),
  async handle({ deps, actor, body, resource, requestId }) {
    const { id } = resource;
    checkSameId(body, id);
    refuseClosed(resource);
    if (body.institutionId !== resource.institutionId)
      throw invalidRequestProblem('institutionId', { zh: '科室不能换机构', en: 'a department stays at its institution' });
    const department = { ...body, id, isReferralDesk: body.isReferralDesk ?? resource.isReferralDesk };
    // Referrals that name no department would find nobody.
    if (resource.isReferralDesk && !department.isReferralDesk)
      throw new Problem('still-in-use', { members: { uses: { 'referral-desk': 1 } } });
    await inTransaction(deps.db, actor, async (trx) => {
      if (!resource.isReferralDesk) await prepare(trx, department);
      await changeDepartment(trx, department);
      await auditWrite(trx, { actor, action: 'department.change', targetType: 'department', targetId: id, patientId: null, requestId });
    }).catch((error: unknown) => {
      if (constraintOf(error)?.startsWith('department_')) throw new Problem('already-exists');
      throw error;
    });
    return { status: 200, body: department };
  },
});

export const departmentOperations: Operation[] = [create, replace];
