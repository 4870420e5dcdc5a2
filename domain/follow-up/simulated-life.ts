/**
 * Simulates the follow-up of one made-up resident on the decider alone, as a list of steps in order. The same seed gives the same steps, so that they
 * can be repeated on the running service and must end in the same state.
 */
import { defaultFollowUpConfiguration } from '../alliance/configuration.ts';
import { type Actor, evolve, findEarliest, type PathwayEvent } from '../kit/pathway.ts';
import type { Random } from '../kit/random.ts';
import type { Calendar } from '../time/calendar.ts';
import { addDays, daysBetween, type LocalDate, localDateOf, startOf } from '../time/local-date.ts';
import { DAY_MS } from '../time/shanghai.ts';
import { followUp } from './decider.ts';
import type { EducationItem } from './education.ts';
import type { Enrol, RecordVisit, ReportSearch } from './events.ts';
import type { Protocol } from './protocol.ts';
import type { RiskModel } from './risk-tier.ts';
import type { SearchOutcome } from './search-outcomes.ts';
import type { FollowUpState } from './state.ts';
import type { Visit } from './visit.ts';

export interface SimulationRules {
  protocols: Readonly<Record<string, Protocol>>;
  riskModel: RiskModel;
  /** The education plans, by protocol id. */
  education: Readonly<Record<string, readonly EducationItem[]>>;
  calendar: Calendar;
  from: LocalDate;
  years: number;
}

/** An event of a person, of the outside or of time, with the states around it. */
export interface Step {
  event: PathwayEvent;
  before: FollowUpState;
  after: FollowUpState;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The chance that somebody who did not come in time comes late. */
const CHANCE_TO_COME_LATE = 0.4;
const actor: Actor = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };

/** How often looking for somebody at one step ends in what; a percentage each. */
const chancesOfSearch: [SearchOutcome, number][] = [
  ['found', 40],
  ['not-found', 50],
  ['moved', 6],
  ['refused', 4],
];

/** The habits of a resident, as chances from 0 to 1. The report of the simulation states them. */
interface Habits {
  attends: number;
  controlled: number;
  measured: number;
}

/** Yields each step of a resident's life. Throws when the decider refuses a step, or when an invariant of the state is broken. */
export function* liveResident(random: Random, rules: SimulationRules, id: string, centreId: string): Generator<Step> {
  const until = startOf(addDays(rules.from, Math.round(365.25 * rules.years)));
  const habits: Habits = { attends: 0.55 + 0.43 * random.fraction(), controlled: 0.35 + 0.6 * random.fraction(), measured: 0.98 };
  const birthDate = addDays(rules.from, -random.integer(35 * 365, 90 * 365));
  const age = daysBetween(birthDate, rules.from) / 365.25;
  const diesAt = random.chance(0.004 * rules.years * (age > 70 ? 6 : 1))
    ? startOf(rules.from) + random.fraction() * (until - startOf(rules.from))
    : Infinity;
  const enrolments = enrolmentsOf(random, age);
  let state = followUp.initial;
  let count = 0;

  const applyEvent = (event: Omit<PathwayEvent, 'id'> & { id?: string }): Step => {
    const numbered: PathwayEvent = { id: `${id}:${++count}`, ...event };
    const verdict = followUp.decide(state, numbered);
    if (!verdict.ok) throw new Error(`${id}: ${numbered.name} was refused: ${verdict.refusal.code}`);
    const before = state;
    state = evolve(state, verdict.decision);
    const violation = findBrokenInvariant(state);
    if (violation) throw new Error(`${id}, after ${numbered.name} on ${localDateOf(numbered.at)}: ${violation}`);
    return { event: numbered, before, after: state };
  };

  /** People act some minutes before the next obligation is due, because the workflow would decide an obligation that is due first. */
  const beforeNextDue = (at: number): number => Math.min(at, (findEarliest(followUp.obligations(state))?.at ?? Infinity) - 10 * MINUTE_MS);

  let now = startOf(addDays(rules.from, random.integer(0, 180))) + 10 * HOUR_MS;
  for (const name of enrolments) {
    const protocol = rules.protocols[name];
    if (!protocol) throw new Error(`There is no protocol ${name}.`);
    const input: Enrol = {
      enrolmentId: `${id}-${name}`,
      patientId: id,
      centreId,
      person: {
        birthDate,
        sex: random.chance(0.5) ? 'female' : 'male',
        pregnant: false,
        toleratesLowerTarget: false,
        diabetes: enrolments.includes('t2dm-2017'),
        kidneyDisease: false,
      },
      protocol,
      calendar: rules.calendar,
      riskModel: rules.riskModel,
      education: rules.education[name] ?? [],
      configuration: { ...defaultFollowUpConfiguration, version: 1 },
      startedOn: localDateOf(now),
      package: random.chance(0.15) ? 'personalised' : 'basic',
    };
    yield applyEvent({ kind: 'command', name: 'enrol', at: now, actor: { ...actor, institutionId: centreId }, input });
  }

  while (!followUp.ended(state)) {
    // Whoever has to be looked for is looked for some days later, and may be found at each step.
    const lookedForAt = state.search ? beforeNextDue(now + random.integer(1, 5) * DAY_MS) : now;
    if (lookedForAt > now && lookedForAt < Math.min(diesAt, until)) {
      now = lookedForAt;
      const enrolmentId = state.enrolments.find(({ status }) => status === 'active')?.id ?? '';
      const input: ReportSearch = { enrolmentId, outcome: random.pickWeighted(chancesOfSearch) };
      yield applyEvent({ kind: 'command', name: 'report-search', at: now, actor: { ...actor, institutionId: centreId }, input });
      continue;
    }
    const due = findEarliest(followUp.obligations(state));
    if (!due) throw new Error(`${id}: nothing is due and it has not ended.`);
    if (Math.min(due.at, diesAt) >= until) return;
    if (diesAt <= due.at && state.deceasedAt === null) {
      now = Math.max(now + 1, diesAt);
      yield applyEvent({ kind: 'fact', name: 'patient-died', at: now, actor: null, input: { occurredAt: now } });
      continue;
    }
    now = Math.max(now + 1, due.at);
    yield applyEvent({ kind: 'due', name: due.name, id: due.id, at: now, actor: null, input: null });
    const comes = due.name === 'window-open' ? habits.attends : due.name === 'overdue' ? CHANCE_TO_COME_LATE : 0;
    if (comes === 0 || !random.chance(comes)) continue;

    // The person comes on some day of the window or some days late, and a form is filled in for each disease that is asked for.
    const { plan } = state;
    if (!plan) continue;
    const days = due.name === 'overdue' ? 20 : Math.max(0, daysBetween(localDateOf(now), plan.dueOn));
    const comesAt = beforeNextDue(now + random.integer(0, days) * DAY_MS + random.integer(0, 6) * HOUR_MS);
    if (comesAt < now || comesAt >= Math.min(diesAt, until)) continue;
    now = comesAt;
    for (const enrolmentId of plan.enrolmentIds) {
      now += MINUTE_MS;
      const visitId = `${id}-v${count}`;
      const input: RecordVisit = {
        enrolmentId,
        visitId,
        visit: visitOf(random, now, habits),
        late: false,
        classOverride: null,
        referralId: `${visitId}-r`,
      };
      yield applyEvent({ kind: 'command', name: 'record-visit', at: now, actor: { ...actor, institutionId: centreId }, input });
    }
    for (const { id: referralId, reviewedAt } of state.referrals)
      if (reviewedAt === null && random.chance(0.9)) {
        const closedAt = beforeNextDue(now + 2 * DAY_MS);
        if (closedAt <= now) continue;
        now = closedAt;
        yield applyEvent({
          kind: 'fact',
          name: 'referral-closed',
          at: now,
          actor: null,
          input: { occurredAt: now, referralId, reviewed: true },
        });
      }
    for (const { id: episodeId } of state.episodes) {
      now += MINUTE_MS;
      const input = { enrolmentId: state.enrolments[0]?.id, episodeId };
      yield applyEvent({ kind: 'command', name: 'close-episode', at: now, actor: { ...actor, institutionId: centreId }, input });
    }
  }
}

function enrolmentsOf(random: Random, age: number): string[] {
  const disease = random.pickWeighted([
    [['htn-2017'], 45],
    [['t2dm-2017'], 15],
    [['htn-2017', 't2dm-2017'], 15],
    [['t2dm-new'], 5],
    [['htn-2025'], 10],
    [['high-risk'], 10],
  ] as [string[], number][]);
  return age >= 65 ? [...disease, 'elderly'] : disease;
}

function visitOf(random: Random, visitedAt: number, { controlled, measured }: Habits): Visit {
  const isControlled = random.chance(controlled);
  const isMeasured = random.chance(measured);
  const crisis = random.chance(0.002);
  const pressure = {
    systolic: crisis ? random.integer(180, 210) : isControlled ? random.integer(105, 129) : random.integer(140, 175),
    diastolic: isControlled ? random.integer(65, 79) : random.integer(78, 99),
    atHome: false,
  };
  return {
    visitedAt,
    mode: random.pickWeighted([
      ['clinic', 80],
      ['home', 15],
      ['phone', 5],
    ] as ['clinic' | 'home' | 'phone', number][]),
    bloodPressures: isMeasured ? [pressure] : [],
    fastingGlucose: isMeasured ? (isControlled ? random.integer(45, 69) : random.integer(70, 120)) / 10 : null,
    randomGlucose: null,
    heartRate: random.integer(58, 99),
    temperature: 36.5,
    symptoms: [],
    adverseReactions: random.chance(0.02) ? ['cough'] : [],
    newComplication: random.chance(0.003),
    hardToControl: false,
    notMeasuredReason: isMeasured ? null : 'device-broken',
    annualExam: random.chance(0.1),
  };
}

/** Returns the invariant that a state breaks, in words; undefined when all hold. They must hold after every step. */
export function findBrokenInvariant(state: FollowUpState): string | undefined {
  const active = state.enrolments.filter(({ status }) => status === 'active');
  for (const { id, next } of active) if (!next) return `${id} is active and nothing is asked of it next`;
  for (const { id, next, status } of state.enrolments) if (status !== 'active' && next) return `${id} is not active and is asked for`;
  if (active.length > 0 !== (state.plan !== null || state.search !== null)) return 'the next visit and the active enrolments do not agree';
  if (state.plan && state.search) return 'somebody is asked to come and looked for as well';
  const { plan } = state;
  for (const { id, next } of active) if (plan && next && plan.dueOn > next.dueOn) return `the next visit is later than ${id} wants it`;
  const visits = followUp.obligations(state).filter(({ id }) => id.startsWith('visit-'));
  if (visits.length !== (plan ? 1 : 0)) return `${visits.length} obligations for the one next visit`;
  const waiting = followUp.tasks(state);
  if (state.search && !waiting.some(({ id }) => id === state.search?.clock.id)) return 'somebody is lost and nobody has to look for them';
  for (const { id, pause } of state.enrolments)
    if (pause?.asked && !waiting.some((task) => task.id === `pause-${id}`)) return `${id} is paused and nobody has to look at it`;
  return undefined;
}
