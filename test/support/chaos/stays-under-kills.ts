/** Stays in hospital while processes are killed: told by the hospital's system, asked for their episodes, and looked at once everything is decided. */
import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { DischargeState } from '../../../domain/discharge/state.ts';
import type { Random } from '../../../domain/kit/random.ts';
import { DAY_MS } from '../../../domain/time/shanghai.ts';
import { newFact, newResident } from '../builders/facts.ts';
import type { Answered, Question } from './callers.ts';
import type { KillableService } from './killable-service.ts';

export interface Stay {
  patientId: string;
  visitNumber: string;
}

/** A fact of a stay that happened so many days ago. */
export const factOf = (stay: Stay, type: string, daysAgo: number, further: object = {}): Question => ({
  account: 'gateway',
  path: '/v1/facts',
  body: newFact({ type, institutionId: 'inst-h1', ...stay, occurredAt: new Date(Date.now() - daysAgo * DAY_MS).toISOString(), ...further }),
});
export const admissionOf = (stay: Stay, daysAgo = 40) => factOf(stay, 'patient-admitted', daysAgo, { admissionType: 'urgent' });
export const dischargeOf = (stay: Stay, daysAgo = 12) => factOf(stay, 'patient-discharged', daysAgo, { disposition: 'home' });

/** @param started gives the service, which starts only after the test file is loaded */
export function staysOn(started: () => KillableService, random: Random) {
  const newStay = async (): Promise<Stay> => ({
    patientId: await newResident(started().processes, 'inst-c01', { phone: `139${random.integer(10_000_000, 99_999_999)}` }),
    visitNumber: `V-${randomUUID()}`,
  });

  async function insistOn(question: Question): Promise<void> {
    const { status, body } = await started().callers.insist(question);
    expect([status, body.code], question.path).toEqual([202, undefined]);
  }

  async function newStayInHospital(): Promise<Stay> {
    const stay = await newStay();
    await insistOn(admissionOf(stay));
    return stay;
  }

  async function newStayAtHome(): Promise<Stay> {
    const stay = await newStayInHospital();
    await insistOn(dischargeOf(stay));
    return stay;
  }

  /** Everything that was told has been decided on, and every pathway that was asked for has begun. */
  const untilAllIsTold = () =>
    vi.waitUntil(
      async () => {
        const { db } = started().processes;
        const owed = db.selectFrom('fact_delivery').select('fact_id').where('settled_at', 'is', null);
        const begun = db.selectFrom('command').select('id').where('name', 'in', ['create', 'enrol']).where('outcome', 'is', null);
        return (await owed.execute()).length + (await begun.execute()).length === 0;
      },
      { timeout: 120_000, interval: 200 },
    );

  async function episodeOf({ visitNumber }: Stay): Promise<{ id: string; state: DischargeState }> {
    const row = await started()
      .processes.db.selectFrom('episode')
      .innerJoin('pathway', 'pathway.id', 'episode.id')
      .select(['episode.id', 'pathway.state'])
      .where('episode.visit_number', '=', visitNumber)
      .executeTakeFirstOrThrow();
    return { id: row.id, state: row.state as DischargeState };
  }

  /** Resolves with the answer, which says that it is done. */
  async function say(account: string, id: string, command: string, body: object): Promise<Answered> {
    const answer = await started().callers.insist({ account, path: `/v1/episodes/${id}/${command}`, body });
    expect([command, answer.status, answer.body.code]).toEqual([command, 200, undefined]);
    return answer;
  }

  return { newStay, newStayInHospital, newStayAtHome, insistOn, untilAllIsTold, episodeOf, say };
}
