/** Checks that the workflow, Postgres and the decider agree on a referral. */
import { expect, vi } from 'vitest';
import { longFormOf } from '../../../db/kit/documents.ts';
import { type Decision, evolve, workflowId } from '../../../domain/kit/pathway.ts';
import { referral } from '../../../domain/referral/decider.ts';
import type { ReferralState } from '../../../domain/referral/state.ts';
import { businessStatusOf, type ReferralStatus } from '../../../domain/referral/transitions.ts';
import type { Service } from '../service/service.ts';

/** Drops fields that are undefined, as Postgres does when it stores a value as JSON. */
export const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

export async function stateOf({ db }: Service, id: string): Promise<{ state: ReferralState; version: number }> {
  const { state, version } = await db.selectFrom('pathway').select(['state', 'version']).where('id', '=', id).executeTakeFirstOrThrow();
  return { state: (await longFormOf(db, state)) as ReferralState, version };
}

/** Resolves when everything that a step has made due at once is decided. A death, for instance, ends the pathway right after it. */
export async function waitUntilSettled(service: Service, id: string, kind = 'referral'): Promise<void> {
  await vi.waitUntil(
    async () => {
      const row = await service.db
        .selectFrom('pathway')
        .select(['status', 'version', 'next_due_at', 'clock_offset_ms'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      if (row.status === 'ended') return true;
      if (row.next_due_at !== null && row.next_due_at.getTime() <= Date.now() + Number(row.clock_offset_ms)) return false;
      return (await service.client.workflow.getHandle(workflowId(kind, id)).query<number>('version')) === row.version;
    },
    { timeout: 20_000, interval: 20 },
  );
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
  const written = await longFormOf(
    db,
    decisions.map(({ decision }) => decision as Decision<ReferralState>),
  );
  const replayed = written.reduce(evolve, referral.initial);
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
    .select(['id', 'role', 'institution_id', 'patient_id'])
    .where('pathway_id', '=', id)
    .where('status', '=', 'open')
    // Calls and letters belong to their messages, not to the decider.
    .where('message_id', 'is', null)
    .orderBy('id')
    .execute();
  const wanted = referral
    .tasks(state)
    .map((task) => ({ id: `${id}.${task.id}`, role: task.role, institution_id: task.institutionId, patient_id: state.patientId }));
  expect(tasks).toEqual(wanted.sort((a, b) => (a.id < b.id ? -1 : 1)));
  const legs = await db.selectFrom('referral_leg').select(['n', 'institution_id']).where('referral_id', '=', id).orderBy('n').execute();
  expect(legs).toEqual(state.legs.map(({ n, institutionId }) => ({ n, institution_id: institutionId })));
}

/** Checks that an open referral has somebody at an institution who has to act by an instant, and that an ended one has nothing left to do. */
export async function expectOwnedOrEnded({ db }: Service, id: string): Promise<void> {
  const pathway = await db.selectFrom('pathway').select(['state', 'status', 'next_due_at']).where('id', '=', id).executeTakeFirstOrThrow();
  const { closedAt, over } = pathway.state as ReferralState;
  const tasks = await db.selectFrom('task').selectAll().where('pathway_id', '=', id).where('status', '=', 'open').execute();
  if (over) return expect([pathway.status, pathway.next_due_at, tasks]).toEqual(['ended', null, []]);
  const owned = tasks.filter((task) => task.institution_id !== null && task.role !== null && task.due_at !== null);
  if (closedAt === null) expect(owned.length, 'tasks with an owner and a deadline').toBeGreaterThan(0);
  // Either an obligation is still to come due, or all rungs have fired and the task itself stands open and overdue.
  expect(pathway.next_due_at !== null || owned.length > 0, 'something comes due, or somebody is late').toBe(true);
}
