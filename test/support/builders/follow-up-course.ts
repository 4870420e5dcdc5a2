/** A follow-up by the decider alone: commands, visits and whatever comes due, one instant after the other. */
import { educationPlans } from '../../../db/follow-up/education-plans.ts';
import { defaultFollowUpConfiguration } from '../../../domain/alliance/configuration.ts';
import { followUp } from '../../../domain/follow-up/decider.ts';
import type { Enrol, RecordVisit } from '../../../domain/follow-up/events.ts';
import type { Enrolment, FollowUpState } from '../../../domain/follow-up/state.ts';
import type { PatientFacts, Visit } from '../../../domain/follow-up/visit.ts';
import { type Actor, type Decision, earliest, evolve, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { type LocalDate, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { calendar, monday, newPatient, protocol, riskModel } from './follow-up.ts';

const gp: Actor = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };
const HOUR_MS = 3_600_000;
const tenOn = (date: LocalDate): number => startOf(date) + 10 * HOUR_MS;

export class FollowUpCourse {
  state: FollowUpState = followUp.initial;
  decisions: Decision<FollowUpState>[] = [];
  #count = 0;

  take(event: Omit<PathwayEvent, 'id' | 'actor'> & { id?: string; actor?: Actor | null }): Decision<FollowUpState> {
    const verdict = followUp.decide(this.state, { id: `e${++this.#count}`, actor: event.kind === 'command' ? gp : null, ...event });
    if (!verdict.ok) throw new Error(`${event.name} was refused: ${verdict.refusal.code}`);
    this.state = evolve(this.state, verdict.decision);
    this.decisions.push(verdict.decision);
    return verdict.decision;
  }

  enrol(id: string, { on = monday, person = newPatient(), ...over }: Partial<Enrol> & { on?: LocalDate; person?: PatientFacts } = {}) {
    const input: Enrol = {
      enrolmentId: `enrolment-${id}`,
      patientId: 'patient-1',
      centreId: 'inst-c01',
      person,
      protocol: protocol(id),
      calendar,
      configuration: { ...defaultFollowUpConfiguration, version: 1 },
      riskModel,
      education: educationPlans[id] ?? [],
      startedOn: on,
      package: 'basic',
      ...over,
    };
    return this.take({ kind: 'command', name: 'enrol', at: tenOn(on), input });
  }

  visit(id: string, visit: Visit, over: Partial<RecordVisit> = {}) {
    const visitId = `visit-${this.#count}`;
    const input: RecordVisit = {
      enrolmentId: `enrolment-${id}`,
      visitId,
      visit,
      late: false,
      classOverride: null,
      referralId: `${visitId}-r`,
      ...over,
    };
    return this.take({ kind: 'command', name: 'record-visit', at: visit.visitedAt, input });
  }

  ask(id: string, name: string, on: LocalDate, input: object = {}) {
    return this.take({ kind: 'command', name, at: tenOn(on), input: { enrolmentId: `enrolment-${id}`, ...input } });
  }

  /** Everything that comes due up to the end of a date. */
  until(date: LocalDate): Decision<FollowUpState>[] {
    const decided: Decision<FollowUpState>[] = [];
    for (let next = earliest(followUp.obligations(this.state)); next && localDateOf(next.at) <= date; ) {
      decided.push(this.take({ kind: 'due', name: next.name, id: next.id, at: next.at, input: null }));
      next = earliest(followUp.obligations(this.state));
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
