/** What a message says, as the bodies that the HTTP API takes, checked by the same schemas. */
import type { Database } from '../../db/database.ts';
import { findInstitution } from '../../db/directory.ts';
import { findDepartmentByCode } from '../../db/messages-of-others.ts';
import type { Language } from '../../domain/errors.ts';
import { parseBody } from '../edge.ts';
import { invalid } from '../problem.ts';
import { NewReferral, type TriggerBody, triggerForms } from '../routes/referrals.ts';
import type { ReadReferral } from './read-referral.ts';

/** MSH-6 is who is asked; down goes to a centre, up to a hospital. Throws Problem 422. */
export async function checkedNewReferral(db: Database, read: ReadReferral, patientId: string, language: Language): Promise<NewReferral> {
  const { receivingFacility, departmentCode, body } = read;
  if (receivingFacility === '') throw invalid('toInstitutionId', { zh: '缺少接收机构', en: 'the receiving facility is missing' });
  const institution = await findInstitution(db, receivingFacility);
  const toDepartmentId = departmentCode === null ? undefined : await findDepartmentByCode(db, receivingFacility, departmentCode);
  if (toDepartmentId === null) throw invalid('toDepartmentId', { zh: '该机构没有此科室', en: 'no such department of that institution' });
  return parseBody(
    NewReferral,
    {
      ...body,
      patientId,
      toInstitutionId: receivingFacility,
      ...(toDepartmentId === undefined ? {} : { toDepartmentId }),
      direction: institution?.kind === 'community-health-centre' ? 'down' : 'up',
    },
    language,
  );
}

/** Throws Problem 422. */
export function checkedBody({ meaning, body }: ReadReferral, patientId: string, language: Language): TriggerBody {
  const form = triggerForms.find(({ trigger }) => trigger === meaning);
  if (!form) throw new Error(`No form of the trigger ${meaning}.`);
  return parseBody(form.body, { ...body, patientId }, language);
}
