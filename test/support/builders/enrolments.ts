/** Residents in follow-up on the running service; each follow-up has a clock of its own, which is pushed. */
import { expect } from 'vitest';
import type { FollowUpState } from '../../../domain/follow-up/state.ts';
import { type LocalDate, localDateOf } from '../../../domain/time/local-date.ts';
import { eventsWithoutSkipping } from '../oracles/history-events.ts';
import type { Answer, Service } from '../service/service.ts';
import { newResident } from './facts.ts';

export const today = (): LocalDate => localDateOf(Date.now());

/** On target by every protocol. */
export const onTarget = { bloodPressures: [{ systolic: 126, diastolic: 78 }], fastingGlucose: { value: 6.1, unit: 'mmol/L' } };
/** Off target by every protocol that has targets, and no emergency. */
export const offTarget = { bloodPressures: [{ systolic: 156, diastolic: 94 }], fastingGlucose: { value: 8.2, unit: 'mmol/L' } };

/** What tests ask of the answers; the whole resource is there. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
export type Enrolled = any;

/** A visit of somebody who comes whenever asked; `visitedAt` in milliseconds of the epoch, `dueOn` of the visit after it. */
interface Attended {
  on: LocalDate;
  visitedAt: number;
  dueOn: LocalDate;
}

const DAY_MS = 86_400_000;

/** Of a service that starts before the first test does. */
export function followUpsOn(started: () => Service, account = 'gp') {
  const read = async (id: string): Promise<Enrolled> => (await started().get(account, `/v1/enrolments/${id}`)).body;

  /** Of a new resident, born in 1950, unless one is given. */
  async function enrol(protocol = 'htn-2017', patientId?: string, more: object = {}): Promise<Enrolled> {
    const body = { patientId: patientId ?? (await newResident(started())), protocol, startedOn: today(), ...more };
    const answer = await started().post(account, '/v1/enrolments', body);
    expect([answer.status, answer.body.errors, answer.body.code]).toEqual([201, undefined, undefined]);
    return answer.body;
  }

  /** At this moment of the follow-up's own clock. */
  async function visit({ id }: { id: string }, form: object, more: object = {}, by = account): Promise<Answer> {
    const visitedAt = (await read(id)).now.replace(/\.\d+Z$/, 'Z');
    return started().post(by, `/v1/enrolments/${id}/visits`, { visitedAt, mode: 'clinic', form, ...more });
  }

  /** Everything that comes due until then has been decided. An instant that has passed stays passed. */
  async function forwardTo({ id, pathwayId }: { id: string; pathwayId: string }, at: number): Promise<void> {
    const seconds = Math.ceil((at - Date.parse((await read(id)).now)) / 1_000);
    if (seconds < 1) return;
    const { status, body } = await started().fastForward(pathwayId, `PT${seconds}S`);
    expect([status, body.code]).toEqual([200, undefined]);
  }

  /** To ten in the morning. */
  const forwardToDay = (enrolment: { id: string; pathwayId: string }, date: LocalDate): Promise<void> =>
    forwardTo(enrolment, Date.parse(`${date}T02:00:00Z`));

  /** The resident comes, on target, on the due date of whatever is asked for next, until so many days have passed. */
  async function attendFor(enrolment: Enrolled, days: number): Promise<Attended[]> {
    const until = Date.parse(enrolment.now) + days * DAY_MS;
    const visits: Attended[] = [];
    for (;;) {
      const { nextVisit } = await read(enrolment.id);
      if (Date.parse(`${nextVisit.dueOn}T02:00:00Z`) > until) return visits;
      await forwardToDay(enrolment, nextVisit.dueOn);
      const { status, body } = await visit(enrolment, { ...onTarget, annualExam: false });
      expect([status, body.errors, body.code]).toEqual([201, undefined, undefined]);
      const visitedAt = Date.parse(body.lastVisit.visitedAt);
      visits.push({ on: localDateOf(visitedAt), visitedAt, dueOn: body.nextVisit.dueOn });
    }
  }

  return {
    read,
    enrol,
    visit,
    forwardTo,
    forwardToDay,
    attendFor,
    events: async (pathwayId: string): Promise<number> => (await eventsWithoutSkipping(started().client, `follow-up/${pathwayId}`)).length,
    async state(pathwayId: string): Promise<FollowUpState> {
      const row = await started().db.selectFrom('pathway').select('state').where('id', '=', pathwayId).executeTakeFirstOrThrow();
      return row.state as FollowUpState;
    },
  };
}
