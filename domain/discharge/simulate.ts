/**
 * The stays of one made-up person, run in memory: the messages of each stay are folded, its episode hears what they say, and everything that comes due is
 * decided at its time, by the same rules as on the service. Nothing is written. A simulation is plain data; each function returns the one that comes after.
 */
import { isSameJson } from '../kit/changes.ts';
import type { Actor, PathwayEvent, Refusal } from '../kit/pathway.ts';
import { beginRun, type MemoryRun, passTime, tellRun } from '../kit/run-in-memory.ts';
import { discharge } from './decider.ts';
import type { CreateEpisode, DischargeFactEvent, EpisodeCommandName } from './events.ts';
import { findNextStay, type KnownStay } from './next-stay.ts';
import { foldVisit, type LaterStay, type VisitMessage, type VisitStanding } from './standing.ts';
import type { DischargeState } from './state.ts';

export interface SimulatedStay {
  hospitalId: string;
  visitNumber: string;
  messages: readonly VisitMessage[];
  standing: VisitStanding | null;
  /** How often the standing has changed. */
  number: number;
  firstRecordedAt: number;
  later: LaterStay | null;
  /** Undefined while no message has said that there is a stay. */
  run: MemoryRun<DischargeState> | undefined;
}

export interface Simulation {
  patientId: string;
  centreId: string;
  /** Null for the living. */
  diedAt: number | null;
  documents: Pick<CreateEpisode, 'calendar' | 'rules' | 'templates' | 'scores'>;
  /** The id of a department by `hospital code`. */
  wards: ReadonlyMap<string, string>;
  stays: readonly SimulatedStay[];
  /** How many events there were: the ids of what follows from one are its own. */
  events: number;
}

const system: Actor = { personId: 'carepath', institutionId: '', role: 'gateway' };

const withRun = (simulation: Simulation, change: (run: MemoryRun<DischargeState>) => MemoryRun<DischargeState>): Simulation => ({
  ...simulation,
  stays: simulation.stays.map((stay) => (stay.run ? { ...stay, run: change(stay.run) } : stay)),
});

/** Decides what comes due until an instant. */
export const passSimulation = (simulation: Simulation, until: number): Simulation => withRun(simulation, (run) => passTime(run, until));

type FactName = DischargeFactEvent['name'];

/** A fact is never refused. One that is over hears of nothing. */
function tellFact(run: MemoryRun<DischargeState>, name: FactName, input: object, at: number): MemoryRun<DischargeState> {
  if (run.decider.ended(run.state)) return run;
  const id = `${name}-${run.version + 1}`;
  const told = tellRun(run, { kind: 'fact', name, id, at, actor: null, input: { occurredAt: at, ...input } });
  if (!told.ok) throw new Error(`The fact ${name} was refused: ${told.refusal.code}.`);
  return told.run;
}

const isSameStay = (one: Pick<SimulatedStay, 'hospitalId' | 'visitNumber'>, other: Pick<SimulatedStay, 'hospitalId' | 'visitNumber'>) =>
  one.hospitalId === other.hospitalId && one.visitNumber === other.visitNumber;

export interface OfStay {
  hospitalId: string;
  visitNumber: string;
  at: number;
}

/** A message about a stay comes in at an instant. */
export function hearMessage(simulation: Simulation, { at, ...named }: OfStay, message: VisitMessage): Simulation {
  const known = simulation.stays.find((stay) => isSameStay(stay, named));
  const messages = [...(known?.messages ?? []), message];
  const folded = foldVisit(messages);
  const changed: SimulatedStay = {
    ...(known ?? { ...named, standing: null, number: 0, later: null, run: undefined }),
    messages,
    firstRecordedAt: folded.firstRecordedAt ?? at,
  };
  const told = isSameJson(changed.standing, folded.standing) ? changed : tellStanding(simulation, changed, folded.standing, at);
  const stays = known ? simulation.stays.map((stay) => (stay === known ? told : stay)) : [...simulation.stays, told];
  const settled = tellLaterStays({ ...simulation, stays, events: simulation.events + 1 }, at);
  const isDeath = message.disposition === 'died' && folded.effects.get(message.id) === 'applied';
  return isDeath && (message.event === 'A03' || message.event === 'A08') ? hearOfDeath(settled, at) : settled;
}

function tellStanding(simulation: Simulation, stay: SimulatedStay, standing: VisitStanding | null, at: number): SimulatedStay {
  if (standing === null) return stay;
  const number = stay.number + 1;
  const departmentId = simulation.wards.get(`${stay.hospitalId} ${standing.departmentCode ?? ''}`) ?? null;
  const told = { ...stay, standing, number };
  if (stay.run) return { ...told, run: tellFact(stay.run, 'visit-standing', { number, standing, departmentId }, at) };
  const { patientId, centreId, documents, diedAt } = simulation;
  const { hospitalId, visitNumber } = stay;
  const pathwayId = `episode-${hospitalId}-${visitNumber}`;
  const input: CreateEpisode = {
    ...documents,
    patientId,
    hospitalId,
    centreId,
    visitNumber,
    number,
    standing,
    departmentId,
    noticedAt: at,
  };
  const created = tellRun(beginRun(pathwayId, discharge), {
    kind: 'command',
    name: 'create',
    id: 'create',
    at,
    actor: { ...system, institutionId: hospitalId },
    input,
  });
  if (!created.ok) throw new Error(`An episode was refused: ${created.refusal.code}.`);
  return { ...told, run: diedAt === null ? created.run : tellFact(created.run, 'patient-died', {}, at) };
}

const toKnownStay = ({ run, standing, hospitalId, firstRecordedAt }: SimulatedStay): KnownStay | undefined =>
  run && standing ? { episodeId: run.pathwayId, hospitalId, standing, beganAt: standing.admittedAt ?? firstRecordedAt } : undefined;

function tellLaterStays(simulation: Simulation, at: number): Simulation {
  const known = new Map(
    simulation.stays.flatMap((stay) => {
      const found = toKnownStay(stay);
      return found ? [[stay, found] as const] : [];
    }),
  );
  const stays = simulation.stays.map((stay) => {
    const own = known.get(stay);
    const later = own ? findNextStay(own, [...known.values()]) : null;
    if (!stay.run || isSameJson(later, stay.later)) return stay;
    return { ...stay, later, run: tellFact(stay.run, 'later-stay', { stay: later }, at) };
  });
  return { ...simulation, stays };
}

/** A result that the hospital reports of a stay. One of a stay that nobody knows waits for it on the service; here it is without effect. */
export function hearResult(
  simulation: Simulation,
  { at, ...named }: OfStay,
  result: { number: string; abnormal: boolean; critical: boolean },
): Simulation {
  const orderId = `result-${simulation.events + 1}`;
  const stays = simulation.stays.map((stay) =>
    stay.run && isSameStay(stay, named) ? { ...stay, run: tellFact(stay.run, 'result-reported', { ...result, orderId }, at) } : stay,
  );
  return { ...simulation, stays, events: simulation.events + 1 };
}

export function hearOfDeath(simulation: Simulation, at: number): Simulation {
  if (simulation.diedAt !== null) return simulation;
  const told = withRun(simulation, (run) => tellFact(run, 'patient-died', {}, at));
  return { ...told, diedAt: at, events: simulation.events + 1 };
}

export function hearOfMove(simulation: Simulation, homeInstitutionId: string, at: number): Simulation {
  const told = withRun(simulation, (run) => tellFact(run, 'patient-moved', { homeInstitutionId }, at));
  return { ...told, centreId: homeInstitutionId, events: simulation.events + 1 };
}

export interface SimulatedCommand extends OfStay {
  name: EpisodeCommandName;
  actor: Actor;
  input: unknown;
}

/** Undefined while there is no such episode. */
export const findSimulatedStay = ({ stays }: Simulation, named: Pick<OfStay, 'hospitalId' | 'visitNumber'>): SimulatedStay | undefined =>
  stays.find((stay) => stay.run && isSameStay(stay, named));

export function tellCommand(
  simulation: Simulation,
  { name, actor, input, at, ...named }: SimulatedCommand,
): { ok: true; simulation: Simulation } | { ok: false; refusal: Refusal } {
  const stay = findSimulatedStay(simulation, named);
  if (!stay?.run) return { ok: false, refusal: { code: 'not-found' } };
  const event: PathwayEvent = { kind: 'command', name, id: `${name}-${simulation.events + 1}`, at, actor, input };
  const told = tellRun(stay.run, event);
  if (!told.ok) return told;
  const stays = simulation.stays.map((one) => (one === stay ? { ...stay, run: told.run } : one));
  return { ok: true, simulation: { ...simulation, stays, events: simulation.events + 1 } };
}
