import { followUp } from '../../../domain/follow-up/decider.ts';
import { findBrokenInvariant } from '../../../domain/follow-up/simulated-life.ts';
import type { Enrolment, FollowUpState } from '../../../domain/follow-up/state.ts';
import type { PatientFacts, Visit } from '../../../domain/follow-up/visit.ts';
import { findEarliest, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { type LocalDate, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { monday, newPatient } from './follow-up.ts';
import { FollowUpCourse, gp, newEnrol, newRecordVisit } from './follow-up-course.ts';

const HOUR_MS = 3_600_000;

/** Enrolled on the usual Monday; each enrolment's id is its protocol's. Throws where something is refused or a promise of follow-up is broken. */
export function lifeOf(...names: string[]) {
  return lifeWith({ names });
}

export function lifeWith({
  names,
  startedOn = monday,
  patient = newPatient(),
}: {
  names: readonly string[];
  startedOn?: LocalDate;
  patient?: PatientFacts;
}) {
  const course = new FollowUpCourse();
  let now = startOf(startedOn) + 9 * HOUR_MS;

  function take(event: Omit<PathwayEvent, 'id'> & { id?: string }): FollowUpState {
    now = Math.max(now, event.at);
    course.take(event);
    const broken = findBrokenInvariant(course.state);
    if (broken) throw new Error(`After ${event.name} on ${localDateOf(event.at)}: ${broken}`);
    return course.state;
  }

  const next = () => (followUp.ended(course.state) ? undefined : findEarliest(followUp.obligations(course.state)));
  function takeDue(): FollowUpState {
    const due = next();
    if (!due) throw new Error('Nothing is due any more.');
    return take({ kind: 'due', name: due.name, id: due.id, at: Math.max(now, due.at), actor: null, input: null });
  }
  /** Everything that comes due up to an instant. */
  function forwardTo(at: number): void {
    for (let due = next(); due && due.at <= at; due = next()) takeDue();
    now = Math.max(now, at);
  }

  function enrol(name: string, person = patient): FollowUpState {
    const input = newEnrol(name, { enrolmentId: name, person, startedOn: localDateOf(now) });
    return take({ kind: 'command', name: 'enrol', at: now, actor: gp, input });
  }
  for (const name of names) enrol(name);

  return {
    state: () => course.state,
    now: () => now,
    steps: () => course.steps,
    journal: () => course.steps.map(({ event }) => event.name),
    enrolment(name: string): Enrolment {
      const found = course.state.enrolments.find(({ id }) => id === name);
      if (!found) throw new Error(`${name} is no enrolment.`);
      return found;
    },
    enrol,
    forwardTo,
    /** Up to and with the next obligation of this name. */
    until(name: string): FollowUpState {
      for (;;) {
        const due = next();
        const after = takeDue();
        if (due?.name === name) return after;
      }
    },
    visit(enrolmentId: string, visit: Visit): FollowUpState {
      forwardTo(visit.visitedAt);
      const visitId = `visit-${course.steps.length}`;
      const input = newRecordVisit({ enrolmentId, visitId, visit, referralId: `${visitId}-referral` });
      return take({ kind: 'command', name: 'record-visit', at: now, actor: gp, input });
    },
    command: (name: string, input: object) => take({ kind: 'command', name, at: now, actor: gp, input }),
    fact: (name: string, input: object) => take({ kind: 'fact', name, at: now, actor: null, input: { occurredAt: now, ...input } }),
  };
}
