/** A follow-up's state, made by the decider itself: enrol, record, tell, let time pass. */
import { defaultFollowUpConfiguration } from '../../../domain/alliance/configuration.ts';
import { followUp } from '../../../domain/follow-up/decider.ts';
import type { Enrol, RecordVisit } from '../../../domain/follow-up/events.ts';
import { findBrokenInvariant } from '../../../domain/follow-up/simulated-life.ts';
import type { FollowUpState } from '../../../domain/follow-up/state.ts';
import { type Decision, evolve, findEarliest, type PathwayEvent } from '../../../domain/kit/pathway.ts';
import { addDays, type LocalDate, localDateOf, startOf } from '../../../domain/time/local-date.ts';
import { calendar, monday, newPatient, protocol } from './follow-up.ts';

const HOUR = 3_600_000;

export interface Life {
  state: FollowUpState;
  now: number;
  decisions: Decision<FollowUpState>[];
  take(event: Pick<PathwayEvent, 'kind' | 'name' | 'input'> & { id?: string }): Decision<FollowUpState>;
  enrol(enrolmentId: string, protocolId: string, over?: Partial<Enrol>): void;
  command(name: string, input: object): void;
  fact(name: string, input?: object, id?: string): Decision<FollowUpState>;
  visit(enrolmentId: string, systolic: number, over?: Partial<RecordVisit>): void;
  /** what comes due on the way is decided on */
  until(date: LocalDate): void;
  days(count: number): void;
}

export function newLife(name = 'a', from: LocalDate = monday): Life {
  let count = 0;
  const life: Life = {
    state: followUp.initial,
    now: startOf(from) + 10 * HOUR,
    decisions: [],
    take(event) {
      const actor =
        event.kind === 'command' ? { personId: 'person-gp', institutionId: life.state.centreId || 'inst-c01', role: 'gp' } : null;
      const verdict = followUp.decide(life.state, { id: `${name}-${++count}`, at: life.now, actor, ...event });
      if (!verdict.ok) throw new Error(`${event.name} was refused: ${verdict.refusal.code}`);
      life.state = evolve(life.state, verdict.decision);
      const broken = findBrokenInvariant(life.state);
      if (broken) throw new Error(`after ${event.name} on ${localDateOf(life.now)}: ${broken}`);
      life.decisions.push(verdict.decision);
      return verdict.decision;
    },
    enrol(enrolmentId, protocolId, over = {}) {
      const input: Enrol = {
        enrolmentId,
        patientId: `patient-${name}`,
        centreId: 'inst-c01',
        person: newPatient(),
        protocol: protocol(protocolId),
        calendar,
        configuration: { ...defaultFollowUpConfiguration, version: 1 },
        startedOn: localDateOf(life.now),
        package: 'basic',
        ...over,
      };
      life.take({ kind: 'command', name: 'enrol', input });
    },
    command: (command, input) => void life.take({ kind: 'command', name: command, input }),
    fact: (fact, input = {}, id) =>
      life.take({ kind: 'fact', name: fact, input: { occurredAt: life.now, ...input }, ...(id ? { id } : {}) }),
    visit(enrolmentId, systolic, over = {}) {
      life.now += HOUR / 60;
      const visitId = `${name}-v${++count}`;
      const visit: RecordVisit['visit'] = {
        visitedAt: life.now,
        mode: 'clinic',
        bloodPressures: [{ systolic, diastolic: 80, atHome: false }],
        fastingGlucose: 6,
        randomGlucose: null,
        heartRate: 70,
        temperature: 36.5,
        symptoms: [],
        adverseReactions: [],
        newComplication: false,
        hardToControl: false,
        notMeasuredReason: null,
        annualExam: false,
      };
      const input: RecordVisit = { enrolmentId, visitId, visit, late: false, classOverride: null, referralId: `${visitId}-r`, ...over };
      life.take({ kind: 'command', name: 'record-visit', input });
    },
    until(date) {
      const end = startOf(date) + 10 * HOUR;
      for (;;) {
        const due = followUp.ended(life.state) ? undefined : findEarliest(followUp.obligations(life.state));
        if (!due || due.at > end) break;
        life.now = Math.max(life.now, due.at);
        life.take({ kind: 'due', name: due.name, id: due.id, input: null });
      }
      life.now = Math.max(life.now, end);
    },
    days: (days) => life.until(addDays(localDateOf(life.now), days)),
  };
  return life;
}

export const enrolmentIn = ({ state }: Pick<Life, 'state'>, id: string) => {
  const found = state.enrolments.find((enrolment) => enrolment.id === id);
  if (!found) throw new Error(`There is no enrolment ${id}.`);
  return found;
};
