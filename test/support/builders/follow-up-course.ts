/** Plays a follow-up on the decider alone: commands, visits and obligations that come due, one instant after the other. */
import { educationPlans } from '../../../db/follow-up/education-plans.ts';
import { defaultFollowUpConfiguration } from '../../../domain/alliance/configuration.ts';
import { followUp } from '../../../domain/follow-up/decider.ts';
import type { Enrol, RecordVisit } from '../../../domain/follow-up/events.ts';
import type { Enrolment, FollowUpState } from '../../../domain/follow-up/state.ts';
import type { PatientFacts, Visit } from '../../../domain/follow-up/visit.ts';
import { type Actor, type Decision, evolve, findEarliest, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { type LocalDate, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { calendar, monday, newPatient, protocol, riskModel } from './follow-up.ts';

export const gp: Actor = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };
const HOUR_MS = 3_600_000;
const tenOn = (date: LocalDate): number => startOf(date) + 10 * HOUR_MS;

/** The input of an enrolment in the basic package, without lessons and without a risk model. */
export function newEnrol(protocolId: string, over: Pick<Enrol, 'enrolmentId' | 'person' | 'startedOn'> & Partial<Enrol>): Enrol {
  return {
    patientId: 'patient-1',
    centreId: gp.institutionId,
    protocol: protocol(protocolId),
    calendar,
    configuration: { ...defaultFollowUpConfiguration, version: 1 },
    package: 'basic',
    ...over,
  };
}

/** The input of a visit that is recorded in time and judged by the rules alone. */
export function newRecordVisit(
  over: Pick<RecordVisit, 'enrolmentId' | 'visitId' | 'visit' | 'referralId'> & Partial<RecordVisit>,
): RecordVisit {
  return { late: false, classOverride: null, ...over };
}

export interface TakenStep {
  event: PathwayEvent;
  before: FollowUpState;
  after: FollowUpState;
}

export class FollowUpCourse {
  state: FollowUpState = followUp.initial;
  decisions: Decision<FollowUpState>[] = [];
  steps: TakenStep[] = [];

  get #count(): number {
    return this.steps.length;
  }

  /** Throws where it is refused. */
  take(event: Omit<PathwayEvent, 'id' | 'actor'> & { id?: string; actor?: Actor | null }): Decision<FollowUpState> {
    const numbered: PathwayEvent = { id: `e${this.#count + 1}`, actor: event.kind === 'command' ? gp : null, ...event };
    const before = this.state;
    const verdict = followUp.decide(before, numbered);
    if (!verdict.ok) throw new Error(`${event.name} on ${localDateOf(event.at)} was refused: ${verdict.refusal.code}`);
    this.state = evolve(before, verdict.decision);
    this.decisions.push(verdict.decision);
    this.steps.push({ event: numbered, before, after: this.state });
    return verdict.decision;
  }

  enrol(id: string, { on = monday, person = newPatient(), ...over }: Partial<Enrol> & { on?: LocalDate; person?: PatientFacts } = {}) {
    const known = { person, riskModel, education: educationPlans[id] ?? [] };
    const input = newEnrol(id, { enrolmentId: `enrolment-${id}`, startedOn: on, ...known, ...over });
    return this.take({ kind: 'command', name: 'enrol', at: tenOn(on), input });
  }

  visit(id: string, visit: Visit, over: Partial<RecordVisit> = {}) {
    const visitId = `visit-${this.#count}`;
    const input = newRecordVisit({ enrolmentId: `enrolment-${id}`, visitId, visit, referralId: `${visitId}-r`, ...over });
    return this.take({ kind: 'command', name: 'record-visit', at: visit.visitedAt, input });
  }

  ask(id: string, name: string, on: LocalDate, input: object = {}) {
    return this.take({ kind: 'command', name, at: tenOn(on), input: { enrolmentId: `enrolment-${id}`, ...input } });
  }

  /** Everything that comes due up to the end of a date. */
  until(date: LocalDate): Decision<FollowUpState>[] {
    const decided: Decision<FollowUpState>[] = [];
    for (let next = findEarliest(followUp.obligations(this.state)); next && localDateOf(next.at) <= date; ) {
      decided.push(this.take({ kind: 'due', name: next.name, id: next.id, at: next.at, input: null }));
      next = findEarliest(followUp.obligations(this.state));
    }
    return decided;
  }

  of(id: string): Enrolment {
    const found = this.state.enrolments.find((one) => one.id === `enrolment-${id}`);
    if (!found) throw new Error(`Not enrolled under ${id}.`);
    return found;
  }
}

export const eventsIn = (decisions: readonly Decision<FollowUpState>[]): string[] =>
  decisions.flatMap(({ entries }) => entries.map(({ event }) => event));
export const templatesIn = (decisions: readonly Decision<FollowUpState>[]): string[] =>
  decisions.flatMap(({ messages }) => messages.map(({ template }) => template));
