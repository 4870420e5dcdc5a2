/** Episodes after a stay in hospital for tests of the decider: events by name, and everything that comes due in between. */
import { discharge } from '../../../domain/discharge/decider.ts';
import type { CreateEpisode, DischargeEvent } from '../../../domain/discharge/events.ts';
import type { VisitStanding } from '../../../domain/discharge/standing.ts';
import type { DischargeState } from '../../../domain/discharge/state.ts';
import type { Entry, MessageIntent, PathwayEvent, Refusal } from '../../../domain/kit/pathway.ts';
import { evolve, findEarliest } from '../../../domain/kit/pathway.ts';
import { discharge as documents, publishedCalendar } from './discharge.ts';

/** An instant in Asia/Shanghai, such as `2026-09-30 10:00`. */
export const shanghai = (text: string): number => Date.parse(`${text.replace(' ', 'T')}:00+08:00`);

export const standingOf = (over: Partial<VisitStanding> = {}): VisitStanding => ({
  status: 'admitted',
  admittedAt: shanghai('2026-09-21 14:00'),
  dischargedAt: null,
  departmentCode: 'cardiology',
  departmentsBefore: [],
  admissionType: 'emergency',
  disposition: null,
  ...over,
});

export const dischargedStanding = (over: Partial<VisitStanding> = {}): VisitStanding =>
  standingOf({ status: 'discharged', dischargedAt: shanghai('2026-09-30 10:00'), disposition: 'home', ...over });

export const hospitalActor = (role = 'nurse') => ({ personId: `person-h1-${role}`, institutionId: 'inst-h1', role });
export const centreActor = (role = 'nurse') => ({ personId: `person-c01-${role}`, institutionId: 'inst-c01', role });

export interface Happened {
  at: number;
  name: string;
  entries: Entry[];
  messages: MessageIntent[];
}

/** Lives an episode: what comes due before an event is decided before it. */
export class EpisodeLife {
  state: DischargeState = discharge.initial;
  readonly happened: Happened[] = [];
  #n = 0;
  readonly #steps = new Set<string>();

  static begun(over: Partial<CreateEpisode> = {}, at = shanghai('2026-09-21 14:05')): EpisodeLife {
    const life = new EpisodeLife();
    const input: CreateEpisode = {
      patientId: 'p1',
      hospitalId: 'inst-h1',
      centreId: 'inst-c01',
      visitNumber: 'V1',
      number: 1,
      standing: standingOf(),
      departmentId: 'dept-h1-cardiology',
      noticedAt: at,
      calendar: publishedCalendar,
      ...documents,
      ...over,
    };
    life.command('create', input, at, { personId: 'gateway', institutionId: 'inst-h1', role: 'gateway' });
    return life;
  }

  /** Throws for a refusal. */
  command(name: DischargeEvent['name'], input: object, at: number, actor = centreActor()): Happened {
    const refusal = this.tryCommand(name, input, at, actor);
    if (refusal) throw new Error(`${name} is refused: ${JSON.stringify(refusal)}`);
    return this.last;
  }

  tryCommand(name: string, input: object, at: number, actor = centreActor()): Refusal | undefined {
    this.runUntil(at);
    return this.#apply({ kind: 'command', name, id: `c${this.#n++}`, at, actor, input });
  }

  fact(name: string, input: object, at: number): Happened {
    this.runUntil(at);
    this.#apply({ kind: 'fact', name, id: `f${this.#n++}`, at, actor: null, input: { occurredAt: at, ...input } });
    return this.last;
  }

  standing(standing: VisitStanding, at: number, number = this.state.number + 1): Happened {
    return this.fact('visit-standing', { number, standing, departmentId: 'dept-h1-cardiology' }, at);
  }

  /** Everything that is due by then. */
  runUntil(at: number): this {
    for (;;) {
      const next = discharge.ended(this.state) ? undefined : findEarliest(discharge.obligations(this.state));
      if (!next || next.at > at) return this;
      // The commit does a step once: one of the same id again would never be done, and the pathway would stand still.
      if (this.#steps.has(next.id)) throw new Error(`The step ${next.id} was done before.`);
      this.#steps.add(next.id);
      this.#apply({ kind: 'due', name: next.name, id: next.id, at: next.at, actor: null, input: null });
    }
  }

  get last(): Happened {
    const last = this.happened.at(-1);
    if (!last) throw new Error('Nothing has happened.');
    return last;
  }

  get tasks(): string[] {
    return discharge.tasks(this.state).map(({ name, institutionId }) => `${name} ${institutionId}`);
  }

  duty(name: string) {
    return this.state.duties.find(({ duty }) => duty === name);
  }

  #apply(event: PathwayEvent): Refusal | undefined {
    const verdict = discharge.decide(this.state, event);
    if (!verdict.ok) return verdict.refusal;
    this.state = evolve(this.state, verdict.decision);
    this.happened.push({ at: event.at, name: event.name, entries: verdict.decision.entries, messages: verdict.decision.messages });
    return undefined;
  }
}

export const planInput = {
  template: null,
  without: [],
  information: { responsibleClinician: true, instructions: true, noMedication: true, noPendingResults: true },
  operatedOn: null,
  site: null,
  joint: null,
  riskInputs: {},
  orders: [],
  itemIds: {},
  linkConsent: 'none',
  handover: null,
};
