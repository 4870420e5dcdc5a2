/** A resident's follow-up played on the decider alone: the days are given, what comes due on the way is taken first, as the kit does. */
import { defaultFollowUpConfiguration } from '../../../domain/alliance/configuration.ts';
import { followUp } from '../../../domain/follow-up/decider.ts';
import type { Enrol, RecordVisit } from '../../../domain/follow-up/events.ts';
import { brokenPromise } from '../../../domain/follow-up/simulated-life.ts';
import type { Enrolment, FollowUpState } from '../../../domain/follow-up/state.ts';
import type { PatientFacts, Visit } from '../../../domain/follow-up/visit.ts';
import { type Actor, earliest, evolve, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { type LocalDate, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { calendar, monday, newPatient, protocol } from './follow-up.ts';

const actor: Actor = { personId: 'person-gp', institutionId: 'inst-c01', role: 'gp' };
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
  let state = followUp.initial;
  let now = startOf(startedOn) + 9 * HOUR_MS;
  let count = 0;
  const journal: { event: PathwayEvent; before: FollowUpState; after: FollowUpState }[] = [];

  function take(event: Omit<PathwayEvent, 'id'> & { id?: string }): FollowUpState {
    now = Math.max(now, event.at);
    const numbered: PathwayEvent = { id: `event-${++count}`, ...event };
    const verdict = followUp.decide(state, numbered);
    if (!verdict.ok) throw new Error(`${event.name} on ${localDateOf(event.at)} was refused: ${verdict.refusal.code}`);
    const before = state;
    state = evolve(state, verdict.decision);
    const broken = brokenPromise(state);
    if (broken) throw new Error(`After ${event.name} on ${localDateOf(event.at)}: ${broken}`);
    journal.push({ event: numbered, before, after: state });
    return state;
  }

  const next = () => (followUp.ended(state) ? undefined : earliest(followUp.obligations(state)));
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
    const input: Enrol = {
      enrolmentId: name,
      patientId: 'patient-1',
      centreId: actor.institutionId,
      person,
      protocol: protocol(name),
      calendar,
      configuration: { ...defaultFollowUpConfiguration, version: 1 },
      startedOn: localDateOf(now),
      package: 'basic',
    };
    return take({ kind: 'command', name: 'enrol', at: now, actor, input });
  }
  for (const name of names) enrol(name);

  return {
    state: () => state,
    now: () => now,
    steps: () => journal,
    journal: () => journal.map(({ event }) => event.name),
    enrolment(name: string): Enrolment {
      const found = state.enrolments.find(({ id }) => id === name);
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
      const visitId = `visit-${count}`;
      const input: RecordVisit = { enrolmentId, visitId, visit, late: false, classOverride: null, referralId: `${visitId}-referral` };
      return take({ kind: 'command', name: 'record-visit', at: now, actor, input });
    },
    command: (name: string, input: object) => take({ kind: 'command', name, at: now, actor, input }),
    fact: (name: string, input: object) => take({ kind: 'fact', name, at: now, actor: null, input: { occurredAt: now, ...input } }),
  };
}
