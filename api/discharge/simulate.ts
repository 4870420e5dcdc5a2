/** What would become of a person's stays: facts and commands through the same fold, decider and calendar, with all that comes due. Writes nothing. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { loadDocumentsInForce } from '../../db/discharge/documents-in-force.ts';
import { findWard } from '../../db/discharge/visits/wards.ts';
import { loadCurrentCalendar } from '../../db/follow-up/protocols.ts';
import type { Database } from '../../db/kit/database.ts';
import { loadPlaces } from '../../db/messages/surroundings.ts';
import { listEpisodeTexts, type WrittenTexts } from '../../domain/discharge/episode-texts.ts';
import { findSimulatedStay, passSimulation, type Simulation, tellCommand } from '../../domain/discharge/simulate.ts';
import { describeError } from '../../domain/kit/errors.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import { OutboxItem } from '../admin/demo-outbox.ts';
import { type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { DateOnly, Id, Instant, Text } from '../kit/schemas.ts';
import { TaskSchema, taskResources } from '../kit/task-resource.ts';
import { TimelineSchema } from '../kit/timeline.ts';
import { mayDo } from '../policy.ts';
import { EpisodeSchema, episodeResource, operationOf } from './resource.ts';
import { messagesOf, runsOf, taskRowsOf, timelineOf, toRecord } from './simulated-answer.ts';
import { findCommandForm, simulatedCommandSchemas } from './simulated-commands.ts';
import { isSimulatedFact, simulatedFactSchemas, tellSimulatedFact } from './simulated-facts.ts';

const MOST_EVENTS = 200;
const MOST_DAYS = 400;
const FIRST_VISIT = '1';
const PATIENT = 'patient';

const SimulationBody = z
  .strictObject({
    patient: z.strictObject({
      birthDate: DateOnly,
      homeInstitutionId: Id,
      phone: Text(50).optional(),
      contacts: z
        .array(z.strictObject({ name: Text(100), relation: Text(50).optional(), phone: Text(50).optional() }))
        .max(20)
        .optional(),
    }),
    hospitalId: Id,
    events: z
      .array(z.discriminatedUnion('type', [...simulatedFactSchemas, ...simulatedCommandSchemas]).openapi({ title: 'SimulatedEvent' }))
      .min(1)
      .max(MOST_EVENTS),
    until: Instant,
  })
  .openapi('EpisodeSimulation');

const SimulationAnswer = z
  .strictObject({
    /** of the first stay; null while no event has said that there is one */
    episode: EpisodeSchema.nullable(),
    later: z.array(EpisodeSchema),
    timeline: TimelineSchema.shape.items,
    /** closed ones too */
    tasks: z.array(TaskSchema),
    messages: z.array(OutboxItem),
  })
  .openapi('EpisodeSimulated');

type SimulateRequest = OperationRequest<unknown, unknown, z.output<typeof SimulationBody>, undefined>;
type Event = SimulateRequest['body']['events'][number];

interface Course {
  simulation: Simulation;
  texts: Map<string, Record<string, unknown>>;
}

export const simulateEpisode = operation({
  id: 'simulateEpisode',
  method: 'post',
  path: '/v1/episodes/simulate',
  tag: 'discharge',
  summary: '推演一次住院及出院后安排，不写入任何数据 / What would become of stays and what is owed after them; writes nothing',
  body: SimulationBody,
  answers: { 200: { description: 'Everything that would be', schema: SimulationAnswer } },
  async handle(request) {
    const { body, deps, caller } = request;
    const until = Date.parse(body.until);
    const events = body.events
      .map((event, index) => ({ event, index }))
      .toSorted((a, b) => Date.parse(a.event.at) - Date.parse(b.event.at));
    refuseTooLong(
      events.map(({ event }) => Date.parse(event.at)),
      until,
    );
    await refuseUnknownInstitutions(deps.db, body);
    let course: Course = { simulation: await begin(deps.db, body), texts: new Map() };
    for (const { event, index } of events) course = await tellEvent(request, course, event, index);
    const { stays } = passSimulation(course.simulation, until);
    const runs = runsOf(stays);
    const texts = Object.fromEntries(course.texts);
    const [episode = null, ...later] = runs.map((run) => episodeResource(toRecord(run, until, texts, undefined), caller));
    const places = await loadPlaces(
      deps.db,
      runs.flatMap(({ state }) => [state.centreId, state.hospitalId]),
    );
    return {
      status: 200,
      body: {
        episode,
        later,
        timeline: timelineOf(runs),
        tasks: await taskResources(deps.db, taskRowsOf(runs, until), caller),
        messages: messagesOf(runs, places),
      },
    };
  },
});

function refuseTooLong(times: readonly number[], until: number): void {
  const [first = until] = times;
  if (until < (times.at(-1) ?? until)) throw invalidRequestProblem('until', { zh: '早于最后一个事件', en: 'comes before the last event' });
  if (until - first > MOST_DAYS * DAY_MS)
    throw invalidRequestProblem('until', { zh: `最多推演 ${MOST_DAYS} 天`, en: `at most ${MOST_DAYS} days` });
}

async function refuseUnknownInstitutions(db: Database, { patient, hospitalId, events }: SimulateRequest['body']): Promise<void> {
  const named: [string, string][] = [
    ['patient.homeInstitutionId', patient.homeInstitutionId],
    ['hospitalId', hospitalId],
    ...events.flatMap(({ institutionId }, index): [string, string][] =>
      institutionId ? [[`events.${index}.institutionId`, institutionId]] : [],
    ),
  ];
  for (const [path, id] of named)
    if (!(await findInstitution(db, id))) throw invalidRequestProblem(path, { zh: '没有这个机构', en: 'no such institution' });
}

async function begin(db: Database, { patient, hospitalId, events }: SimulateRequest['body']): Promise<Simulation> {
  const wards = new Map<string, string>();
  for (const event of events) {
    const code = 'departmentCode' in event.body ? event.body.departmentCode : undefined;
    const at = event.institutionId ?? hospitalId;
    const ward = code === undefined ? undefined : await findWard(db, at, code);
    if (ward !== undefined) wards.set(`${at} ${code}`, ward);
  }
  return {
    patientId: PATIENT,
    centreId: patient.homeInstitutionId,
    diedAt: null,
    documents: { ...(await loadDocumentsInForce(db)), calendar: await loadCurrentCalendar(db) },
    wards,
    stays: [],
    events: 0,
  };
}

/** Throws Problem 422 at the place of the event. */
async function tellEvent(request: SimulateRequest, { simulation, texts }: Course, event: Event, index: number): Promise<Course> {
  const at = Date.parse(event.at);
  const stay = { hospitalId: event.institutionId ?? request.body.hospitalId, visitNumber: event.visitNumber ?? FIRST_VISIT, at };
  const passed = passSimulation(simulation, at);
  if (isSimulatedFact(event)) return { simulation: tellSimulatedFact(passed, event, stay), texts };

  const form = findCommandForm(event.type);
  const run = findSimulatedStay(passed, stay)?.run;
  if (!form || !run) throw refusedAt(index, { zh: '此时没有这次住院', en: 'there is no such stay by then' });
  const usual = { institutionId: form.giver.side === 'hospital' ? run.state.hospitalId : run.state.centreId, role: form.giver.role };
  const actor: Actor = { personId: 'simulated', ...(event.by ?? usual) };
  if (!mayDo(operationOf[form.name], [actor.role])) throw refusedAt(index, describeError('role-may-not'));
  const { phone: own, contacts = [] } = request.body.patient;
  const numbers = { hasNumber: own !== undefined, familyContacts: contacts.filter(({ phone }) => phone !== undefined).length };
  let ids = 0;
  const simulated = { numbers, newId: () => `order-${passed.events + 1}-${++ids}` };
  const command = await atEvent(index, () =>
    form.prepare({ ...request, actor }, event.body, toRecord(run, at, Object.fromEntries(texts), simulated)),
  );
  const told = tellCommand(passed, { ...stay, name: form.name, actor, input: command.input });
  if (!told.ok) throw refusedAt(index, describeError(told.refusal.code));
  const after = findSimulatedStay(told.simulation, stay)?.run?.state ?? run.state;
  return { simulation: told.simulation, texts: new Map([...texts, ...listEpisodeTexts(run.state, after, command.texts as WrittenTexts)]) };
}

const refusedAt = (index: number, { zh, en }: { zh: string; en: string }): Problem => invalidRequestProblem(`events.${index}`, { zh, en });

/** What the command says of its body stands at the event. */
async function atEvent<T>(index: number, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { errors } = error.details;
    if (!errors) throw refusedAt(index, describeError(error.code));
    throw new Problem('invalid-request', {
      errors: errors.map(({ path, message }) => ({ path: `events.${index}.body.${path}`, message })),
    });
  }
}
