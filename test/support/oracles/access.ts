/** Who sees what and may do what, worked out from the policy table alone: what the tests hold the service to. */
import type { Operation } from '../../../api/kit/operation.ts';
import type { Relation } from '../../../api/kit/rule.ts';
import { mayDo } from '../../../api/policy.ts';
import { demoAccounts } from '../../../domain/demo/staff.ts';
import { newReferral } from '../builders/referrals.ts';
import type { Service } from '../service/service.ts';
import { isRefusedAtObject, makeSupplyObjects, type SupplyObjects, supplyKinds } from './supply-access.ts';

export interface AccountHolder {
  account: string;
  personId: string;
  institutionId: string;
  roles: string[];
}

/** One object of each kind. The referral went from `gp` at inst-c01 to the cardiology of inst-h1. */
export interface Objects {
  referralId: string;
  patientId: string;
  commandId: string;
  /** of the referral, for the specialists of inst-h1 */
  taskId: string;
  /** to the patient, for the patient's centre to hand over */
  letterId: string;
  supply: SupplyObjects;
}

const parties = ['inst-c01', 'inst-h1'];
const taskRole = 'specialist';
const home = 'inst-c01';
export const nowhere = '0199a000-0000-7000-8000-000000000000';

/**
 * The accounts that may differ in what they may do. The nurses of 39 centres differ in nothing but the centre, so two of them stand for all who have no
 * other account at theirs.
 */
export const probedAccounts: readonly string[] = demoAccounts
  .map(({ username }) => username)
  .filter((username) => !username.startsWith('nurse-') || username === 'nurse-c02' || username === 'nurse-c39');

export async function accountHolders(service: Service): Promise<AccountHolder[]> {
  return Promise.all(
    probedAccounts.map(async (username) => {
      const { body } = await service.get(username, '/v1/me');
      return { account: username, personId: body.id, institutionId: body.institutionId, roles: body.roles };
    }),
  );
}

export async function makeObjects(service: Service): Promise<Objects> {
  const { status, body } = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
  if (status !== 201) throw new Error(`The referral was answered ${status}.`);
  const command = await service.db.selectFrom('command').select('id').where('pathway_id', '=', body.id).executeTakeFirstOrThrow();
  const task = await service.db.selectFrom('task').select('id').where('pathway_id', '=', body.id).executeTakeFirstOrThrow();
  const letterId = await makeLetter(service, body);
  const supply = await makeSupplyObjects(service);
  return { referralId: body.id, patientId: body.patientId, commandId: command.id, taskId: task.id, letterId, supply };
}

/** Rows as the outbox writes them. */
async function makeLetter({ db }: Service, referral: { id: string; patientId: string }): Promise<string> {
  const { id } = await db
    .insertInto('message')
    .values({
      key: `${referral.id}:letter`,
      pathway_id: referral.id,
      template: 'referral-accepted',
      parameters: '{}',
      recipient_type: 'patient',
      recipient_id: referral.patientId,
      channel: 'paper',
      status: 'in-hand',
      attempts: 1,
      seen_version: 1,
    })
    .returning('id')
    .executeTakeFirstOrThrow();
  const openedAt = new Date();
  await db
    .insertInto('task')
    .values({
      id: `${referral.id}.letter-${id}-1`,
      pathway_id: referral.id,
      name: 'deliver-letter',
      role: 'nurse',
      institution_id: home,
      patient_id: referral.patientId,
      urgency: 'routine',
      clock: JSON.stringify({ id: 'letter', name: 'letter', budgetMs: 259_200_000, startedAt: openedAt.getTime(), pauses: [], rungs: [] }),
      opened_at: openedAt,
      due_at: new Date(openedAt.getTime() + 259_200_000),
      message_id: id,
    })
    .execute();
  return id;
}

const readsAll = ({ roles }: AccountHolder): boolean => roles.includes('office') || roles.includes('auditor');

interface Kind {
  idOf(objects: Objects): string;
  /** what the policy may call this; undefined: everybody of the alliance may know of it */
  relations: Relation[];
  sees(caller: AccountHolder): boolean;
}

/** Kinds of objects by how their addresses begin. */
const kinds: Record<string, Kind> = {
  '/v1/referrals/{id}': {
    idOf: ({ referralId }) => referralId,
    relations: ['party'],
    sees: (caller) => parties.includes(caller.institutionId) || readsAll(caller),
  },
  '/v1/patients/{id}': {
    idOf: ({ patientId }) => patientId,
    relations: ['register'],
    sees: ({ institutionId }) => institutionId === home || institutionId.startsWith('inst-h'),
  },
  '/v1/tasks/{id}': { idOf: ({ taskId }) => taskId, relations: ['institution'], sees: ({ institutionId }) => institutionId === 'inst-h1' },
  '/v1/letters/{id}': { idOf: ({ letterId }) => letterId, relations: ['institution'], sees: ({ institutionId }) => institutionId === home },
  '/v1/commands/{id}': { idOf: ({ commandId }) => commandId, relations: ['own'], sees: ({ account }) => account === 'gp' },
  '/v1/staff/{id}': { idOf: () => 'person-gp', relations: ['alliance'], sees: () => true },
  '/v1/pathways/{id}': { idOf: ({ referralId }) => referralId, relations: ['alliance'], sees: () => true },
  ...Object.fromEntries(
    Object.entries(supplyKinds).map(([begin, kind]) => [
      begin,
      { ...kind, idOf: ({ supply }: Objects) => supply[begin as keyof SupplyObjects] },
    ]),
  ),
};

/** The kind of the object that an operation is about; undefined: none, or one that these tests do not make. */
export const kindOf = ({ path }: Operation): Kind | undefined => Object.entries(kinds).find(([begin]) => path.startsWith(begin))?.[1];

/** The address with the id of the object; of one that does not exist where there is none of its kind here. */
export const addressOf = (operation: Operation, objects: Objects): string =>
  operation.path.replaceAll(/\{\w+\}/g, kindOf(operation)?.idOf(objects) ?? nowhere);

/** Of a resident whom hospitals see, these are for the clinicians of the home centre alone. */
const ofHomeCentre: readonly string[] = [
  'correctPatient',
  'listPatientChanges',
  'reportDeath',
  'confirmDeath',
  'refuteDeath',
  'retractDeath',
  'confirmDeathRetraction',
  'proposeMerger',
  'recordPatientVisit',
  'getSheet',
];

/** Of a GP, whose account is the system administrator's. */
const ofSystemAdministrator: readonly string[] = ['deactivateStaffMember', 'inviteStaffMember'];

/** The first refusal on the way to the operation, in the order of the contract; undefined when the request itself is looked at. */
export function refusalOf(operation: Operation, caller: AccountHolder): 403 | 404 | undefined {
  const { id, path } = operation;
  if (path.includes('{') && !kindOf(operation)?.sees(caller)) return 404;
  if (!mayDo(id, caller.roles)) return 403;
  const needsTaskRole = id === 'claimTask' || id === 'completeTask';
  if (isRefusedAtObject(id, caller)) return 403;
  if (ofHomeCentre.includes(id) && caller.institutionId !== home) return 403;
  if (ofSystemAdministrator.includes(id) && !caller.roles.includes('sysadmin')) return 403;
  if (needsTaskRole && !caller.roles.includes(taskRole) && !caller.roles.includes('head')) return 403;
  return undefined;
}
