/** The system administrator writes the institutions. Each begins with the department that takes its referrals. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { changeInstitution, createInstitution } from '../../db/administration/places.ts';
import { findInstitution, type Institution } from '../../db/directory/directory.ts';
import { auditWrite } from '../../db/kit/audit.ts';
import { inTransaction } from '../../db/kit/transaction.ts';
import { InstitutionSchema } from '../directory/institutions.ts';
import { runOnce } from '../kit/once.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id, pendingAnswer, Text } from '../kit/schemas.ts';
import { ChosenId, checkSameId, refuseClosed } from './fields.ts';

const tag = 'directory';

export const InstitutionBody = z
  .strictObject({
    id: ChosenId.optional(),
    nameZh: Text(100),
    nameEn: Text(200),
    tier: InstitutionSchema.shape.tier,
    kind: InstitutionSchema.shape.kind,
    /** What residents are told; left out, it stays as it is. */
    addressZh: Text(300).nullable().optional(),
    addressEn: Text(300).nullable().optional(),
    telephone: Text(50).nullable().optional(),
  })
  .openapi('NewInstitution', {
    example: { id: 'c01', nameZh: '青石社康中心', nameEn: 'Qingshi Centre', tier: 'primary', kind: 'community-health-centre' },
  });

/** What the body leaves out stays as it was. */
export function completeInstitution(body: z.output<typeof InstitutionBody>, id: string, before?: Institution): Institution {
  const { nameZh, nameEn, tier, kind } = body;
  const { addressZh = before?.addressZh ?? null, addressEn = before?.addressEn ?? null, telephone = before?.telephone ?? null } = body;
  return { id, nameZh, nameEn, tier, kind, addressZh, addressEn, telephone };
}

const create = operation({
  id: 'createInstitution',
  method: 'post',
  path: '/v1/institutions',
  tag,
  summary: '新增机构 / Add an institution, with the department that takes its referrals',
  body: InstitutionBody,
  answers: { 201: { description: 'The institution', schema: InstitutionSchema }, 202: pendingAnswer },
  async handle(request) {
    const { actor, body, requestId } = request;
    return runOnce(request, async (trx) => {
      const institution = completeInstitution(body, body.id ?? uuid());
      if (!(await createInstitution(trx, institution))) throw new Problem('already-exists');
      const { id } = institution;
      await auditWrite(trx, { actor, action: 'institution.create', targetType: 'institution', targetId: id, patientId: null, requestId });
      return { status: 201, body: institution };
    });
  },
});

const replace = operation({
  id: 'replaceInstitution',
  method: 'put',
  path: '/v1/institutions/{id}',
  tag,
  summary: '修改机构 / Change an institution',
  params: z.object({ id: Id }),
  body: InstitutionBody,
  answers: { 200: { description: 'The institution', schema: InstitutionSchema } },
  find: ({ deps, params }) => findInstitution(deps.db, params.id),
  async handle({ deps, actor, body, resource, requestId }) {
    const { id } = resource;
    checkSameId(body, id);
    refuseClosed(resource);
    // What stands there, from its referrals to its residents, is of an institution of this kind.
    if (body.kind !== resource.kind)
      throw invalidRequestProblem('kind', { zh: '机构类别不能更改', en: 'the kind of an institution stays' });
    const institution = completeInstitution(body, id, resource);
    await inTransaction(deps.db, actor, async (trx) => {
      await changeInstitution(trx, institution);
      await auditWrite(trx, { actor, action: 'institution.change', targetType: 'institution', targetId: id, patientId: null, requestId });
    });
    return { status: 200, body: institution };
  },
});

export const institutionOperations: Operation[] = [create, replace];
