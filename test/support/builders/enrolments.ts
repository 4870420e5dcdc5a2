/** Enrols residents on the running service and pushes the clock of each follow-up. */
import { expect } from 'vitest';
import { longFormOf } from '../../../db/kit/documents.ts';
import type { FollowUpState } from '../../../domain/follow-up/state.ts';
import { type LocalDate, localDateOf } from '../../../domain/time/local-date.ts';
import { eventsWithoutSkipping } from '../oracles/history-events.ts';
import type { Answer, Service } from '../service/service.ts';
import { newResident } from './facts.ts';

export const today = (): LocalDate => localDateOf(Date.now());

/** Values that are on target by every protocol. */
export const onTarget = { bloodPressures: [{ systolic: 126, diastolic: 78 }], fastingGlucose: { value: 6.1, unit: 'mmol/L' } };
/** Values that are off target by every protocol that has targets, and no emergency. */
export const offTarget = { bloodPressures: [{ systolic: 156, diastolic: 94 }], fastingGlucose: { value: 8.2, unit: 'mmol/L' } };

/** The whole resource of an enrolment, of which each test looks at something else. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
export type Enrolled = any;

/** A visit of somebody who comes whenever asked. `visitedAt` is in milliseconds, `dueOn` is the due date of the visit after it. */
interface Attended {
  on: LocalDate;
  visitedAt: number;
  dueOn: LocalDate;
}

const DAY_MS = 86_400_000;

/** @param started gives the service, which starts only after the test file is loaded */
export function followUpsOn(started: () => Service, account = 'gp') {
  const read = async (id: string): Promise<Enrolled> => (await started().get(account, `/v1/enrolments/${id}`)).body;

  /** Enrols the given patient, else a new resident born in 1950. */
  async function enrol(protocol = 'htn-2017', patientId?: string, more: object = {}): Promise<Enrolled> {
    const body = { patientId: patientId ?? (await newResident(started())), protocol, startedOn: today(), ...more };
    const answer = await started().post(account, '/v1/enrolments', body);
    expect([answer.status, answer.body.errors, answer.body.code]).toEqual([201, undefined, undefined]);
    return answer.body;
  }

  /** Records a visit at the present time of the follow-up's own clock. */
  async function visit({ id }: { id: string }, form: object, more: object = {}, by = account): Promise<Answer> {
    const { now: visitedAt } = await read(id);
    return started().post(by, `/v1/enrolments/${id}/visits`, { visitedAt, mode: 'clinic', form, ...more });
  }

  /** Pushes the clock to an instant. Resolves when everything that comes due until then is decided. Does nothing when the instant has passed. */
  async function forwardTo({ id, pathwayId }: { id: string; pathwayId: string }, at: number): Promise<void> {
    const seconds = Math.ceil((at - Date.parse((await read(id)).now)) / 1_000);
    if (seconds < 1) return;
    const { status, body } = await started().fastForward(pathwayId, `PT${seconds}S`);
    expect([status, body.code]).toEqual([200, undefined]);
  }

  /** Pushes the clock to ten in the morning of a day. */
  const forwardToDay = (enrolment: { id: string; pathwayId: string }, date: LocalDate): Promise<void> =>
    forwardTo(enrolment, Date.parse(`${date}T02:00:00Z`));

  /** Lets the resident come, on target, on the due date of each next visit, until so many days have passed. Resolves with the visits. */
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
      return (await longFormOf(started().db, row.state)) as FollowUpState;
    },
  };
}
