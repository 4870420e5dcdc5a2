/**
 * What `carepath simulate` says of a resident is what the service does: the commands and facts of a simulated life, sent at the same instants to the
 * real service on a skipped clock, end the same. CAREPATH_TEST_RESIDENTS and CAREPATH_TEST_YEARS make it longer.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { longFormOf } from '../../../db/kit/documents.ts';
import { publishFact } from '../../../db/kit/publish-facts.ts';
import { followUp } from '../../../domain/follow-up/decider.ts';
import type { Enrol, RecordVisit, ReportSearch } from '../../../domain/follow-up/events.ts';
import { liveResident, type SimulationRules, type Step } from '../../../domain/follow-up/simulated-life.ts';
import type { FollowUpState } from '../../../domain/follow-up/state.ts';
import { type Decision, evolve, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { addDays, daysBetween, localDateOf } from '../../../domain/time/local-date.ts';
import { createResidentRandom, loadSimulationRules } from '../../../worker/simulate.ts';
import { followUpsOn, today } from '../../support/builders/enrolments.ts';
import { newFact, newRelay, newResident, postFact } from '../../support/builders/facts.ts';
import { plain, waitUntilSettled } from '../../support/oracles/agreement.ts';
import { type Service, startService } from '../../support/service/service.ts';

const numberOf = (name: string, otherwise: number): number => Number(process.env[`CAREPATH_TEST_${name}`] ?? otherwise);
const seed = numberOf('SEED', Date.now() % 1_000_000);
const residents = numberOf('RESIDENTS', 6);
const years = numberOf('YEARS', 1);
const CENTRE = 'inst-c01';
const AT_ONCE = 6;
/** What has been decided a few seconds later is due a few seconds later. */
const SLOWER_MS = 60_000;

let service: Service;
const followUps = followUpsOn(() => service);
const stopping: (() => Promise<void>)[] = [];
beforeAll(async () => {
  service = await startService();
  const relay = newRelay(service);
  relay.start();
  stopping.push(
    () => relay.stop(),
    () => service.stop(),
  );
});
afterAll(async () => {
  for (const stop of stopping) await stop();
});

/** A life that begins today: the service enrols nobody in the future. Its draws do not depend on the day. */
function lifeOf(resident: number): Step[] {
  const from = today();
  const lived = (ground: Partial<SimulationRules>) =>
    liveResident(createResidentRandom(seed, resident), { ...loadSimulationRules(), from, years, ...ground }, `r${resident}`, CENTRE);
  const first = lived({ from }).next().value as Step;
  return [...lived({ from: addDays(from, -daysBetween(from, (first.event.input as Enrol).startedOn)) })];
}

/** All that a life leads to, without the ids and the seconds in which the service differs. */
function outcomeOf(state: FollowUpState) {
  const protocolOf = (id: string) => state.enrolments.find((enrolment) => enrolment.id === id)?.protocol;
  return plain({
    enrolments: state.enrolments.map(({ id: _, endedAt, because, last, lessons = [], monitoredAt, ...enrolment }) => ({
      ...enrolment,
      lessons: lessons.map(({ code }) => code),
      monitoredOn: monitoredAt === undefined ? null : localDateOf(monitoredAt),
      ended: endedAt !== null,
      because: because.map(({ rule, evidence }) => [rule, evidence]),
      last: last && { ...last, visitId: null },
    })),
    plan: state.plan && { ...state.plan, enrolmentIds: state.plan.enrolmentIds.map(protocolOf) },
    visits: state.visits.map(({ enrolmentId, visitedAt }) => [protocolOf(enrolmentId), visitedAt]),
    referrals: state.referrals.map(({ urgency, reviewedAt }) => [urgency, reviewedAt]),
    died: state.deceasedAt !== null,
    over: state.over,
  });
}

/** Each step with the visit it led to. */
const journalOf = (steps: { event: PathwayEvent; after: FollowUpState }[]) =>
  steps.map(({ event, after }) => `${event.name} ${after.plan?.n ?? '-'} ${after.plan?.stage ?? '-'} ${after.plan?.dueOn ?? '-'}`);

async function stepsOnService(pathwayId: string): Promise<{ event: PathwayEvent; after: FollowUpState }[]> {
  const rows = await service.db
    .selectFrom('decision')
    .select(['event', 'decision'])
    .where('pathway_id', '=', pathwayId)
    .orderBy('version')
    .execute();
  let after = followUp.initial;
  const long = await longFormOf(
    service.db,
    rows.map(({ event, decision }) => ({ event, decision })),
  );
  return long.map(({ event, decision }) => {
    after = evolve(after, decision as Decision<FollowUpState>);
    return { event: event as PathwayEvent, after };
  });
}

/** @returns the pathway */
async function play(life: Step[]): Promise<string> {
  // The last enrolment says who somebody is.
  const { person } = (life.findLast(({ event }) => event.name === 'enrol') as Step).event.input as Enrol;
  const patientId = await newResident(service, CENTRE, person);
  const ids = new Map<string, string>();
  const known = (id: string | undefined) => ids.get(id ?? '') ?? '';
  let at: { id: string; pathwayId: string } | undefined;

  for (const { event, before, after } of life) {
    if (event.kind === 'due') continue; // comes by itself
    if (at) await followUps.forwardTo(at, event.at);
    switch (event.name) {
      case 'enrol': {
        const { enrolmentId, protocol, package: chosen } = event.input as Enrol;
        const { id, pathwayId } = await followUps.enrol(protocol.id, patientId, { package: chosen });
        ids.set(enrolmentId, id);
        at ??= { id, pathwayId };
        break;
      }
      case 'record-visit': {
        const { enrolmentId, visit } = event.input as RecordVisit;
        const { visitedAt, mode, fastingGlucose, ...form } = visit;
        const answer = await service.post('gp', `/v1/enrolments/${known(enrolmentId)}/visits`, {
          visitedAt: new Date(visitedAt).toISOString(),
          mode,
          form: { ...form, fastingGlucose: fastingGlucose === null ? null : { value: fastingGlucose, unit: 'mmol/L' } },
        });
        expect([answer.status, answer.body.code, answer.body.errors]).toEqual([201, undefined, undefined]);
        const added = after.referrals.slice(before.referrals.length);
        for (const [index, { id }] of added.entries()) ids.set(id, answer.body.referrals[before.referrals.length + index]?.id);
        break;
      }
      case 'report-search': {
        const { enrolmentId, outcome } = event.input as ReportSearch;
        const answer = await service.post('gp', `/v1/enrolments/${known(enrolmentId)}/report-search`, { outcome, note: '上门寻访' });
        expect([answer.status, answer.body.code, answer.body.errors]).toEqual([200, undefined, undefined]);
        break;
      }
      case 'referral-closed': {
        const { occurredAt, referralId, reviewed } = event.input as { occurredAt: number; referralId: string; reviewed: boolean };
        const input = { referralId: known(referralId), reviewed };
        const fact = {
          type: 'referral-closed',
          messageId: event.id,
          addressee: { type: 'patient', patientId },
          institutionId: CENTRE,
          occurredAt: new Date(occurredAt),
          input,
        } as const;
        await service.db.transaction().execute((trx) => publishFact(trx, fact));
        break;
      }
      case 'patient-died':
        // It has happened by the calendar on the wall; the follow-up hears of it on its own clock.
        expect((await postFact(service, newFact({ patientId }))).status).toBe(202);
        break;
      default:
        throw new Error(`Nobody plays ${event.name} here.`);
    }
    if (event.kind === 'fact')
      await expect.poll(() => owed((at as { pathwayId: string }).pathwayId), { timeout: 30_000, interval: 20 }).toBe(0);
  }
  if (!at) throw new Error('A life begins with an enrolment.');
  await waitUntilSettled(service, at.pathwayId, 'follow-up');
  if (!(await followUps.state(at.pathwayId)).over) await followUps.forwardTo(at, (life.at(-1) as Step).event.at + SLOWER_MS);
  await waitUntilSettled(service, at.pathwayId, 'follow-up');
  return at.pathwayId;
}

async function owed(pathwayId: string): Promise<number> {
  const rows = await service.db
    .selectFrom('fact_delivery')
    .select('fact_id')
    .where('pathway_id', '=', pathwayId)
    .where('settled_at', 'is', null)
    .execute();
  return rows.length;
}

test(`${residents} simulated residents live ${years} years on the service as they do in the simulation`, {
  timeout: 60_000 + residents * years * 20_000,
}, async () => {
  console.log(`Simulated residents with the seed ${seed}; CAREPATH_TEST_SEED=${seed} repeats them.`);
  const waiting = Array.from({ length: residents }, (_, resident) => resident);
  let decisions = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let resident = waiting.shift(); resident !== undefined; resident = waiting.shift()) {
        const life = lifeOf(resident);
        const pathwayId = await play(life);
        const steps = await stepsOnService(pathwayId);
        expect.soft(journalOf(steps), `resident ${resident}, seed ${seed}`).toEqual(journalOf(life));
        const simulated = (life.at(-1) as Step).after;
        expect.soft(outcomeOf(await followUps.state(pathwayId)), `resident ${resident}, seed ${seed}`).toEqual(outcomeOf(simulated));
        decisions += steps.length;
      }
    }),
  );
  console.log(`${residents} residents, ${years} years: ${decisions} decisions, the same on the service`);
});
