/** Institutions and departments from a file. */
import { z } from '@hono/zod-openapi';
import {
  changeDepartment,
  changeInstitution,
  createDepartment,
  createInstitution,
  endReferralDesk,
  listOpenInstitutions,
  listStandingDepartments,
  listStandingInstitutions,
} from '../../../db/administration/places.ts';
import { auditWrite } from '../../../db/kit/audit.ts';
import { DepartmentBody } from '../departments.ts';
import { ChosenId, unknownInstitution } from '../fields.ts';
import { completeInstitution, InstitutionBody } from '../institutions.ts';
import { codesByWords, defineImport, givenTwice, judged, refused, repeated } from './import-rules.ts';

const tiers = codesByWords({
  tertiary: { zh: '三级', en: 'tertiary' },
  secondary: { zh: '二级', en: 'secondary' },
  primary: { zh: '基层', en: 'primary' },
  support: { zh: '支持机构', en: 'support' },
});
const kinds = codesByWords({
  hospital: { zh: '医院', en: 'hospital' },
  'community-health-centre': { zh: '社康中心', en: 'community health centre' },
  'sterile-supply-department': { zh: '消毒供应中心', en: 'sterile supply department' },
});
const closed = { zh: '已关闭', en: 'is closed' };

const compared = (value: object): string => JSON.stringify(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));

export const institutionImport = defineImport({
  schema: z.strictObject({ ...InstitutionBody.shape, id: ChosenId }),
  codes: { tier: tiers, kind: kinds },
  async judge(trx, rows) {
    const standing = new Map(
      (
        await listStandingInstitutions(
          trx,
          rows.map(({ id }) => id),
        )
      ).map((each) => [each.id, each]),
    );
    const again = repeated(rows, ({ id }) => id);
    return rows.map((row) => {
      const found = standing.get(row.id);
      if (again.has(row)) return refused('id', givenTwice);
      if (!found) return judged('create');
      const { closedAt, ...before } = found;
      if (closedAt) return refused('id', closed);
      if (before.kind !== row.kind) return refused('kind', { zh: '机构类别不能更改', en: 'the kind of an institution stays' });
      return judged(compared(completeInstitution(row, row.id, before)) === compared(before) ? 'same' : 'change', before);
    });
  },
  async apply(trx, rows, { actor, requestId }) {
    const standing = new Map(
      (
        await listStandingInstitutions(
          trx,
          rows.map(({ id }) => id),
        )
      ).map((each) => [each.id, each]),
    );
    for (const row of rows) {
      const { id } = row;
      const institution = completeInstitution(row, id, standing.get(id));
      if (row.result === 'create') await createInstitution(trx, institution);
      else await changeInstitution(trx, institution);
      await auditWrite(trx, {
        actor,
        action: `institution.${row.result}`,
        targetType: 'institution',
        targetId: id,
        patientId: null,
        requestId,
      });
    }
  },
});

const yesOrNo = new Map([
  ...['true', '1', '是', 'yes', 'y'].map((word) => [word, 'true'] as const),
  ...['false', '0', '否', 'no', 'n'].map((word) => [word, 'false'] as const),
]);

export const departmentImport = defineImport({
  schema: z.strictObject({
    ...DepartmentBody.shape,
    id: ChosenId,
    isReferralDesk: z
      .enum(['true', 'false'])
      .transform((word) => word === 'true')
      .optional(),
  }),
  codes: { isReferralDesk: yesOrNo },
  async judge(trx, rows) {
    const institutionIds = [...new Set(rows.map(({ institutionId }) => institutionId))];
    const open = await listOpenInstitutions(trx, institutionIds);
    const there = await listStandingDepartments(trx, { ids: rows.map(({ id }) => id), institutionIds });
    const byId = new Map(there.map((each) => [each.id, each]));
    const byCode = new Map(there.map((each) => [JSON.stringify([each.institutionId, each.code]), each.id]));
    const again = repeated(rows, ({ id }) => id);
    const codeAgain = repeated(rows, ({ institutionId, code }) => JSON.stringify([institutionId, code]));
    const desks = rows.filter(({ isReferralDesk }) => isReferralDesk);
    const deskAgain = repeated(desks, ({ institutionId }) => institutionId);
    return rows.map((row) => {
      const found = byId.get(row.id);
      const holder = byCode.get(JSON.stringify([row.institutionId, row.code]));
      if (again.has(row)) return refused('id', givenTwice);
      if (codeAgain.has(row)) return refused('code', givenTwice);
      if (deskAgain.has(row))
        return refused('isReferralDesk', { zh: '一个机构只有一个科室接收转诊', en: 'one department of an institution takes referrals' });
      if (!open.has(row.institutionId)) return refused('institutionId', unknownInstitution);
      if (holder !== undefined && holder !== row.id)
        return refused('code', { zh: `此代码属于科室 ${holder}`, en: `is the code of ${holder}` });
      if (!found) return judged('create');
      const { closedAt, ...before } = found;
      if (closedAt) return refused('id', closed);
      if (before.institutionId !== row.institutionId)
        return refused('institutionId', { zh: '科室不能换机构', en: 'a department stays at its institution' });
      if (before.isReferralDesk && row.isReferralDesk === false)
        return refused('isReferralDesk', { zh: '须先由另一科室接收转诊', en: 'another department has to take referrals first' });
      const after = { ...row, isReferralDesk: row.isReferralDesk ?? before.isReferralDesk };
      return judged(compared(after) === compared(before) ? 'same' : 'change', before);
    });
  },
  async apply(trx, rows, { actor, requestId }) {
    const standing = new Map(
      (await listStandingDepartments(trx, { ids: rows.map(({ id }) => id), institutionIds: [] })).map((each) => [each.id, each]),
    );
    for (const { result, ...row } of rows) {
      const { id } = row;
      const isDesk = standing.get(id)?.isReferralDesk ?? false;
      const department = { ...row, isReferralDesk: row.isReferralDesk ?? isDesk };
      if (department.isReferralDesk && !isDesk) await endReferralDesk(trx, row.institutionId);
      if (result === 'create') await createDepartment(trx, department);
      else await changeDepartment(trx, department);
      await auditWrite(trx, { actor, action: `department.${result}`, targetType: 'department', targetId: id, patientId: null, requestId });
    }
  },
});
