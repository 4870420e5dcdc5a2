/** Who sees what and may do what, worked out from the policy table alone: what the tests hold the service to. */
import type { Operation } from '../../api/operation.ts';
import { mayDo, type Relation, ruleOf } from '../../api/policy.ts';
import { demoAccounts } from '../../domain/demo-staff.ts';
import { newReferral } from './referrals.ts';
import type { Service } from './service.ts';

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
}

export const parties = ['inst-c01', 'inst-h1'];
const taskRole = 'specialist';
const home = 'inst-c01';
export const nowhere = '0199a000-0000-7000-8000-000000000000';

export async function accountHolders(service: Service): Promise<AccountHolder[]> {
  return Promise.all(
    demoAccounts.map(async ({ username }) => {
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
  return { referralId: body.id, patientId: body.patientId, commandId: command.id, taskId: task.id };
}

const isKnown = (path: string): boolean => /^\/v1\/(referrals|patients|commands|tasks|pathways)\/\{id\}/.test(path);

/** The address with the ids of the objects; of an object that does not exist where there is none of its kind here. */
export function addressOf({ path }: Operation, { referralId, patientId, commandId, taskId }: Objects): string {
  const ids: Record<string, string> = { referrals: referralId, patients: patientId, commands: commandId, tasks: taskId, pathways: referralId };
  const id = ids[path.split('/')[2] ?? ''] ?? nowhere;
  return path.replace('{id}', id).replaceAll(/\{\w+\}/g, nowhere);
}

const readsAll = ({ roles }: AccountHolder): boolean => roles.includes('office') || roles.includes('auditor');

const sees: Record<Relation, (caller: AccountHolder) => boolean> = {
  none: () => true,
  alliance: () => true,
  own: ({ account }) => account === 'gp',
  party: (caller) => parties.includes(caller.institutionId) || readsAll(caller),
  register: ({ institutionId }) => institutionId === home || institutionId.startsWith('inst-h'),
  institution: ({ institutionId }) => institutionId === 'inst-h1',
};

/** The first refusal on the way to the operation, in the order of the contract; undefined when the request itself is looked at. */
export function refusalOf(operation: Operation, caller: AccountHolder): 401 | 403 | 404 | undefined {
  const { id, path } = operation;
  if (path.includes('{') && (!isKnown(path) || !sees[ruleOf(id).relation](caller))) return 404;
  if (!mayDo(id, caller.roles)) return 403;
  const needsTaskRole = id === 'claimTask' || id === 'completeTask';
  if (needsTaskRole && !caller.roles.includes(taskRole) && !caller.roles.includes('head')) return 403;
  return undefined;
}
