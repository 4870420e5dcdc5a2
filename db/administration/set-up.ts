/** The first rows of a real alliance: a hospital, two administrators, the first configuration. */
import { v7 as uuid } from 'uuid';
import { defaultConfiguration } from '../../domain/alliance/configuration.ts';
import type { Role } from '../../domain/alliance/roles.ts';
import { recordAllianceConfiguration } from '../directory/alliance-configuration.ts';
import { appendAudit, system } from '../kit/audit.ts';
import type { Database } from '../kit/database.ts';
import { inTransaction, type Trx } from '../kit/transaction.ts';
import { createActivation, type NewActivation } from './activations.ts';
import { beginDeployment } from './deployment.ts';
import { createInstitution } from './places.ts';
import { changePosts, createPerson } from './staff.ts';

export interface SetUp {
  hospitalZh: string;
  hospitalEn: string;
  /** The user names of the two administrators, who must be two people. */
  systemAdministrator: string;
  securityAdministrator: string;
}

export interface SetUpAlliance {
  hospitalId: string;
  systemAdministrator: NewActivation;
  securityAdministrator: NewActivation;
}

const FIRST_HOSPITAL_ID = 'h1';

/** One transaction; undefined when the directory is not empty, and then nothing is written. */
export async function setUpAlliance(db: Database, asked: SetUp, now: Date): Promise<SetUpAlliance | undefined> {
  return inTransaction(db, { system: true, part: 'operator' }, async (trx) => {
    const begun = await beginDeployment(trx, 'alliance');
    if (!begun || (await hasInstitutions(trx))) return undefined;
    await createInstitution(trx, {
      id: FIRST_HOSPITAL_ID,
      nameZh: asked.hospitalZh,
      nameEn: asked.hospitalEn,
      tier: 'tertiary',
      kind: 'hospital',
      addressZh: null,
      addressEn: null,
      telephone: null,
    });
    await audit(trx, 'institution.create', 'institution', FIRST_HOSPITAL_ID, now);
    const recorded = await recordAllianceConfiguration(trx, {
      configuration: defaultConfiguration,
      basedOn: 0,
      actor: system,
      requestId: null,
    });
    if (recorded.result !== 'recorded') throw new Error('The default configuration cannot be recorded.');
    return {
      hospitalId: FIRST_HOSPITAL_ID,
      systemAdministrator: await createAdministrator(trx, asked.systemAdministrator, 'sysadmin', now),
      securityAdministrator: await createAdministrator(trx, asked.securityAdministrator, 'secadmin', now),
    };
  });
}

async function hasInstitutions(trx: Trx): Promise<boolean> {
  return (await trx.selectFrom('institution').select('id').limit(1).executeTakeFirst()) !== undefined;
}

async function createAdministrator(trx: Trx, username: string, role: Role, now: Date): Promise<NewActivation> {
  const id = uuid();
  await createPerson(trx, id, { name: username, username, phone: null, email: null, channel: 'sms' });
  await changePosts(trx, id, { given: [{ institutionId: FIRST_HOSPITAL_ID, departmentId: null, role }], ended: [] });
  await audit(trx, 'staff.create', 'person', id, now);
  return createActivation(trx, id, now);
}

const audit = (trx: Trx, action: 'institution.create' | 'staff.create', targetType: string, targetId: string, happenedAt: Date) =>
  appendAudit(trx, {
    happenedAt,
    actor: system,
    institutionId: null,
    action,
    targetType,
    targetId,
    patientId: null,
    outcome: 'done',
    code: null,
    requestId: null,
  });
