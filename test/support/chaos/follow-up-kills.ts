/** What happens in follow-up while somebody dies: an enrolment, a visit that refers, a window that opens and a fact, each exactly once. */
import { sql } from 'kysely';
import { expect } from 'vitest';
import { longFormOf } from '../../../db/kit/documents.ts';
import { defaultMessageConfiguration } from '../../../domain/alliance/configuration.ts';
import type { FollowUpState } from '../../../domain/follow-up/state.ts';
import type { Random } from '../../../domain/kit/random.ts';
import { today } from '../builders/enrolments.ts';
import { newFact, newResident } from '../builders/facts.ts';
import { findMissedDeadline } from '../oracles/deadlines.ts';
import { findBrokenInvariants } from '../oracles/invariants.ts';
import type { Question } from './callers.ts';
import type { KillPoint } from './kill-order.ts';
import { type KillableService, startKillableService } from './killable-service.ts';

export interface Enrolled {
  id: string;
  pathwayId: string;
  patientId: string;
  now: string;
}

interface ThreeEnrolled {
  /** a visit refers */
  referring: Enrolled;
  /** the window opens */
  waiting: Enrolled;
  /** a fact says so */
  admitted: Enrolled;
}

export async function startFollowUpKills(): Promise<KillableService> {
  const service = await startKillableService('gp', 'gateway');
  // Reminders go at any hour and however many: whether each has reached its reader once is asked at the end.
  const messages = { ...defaultMessageConfiguration, quietHours: { fromMinute: 0, untilMinute: 0 }, patientMessagesPerDay: 1_000 };
  await sql`
    insert into alliance_configuration (version, configuration)
    select version + 1, configuration || ${JSON.stringify({ messages })}::jsonb from alliance_configuration order by version desc limit 1`.execute(
    service.processes.db,
  );
  return service;
}

/** @param started gives the service, which starts only after the test file is loaded */
export function followUpKillsOn(started: () => KillableService, random: Random) {
  const newEnrolment = async (): Promise<Question> => {
    const patientId = await newResident(started().processes, 'inst-c01', { phone: `139${random.integer(10_000_000, 99_999_999)}` });
    return { account: 'gp', path: '/v1/enrolments', body: { patientId, protocol: 'htn-2017', startedOn: today() } };
  };

  async function enrolOne(): Promise<Enrolled> {
    const { status, body } = await started().callers.insist(await newEnrolment());
    expect([status, body.code]).toEqual([201, undefined]);
    return body;
  }

  async function enrolThree(): Promise<ThreeEnrolled> {
    const [referring, waiting, admitted] = await Promise.all([enrolOne(), enrolOne(), enrolOne()]);
    return { referring, waiting, admitted };
  }

  /** An emergency: the referral goes out with it. */
  const crisisOf = ({ id, now }: Enrolled): Question => ({
    account: 'gp',
    path: `/v1/enrolments/${id}/visits`,
    body: { visitedAt: now, mode: 'clinic', form: { bloodPressures: [{ systolic: 186, diastolic: 112 }] } },
  });

  const admissionOf = ({ patientId }: Enrolled): Question => ({
    account: 'gateway',
    path: '/v1/facts',
    body: newFact({ type: 'patient-admitted', institutionId: 'inst-h1', patientId }),
  });

  async function stateOf({ pathwayId }: Enrolled): Promise<FollowUpState> {
    const row = await started().processes.db.selectFrom('pathway').select('state').where('id', '=', pathwayId).executeTakeFirstOrThrow();
    return (await longFormOf(started().processes.db, row.state)) as FollowUpState;
  }

  /** Beside the invariants: what each of the four was to lead to is there. */
  async function expectAllHappened(seen: ThreeEnrolled): Promise<void> {
    const { evidence, processes } = started();
    expect(await findBrokenInvariants(evidence)).toEqual([]);
    const { referrals, visits } = await stateOf(seen.referring);
    expect([visits.length, referrals.map(({ urgency }) => urgency)]).toEqual([1, ['urgent']]);
    const referral = processes.db
      .selectFrom('referral')
      .select(['status', 'patient_id'])
      .where('id', '=', referrals[0]?.id ?? '');
    expect(await referral.execute()).toEqual([{ status: 'received', patient_id: seen.referring.patientId }]);
    expect((await stateOf(seen.waiting)).plan?.stage).toBe('open');
    const told = processes.db
      .selectFrom('message')
      .select('template')
      .where('recipient_id', '=', seen.waiting.patientId)
      .where('template', 'like', 'follow-up-open%');
    expect(await told.execute()).toEqual([{ template: 'follow-up-open' }]);
    expect((await stateOf(seen.admitted)).enrolments).toMatchObject([{ status: 'paused', pause: { reason: 'admission' } }]);
  }

  /** The worker dies at a step of four commits at once. */
  async function killWorkerInCommits(point: KillPoint): Promise<void> {
    const { processes, callers, restart } = started();
    const seen = await enrolThree();
    const { referring, waiting, admitted } = seen;
    await processes.arm('worker', {
      point,
      statements: random.integer(1, 8),
      targets: [
        { event: 'enrol' },
        { event: 'record-visit', pathwayId: referring.pathwayId },
        { event: 'due', pathwayId: waiting.pathwayId },
        { event: 'patient-admitted', pathwayId: admitted.pathwayId },
      ],
    });
    const answers = Promise.all([
      callers.insist(await newEnrolment()),
      callers.insist(crisisOf(referring)),
      callers.insist(admissionOf(admitted)),
      findMissedDeadline(processes, waiting.pathwayId),
    ]);
    expect(await processes.parts.worker.ended()).toBe('SIGKILL');
    await restart('worker');
    const [enrolment, visit, fact, missed] = await answers;
    expect([enrolment.status, visit.status, fact.status, missed]).toEqual([201, 201, 202, []]);
    await expectAllHappened(seen);
  }

  /** The API dies at a step of two commands at once, and in the middle of the transaction that stores a fact. */
  async function killApi(point: KillPoint): Promise<void> {
    const { processes, callers, evidence, restart } = started();
    const [referring, admitted] = await Promise.all([enrolOne(), enrolOne()]);
    await processes.arm('api', { point, targets: [{ event: 'enrol' }, { event: 'record-visit', pathwayId: referring.pathwayId }] });
    const answers = Promise.all([callers.insist(await newEnrolment()), callers.insist(crisisOf(referring))]);
    expect(await processes.parts.api.ended()).toBe('SIGKILL');
    await restart('api');
    expect((await answers).map(({ status }) => status)).toEqual([201, 201]);

    await processes.arm('api', { point: 'stored', targets: [{ event: '*' }] });
    const fact = callers.insist(admissionOf(admitted));
    expect(await processes.parts.api.ended()).toBe('SIGKILL');
    await restart('api');
    expect((await fact).status).toBe(202);
    expect(await findBrokenInvariants(evidence)).toEqual([]);
    expect((await stateOf(referring)).referrals).toHaveLength(1);
    expect((await stateOf(admitted)).enrolments).toMatchObject([{ status: 'paused' }]);
  }

  return {
    newEnrolment,
    enrolOne,
    enrolThree,
    crisisOf,
    admissionOf,
    stateOf,
    expectAllHappened,
    killWorkerInCommits,
    killApi,
  };
}
