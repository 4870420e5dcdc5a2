/** `carepath simulate`: lives years of a region's follow-up in minutes, with the same deciders, without Temporal and without a database. */
import { createHash } from 'node:crypto';
import { educationPlans } from '../db/follow-up/education-plans.ts';
import { loadShippedDocuments } from '../db/follow-up/shipped-protocols.ts';
import type { RecordVisit } from '../domain/follow-up/events.ts';
import { liveResident, type SimulationRules, type Step } from '../domain/follow-up/simulated-life.ts';
import { createRandom } from '../domain/kit/random.ts';
import { type LocalDate, localDateOf } from '../domain/time/local-date.ts';

export interface SimulationRequest {
  residents: number;
  years: number;
  seed: number;
  /** The first day. By default it is the same for every run, so that a seed gives the same result tomorrow. */
  from?: LocalDate;
}

interface Counts {
  enrolments: number;
  visits: number;
  inTime: number;
  windows: number;
  expired: number;
  measured: number;
  controlled: number;
  routineReferrals: number;
  urgentReferrals: number;
  lost: number;
  died: number;
}

const createCounts = (): Counts => ({
  enrolments: 0,
  visits: 0,
  inTime: 0,
  windows: 0,
  expired: 0,
  measured: 0,
  controlled: 0,
  routineReferrals: 0,
  urgentReferrals: 0,
  lost: 0,
  died: 0,
});

export interface SimulationReport {
  steps: number;
  total: Counts;
  byCentre: Map<string, Counts>;
  /** A hash of everything that happened, which is the same for the same request. */
  digest: string;
}

const CENTRES = 39;
export const SIMULATED_FROM: LocalDate = '2026-01-01';

/** Each resident has random numbers of their own, so that more residents do not change the lives of those before them. */
export const createResidentRandom = (seed: number, resident: number) =>
  createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(resident + 1, 0x85ebca6b));
export const centreOf = (resident: number): string => `inst-c${String(1 + (resident % CENTRES)).padStart(2, '0')}`;

/** Loads the shipped protocols, calendars, risk model and education plans: the same that the service uses. */
export function loadSimulationRules(): Omit<SimulationRules, 'from' | 'years'> {
  const { protocols, calendars, riskModel } = loadShippedDocuments();
  return {
    protocols: Object.fromEntries(protocols.map((protocol) => [protocol.id, protocol])),
    calendar: { years: calendars },
    riskModel,
    education: educationPlans,
  };
}

/** Throws at the first invariant that is broken, with the resident and the step. */
export function simulate(
  { residents, years, seed, from = SIMULATED_FROM }: SimulationRequest,
  progress: (resident: number) => void,
): SimulationReport {
  const ground = { ...loadSimulationRules(), from, years };
  const byCentre = new Map<string, Counts>();
  const total = createCounts();
  const hash = createHash('sha256');
  let steps = 0;
  for (let resident = 0; resident < residents; resident++) {
    progress(resident);
    const centre = centreOf(resident);
    const counts = byCentre.get(centre) ?? createCounts();
    byCentre.set(centre, counts);
    for (const step of liveResident(createResidentRandom(seed, resident), ground, `r${resident}`, centre)) {
      steps++;
      hash.update(`${step.event.id} ${step.event.name} ${step.event.at} ${step.after.plan?.dueOn ?? '-'}\n`);
      for (const sum of [counts, total]) addStep(sum, step);
    }
  }
  return { steps, total, byCentre, digest: hash.digest('hex').slice(0, 16) };
}

function addStep(counts: Counts, { event, before, after }: Step): void {
  const ended = (reason: string) =>
    after.enrolments.filter(
      ({ id, endReason }) => endReason === reason && before.enrolments.find((one) => one.id === id)?.endReason !== reason,
    ).length;
  counts.lost += ended('lost');
  counts.died += ended('died');
  switch (event.name) {
    case 'enrol':
      counts.enrolments++;
      break;
    case 'window-open':
      counts.windows += before.plan?.enrolmentIds.length ?? 0;
      break;
    case 'expired':
      counts.expired += before.plan?.enrolmentIds.length ?? 0;
      break;
    case 'record-visit': {
      const { enrolmentId, visit } = event.input as RecordVisit;
      const enrolment = after.enrolments.find(({ id }) => id === enrolmentId);
      counts.visits++;
      if (localDateOf(visit.visitedAt) <= (before.plan?.dueOn ?? '')) counts.inTime++;
      const controlled = enrolment?.last?.controlled ?? null;
      if (controlled !== null) counts.measured++;
      if (controlled) counts.controlled++;
      for (const { id, urgency } of after.referrals)
        if (!before.referrals.some((referral) => referral.id === id))
          counts[urgency === 'urgent' ? 'urgentReferrals' : 'routineReferrals']++;
    }
  }
}

const toPercent = (part: number, whole: number): string => (whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`);

export function writeReport({ residents, years, seed }: SimulationRequest, { steps, total, byCentre, digest }: SimulationReport): string[] {
  const workload = [...byCentre]
    .map(([centre, { visits }]) => ({ centre, perWeek: visits / (years * 52.18) }))
    .sort((a, b) => b.perWeek - a.perWeek);
  const shown = workload.length > 5 ? [...workload.slice(0, 3), ...workload.slice(-2)] : workload;
  return [
    `${residents} residents, ${years} years, seed ${seed}: ${steps} decisions, ${total.enrolments} enrolments; after each decision every active enrolment had exactly one next obligation.`,
    `visits      ${total.visits}, in time ${toPercent(total.inTime, total.visits)}; windows that passed without one ${toPercent(total.expired, total.windows)}`,
    `controlled  ${toPercent(total.controlled, total.measured)} of the measured visits`,
    `referrals   ${total.routineReferrals} routine, ${total.urgentReferrals} urgent`,
    `ended       ${total.lost} lost to follow-up, ${total.died} by death`,
    `workload    visits a week: ${shown.map(({ centre, perWeek }) => `${centre} ${perWeek.toFixed(1)}`).join(', ')}${workload.length > 5 ? ' (busiest three, quietest two)' : ''}`,
    `digest      ${digest} (the same for the same residents, years and seed)`,
  ];
}
