/** Years of follow-up on the skipped clock: of one disease by each protocol, and of both diseases at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { daysBetween, localDateOf } from '../../../domain/time/local-date.ts';
import { type Enrolled, followUpsOn, offTarget, onTarget } from '../../support/builders/enrolments.ts';
import { newVisit } from '../../support/builders/follow-up.ts';
import { type OracleCase, type OracleVisit, oracle } from '../../support/oracles/follow-up-oracle.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const DAY_MS = 86_400_000;
const { enrol, read, visit, forwardToDay, attendFor, events } = followUpsOn(() => service);

type Disease = OracleCase['disease'];
/** Of newResident. */
const person = { birthDate: '1950-01-01', pregnant: false, toleratesLowerTarget: false, kidneyDisease: false };
const noted = (visitedAt: number, form: typeof onTarget): OracleVisit => ({
  ...newVisit(localDateOf(visitedAt)),
  visitedAt,
  bloodPressures: form.bloodPressures.map((pressure) => ({ ...pressure, atHome: false })),
  fastingGlucose: form.fastingGlucose.value,
});

describe('a year for one resident of each protocol', () => {
  for (const protocol of ['htn-2017', 't2dm-2017', 'htn-2025', 't2dm-new', 'complications', 'elderly', 'high-risk']) {
    test(`${protocol}: each visit leads to the next, none later than it was due`, { timeout: 120_000 }, async () => {
      const enrolment = await enrol(protocol);
      const visits = await attendFor(enrolment, 366);
      const dates = [enrolment.startedOn, ...visits.map(({ on }) => on)];
      const gaps = dates.slice(1).map((date, index) => daysBetween(dates[index] as string, date));
      console.log(`${protocol}: ${visits.length} visits, ${gaps.join(' ')} days apart, ${await events(enrolment.pathwayId)} events`);
      expect(Math.min(...gaps)).toBeGreaterThan(0);
      if (protocol === 'htn-2017' || protocol === 't2dm-2017')
        for (const [index, { visitedAt, dueOn }] of visits.entries()) {
          const before = visits.slice(0, index).map((one) => noted(one.visitedAt, onTarget));
          const given = {
            disease: protocol as Disease,
            person: { ...person, diabetes: false },
            startedOn: enrolment.startedOn,
            before,
            referrals: [],
          };
          expect(dueOn).toBe(oracle({ ...given, visit: noted(visitedAt, onTarget) }).dueOn);
        }
      const ended = await read(enrolment.id);
      expect(ended).toMatchObject({ status: 'active', missedWindows: 0 });
      if (['htn-2017', 't2dm-2017', 'htn-2025'].includes(protocol)) expect(visits.length).toBeGreaterThanOrEqual(4);
    });
  }
});

describe('both diseases', () => {
  interface Round {
    enrolment: Enrolled;
    disease: Disease;
    form: typeof onTarget;
  }
  const bothOf = async () => {
    const pressure = await enrol('htn-2017');
    const glucose = await enrol('t2dm-2017', pressure.patientId);
    return { pressure, glucose };
  };
  const histories = () => ({ 'htn-2017': [] as OracleVisit[], 't2dm-2017': [] as OracleVisit[] });

  /** One form: its own protocol moves, to the date and class that the second implementation says, and no other one does. */
  async function fillIn({ enrolment, disease, form }: Round, other: Enrolled, before: ReturnType<typeof histories>): Promise<Enrolled> {
    const untouched = await read(other.id);
    const { referrals } = untouched;
    const { status, body } = await visit(enrolment, form);
    expect([status, body.errors, body.code]).toEqual([201, undefined, undefined]);
    const recorded = noted(Date.parse(body.lastVisit.visitedAt), form);
    const sent = referrals.map((one: { startedAt: string; reviewedAt: string | null }) => ({
      sentAt: Date.parse(one.startedAt),
      reviewedAt: one.reviewedAt && Date.parse(one.reviewedAt),
    }));
    const given = {
      disease,
      person: { ...person, diabetes: true },
      startedOn: enrolment.startedOn,
      before: before[disease],
      referrals: sent,
    };
    const said = oracle({ ...given, visit: recorded });
    expect([body.lastVisit.class, body.lastVisit.action, body.nextVisit.dueOn]).toEqual([said.class, said.action, said.dueOn]);
    before[disease].push(recorded);
    const { nextVisit, lastVisit, missedWindows } = await read(other.id);
    expect({ nextVisit, lastVisit, missedWindows }).toEqual({
      nextVisit: untouched.nextVisit,
      lastVisit: untouched.lastVisit,
      missedWindows: untouched.missedWindows,
    });
    return body;
  }

  test('for a year: each with its own counter and rhythm, one date for what falls together, one referral', {
    timeout: 120_000,
  }, async () => {
    const { pressure, glucose } = await bothOf();
    const before = histories();
    const until = Date.parse(pressure.now) + 366 * DAY_MS;
    const glucoses = [offTarget, offTarget, offTarget]; // the second refers, the third finds a referral open; then on target
    for (;;) {
      const both = await Promise.all([pressure, glucose].map(({ id }) => read(id)));
      const { visitPlan } = both.find((one) => one.visitPlan !== null);
      expect(visitPlan.dueOn).toBe(both.map(({ nextVisit }) => nextVisit.dueOn).toSorted()[0]);
      if (Date.parse(visitPlan.dueOn) > until) break;
      await forwardToDay(pressure, visitPlan.dueOn);
      if (visitPlan.enrolmentIds.includes(glucose.id))
        await fillIn({ enrolment: glucose, disease: 't2dm-2017', form: glucoses.shift() ?? onTarget }, pressure, before);
      if (visitPlan.enrolmentIds.includes(pressure.id))
        await fillIn({ enrolment: pressure, disease: 'htn-2017', form: onTarget }, glucose, before);
    }
    const [seen] = await Promise.all([read(pressure.id)]);
    expect(seen.referrals).toMatchObject([{ urgency: 'routine' }]);
    expect(before['t2dm-2017'].length).toBeGreaterThan(before['htn-2017'].length);
    expect(before['htn-2017'].length).toBeGreaterThanOrEqual(4);
    const reminders = service.db
      .selectFrom('message')
      .select('id')
      .where('recipient_id', '=', pressure.patientId)
      .where('template', '=', 'follow-up-open');
    const days = new Set(Object.values(before).flatMap((visits) => visits.map(({ visitedAt }) => localDateOf(visitedAt))));
    expect((await reminders.execute()).length, 'one reminder for each day of visits').toBe(days.size);
  });

  test('at one visit both call for a referral: one is sent, as urgent as the more urgent of them', { timeout: 60_000 }, async () => {
    const { pressure, glucose } = await bothOf();
    const before = histories();
    await fillIn({ enrolment: glucose, disease: 't2dm-2017', form: offTarget }, pressure, before);
    await forwardToDay(glucose, (await read(glucose.id)).nextVisit.dueOn);
    const crisis = { ...offTarget, bloodPressures: [{ systolic: 184, diastolic: 100 }] };
    await fillIn({ enrolment: pressure, disease: 'htn-2017', form: crisis }, glucose, before);
    await fillIn({ enrolment: glucose, disease: 't2dm-2017', form: offTarget }, pressure, before);
    expect((await read(glucose.id)).referrals).toMatchObject([{ urgency: 'urgent' }]);
  });
});
