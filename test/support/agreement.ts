/** Whether workflow, Postgres and decider agree on a referral. */
import { expect } from 'vitest';
import { evolve, workflowId } from '../../domain/pathway.ts';
import { referral } from '../../domain/referral.ts';
import type { ReferralState } from '../../domain/referral-state.ts';
import { businessStatusOf, type ReferralStatus } from '../../domain/referral-transitions.ts';
import type { Service } from './service.ts';

/** Postgres writes no undefined and reads none. */
const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

export async function stateOf({ db }: Service, id: string): Promise<{ state: ReferralState; version: number }> {
  const { state, version } = await db.selectFrom('pathway').select(['state', 'version']).where('id', '=', id).executeTakeFirstOrThrow();
  return { state: state as ReferralState, version };
}

export async function expectAgreement(service: Service, id: string): Promise<void> {
  const { db, client } = service;
  const { state, version } = await stateOf(service, id);
  const decisions = await db
    .selectFrom('decision')
    .select(['version', 'decision'])
    .where('pathway_id', '=', id)
    .orderBy('version')
    .execute();
  expect(decisions.map((row) => row.version)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
  const replayed = decisions.reduce(
    (at, { decision }) => evolve(at, decision as Parameters<typeof evolve<ReferralState>>[1]),
    referral.initial,
  );
  expect(plain(replayed)).toEqual(plain({ ...referral.initial, ...state }));

  if (!state.over)
    expect(await client.workflow.getHandle(workflowId('referral', id)).query<number>('version'), 'the workflow’s version').toBe(version);

  const row = await db.selectFrom('referral').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  expect({ status: row.status, business: row.business_status, department: row.department_id }).toEqual({
    status: state.status,
    business: businessStatusOf(state.status as ReferralStatus),
    department: state.legs.at(-1)?.departmentId ?? state.addressee.departmentId,
  });
  const tasks = await db
    .selectFrom('task')
    .select(['id', 'role', 'institution_id'])
    .where('pathway_id', '=', id)
    .where('status', '=', 'open')
    .where('message_id', 'is', null) // calls and letters are their messages'
    .orderBy('id')
    .execute();
  const wanted = referral.tasks(state).map((task) => ({ id: `${id}.${task.id}`, role: task.role, institution_id: task.institutionId }));
  expect(tasks).toEqual(wanted.sort((a, b) => (a.id < b.id ? -1 : 1)));
  const legs = await db.selectFrom('referral_leg').select(['n', 'institution_id']).where('referral_id', '=', id).orderBy('n').execute();
  expect(legs).toEqual(state.legs.map(({ n, institutionId }) => ({ n, institution_id: institutionId })));
}
