/** Puts load on the whole service while its processes are killed at drawn moments. Afterwards every invariant must hold. Load and kills follow from the seed. */

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom, type Random } from '../../../domain/kit/random.ts';
import { referralTriggers } from '../../../domain/referral/transitions.ts';
import { inDays } from '../builders/appointment-times.ts';
import { findMissedDeadline } from '../oracles/deadlines.ts';
import { type Evidence, findBrokenDeliveries, findBrokenInvariants } from '../oracles/invariants.ts';
import { type PartName, type Processes, startProcesses } from '../service/processes.ts';
import { type Callers, createCallers, type Question } from './callers.ts';
import { type FollowUpGround, followUpStep } from './chaos-follow-up.ts';
import { apiPoints, workerPoints } from './kill-order.ts';

export interface ChaosOptions {
  kills: number;
  seed: number;
  /** Is called with one line for each kill. */
  say(line: string): void;
  /** After so many kills the load is held and the invariants are checked; by default after 25, and always at the end. */
  checkEvery?: number;
  /** Keeps data and logs. */
  keep?: boolean;
}

export interface ChaosReport {
  /** One sentence for each broken invariant. */
  broken: string[];
  kills: number;
  /** The number of final answers by their status. */
  answers: Record<string, number>;
  rungs: number;
  seconds: number;
  /** The folder of data and logs, if they were kept. */
  folder: string;
}

/** So many people act at the same time. */
const ACTING = 6;
/** They act on so many referrals; older ones are left to their clocks. */
const MOST_REFERRALS = 12;
/** A run is continued as new above this number of events, so that kills meet that step too. */
const EVENT_CAP = 120;
/** Within this time a command that met several kills must have its answer. */
const ANSWER_WITHIN_MS = 300_000;

export async function runChaos({ kills, seed, say, checkEvery = 25, keep = false }: ChaosOptions): Promise<ChaosReport> {
  const startedAt = Date.now();
  const processes = await startProcesses({ eventCap: EVENT_CAP, keep });
  const callers = createCallers(processes.apiUrl);
  const evidence: Evidence = { ...processes, answered: callers.answered };
  const broken: string[] = [];
  let done = 0;
  try {
    const load = await startLoad(processes, callers, seed);
    const killer = createRandom(seed);
    while (done < kills && broken.length === 0) {
      // The moment of a kill is drawn.
      await sleep(killer.integer(200, 2_500));
      const what = await killSomething(processes, killer);
      done++;
      say(
        `kill ${done}/${kills}: ${what}; ${callers.answered.length} commands answered, ${load.openReferrals()} referrals lively, ${seconds(startedAt)} s`,
      );
      if (done % checkEvery !== 0 || done === kills) continue;
      await load.hold();
      broken.push(...load.failures(), ...(await findBrokenInvariants(evidence)));
      say(broken.length === 0 ? `after ${done} kills every invariant holds` : `after ${done} kills: ${broken.length} broken`);
      load.goOn();
    }
    await load.stop();
    broken.push(...load.failures());
    if (broken.length === 0) broken.push(...(await checkAtTheEnd(evidence, processes, callers, createRandom(seed))));
    return {
      broken,
      kills: done,
      answers: Object.fromEntries(
        Object.entries(Object.groupBy(callers.answered, ({ status }) => String(status))).map(([status, of]) => [status, of?.length ?? 0]),
      ),
      rungs: await countRungs(processes),
      seconds: seconds(startedAt),
      folder: processes.folder,
    };
  } finally {
    await processes.stop();
  }
}

const seconds = (since: number): number => Math.round((Date.now() - since) / 1_000);

async function countRungs({ db }: Processes): Promise<number> {
  const { count } = await db
    .selectFrom('timeline')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('event', 'like', 'rung-%')
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function checkAtTheEnd(evidence: Evidence, processes: Processes, callers: Callers, random: Random): Promise<string[]> {
  const broken = await findBrokenInvariants(evidence);
  broken.push(...(await askAgain(callers, random)));
  const open = await processes.db.selectFrom('pathway').select('id').where('status', '=', 'open').orderBy('id').execute();
  for (const { id } of open) broken.push(...(await findMissedDeadline(processes, id)));
  broken.push(...(await findBrokenInvariants(evidence)), ...(await findBrokenDeliveries(evidence)));
  for (const part of Object.values(processes.parts))
    if (part.unasked() > 0) broken.push(`the process ${part.name} ended by itself ${part.unasked()} times`);
  return [...new Set(broken)];
}

/** Asks some questions again with the same key. That the answers are the first ones is among the invariants. */
async function askAgain(callers: Callers, random: Random): Promise<string[]> {
  const kept = callers.answered.filter(({ status }) => status < 300 || status === 409);
  const sample = Array.from({ length: Math.min(30, kept.length) }, () => random.pick(kept));
  const failed: string[] = [];
  for (const { question } of sample) await callers.insist(question).catch((error: unknown) => failed.push(String(error)));
  return failed;
}

// --- kills ---------------------------------------------------------------------------------------------

const victims: readonly (readonly [PartName[], number])[] = [
  [['worker'], 40],
  [['api'], 15],
  [['temporal'], 12],
  [['postgres'], 8],
  [['worker', 'temporal'], 8],
  [['worker', 'api'], 5],
  [['worker', 'postgres'], 4],
  [['api', 'temporal'], 3],
  [['api', 'postgres'], 2],
  [['temporal', 'postgres'], 2],
  [['worker', 'temporal', 'api'], 4],
];
/** When no statement meets a kill order in this time, a plain kill follows. */
const MEET_WITHIN_MS = 4_000;

async function killSomething({ parts, arm, disarm }: Processes, random: Random): Promise<string> {
  const names = random.pickWeighted(victims);
  const [first] = names;
  const aimed = (first === 'worker' || first === 'api') && random.chance(0.6);
  let how = 'anywhere';
  if (aimed) {
    const point = random.pick(first === 'worker' ? workerPoints : apiPoints);
    await arm(first, { point, targets: [{ event: '*' }], statements: random.integer(1, 12) });
    const met = await Promise.race([parts[first].ended().then(() => true), sleep(MEET_WITHIN_MS, false, { ref: false })]);
    await disarm(first);
    how = met ? point : `${point} not met in time`;
  }
  await Promise.all(names.map((name) => parts[name].kill()));
  // The time for which the processes are away is drawn.
  await sleep(random.integer(0, 3_000));
  await Promise.all(names.map((name) => parts[name].start()));
  return `${names.join(' + ')}, ${how}`;
}

// --- load ----------------------------------------------------------------------------------------------

interface Load {
  openReferrals(): number;
  /** The questions that got no answer. */
  failures(): string[];
  /** Lets all callers wait until `goOn`. Resolves when no request is under way any more. */
  hold(): Promise<void>;
  goOn(): void;
  stop(): Promise<void>;
}

interface LoadBasis extends FollowUpGround {
  slots: string[];
}

const accounts = ['gp', 'gp2', 'specialist', 'specialist2', 'desk', 'head', 'office'] as const;

async function startLoad(processes: Processes, callers: Callers, seed: number): Promise<Load> {
  await callers.signIn(...accounts, 'gateway');
  const basis = await prepare(processes, callers);
  const referrals: string[] = [];
  const failures: string[] = [];
  let stopping = false;
  let held: { until: Promise<void>; goOn: () => void } | undefined;
  const acting = new Set<Promise<void>>();

  async function act(random: Random): Promise<void> {
    const step = takeStep(callers, basis, referrals, random).catch((error: unknown) => void failures.push(String(error)));
    acting.add(step);
    await step;
    acting.delete(step);
  }
  const loops = Array.from({ length: ACTING }, async (_, index) => {
    const random = createRandom(seed * ACTING + index);
    while (!stopping) {
      await held?.until;
      await act(random);
      // A person pauses between two actions.
      await sleep(random.integer(0, 150));
    }
  });
  return {
    openReferrals: () => referrals.length,
    failures: () => failures,
    async hold() {
      let goOn = () => {};
      const until = new Promise<void>((resolve) => (goOn = resolve));
      held = { until, goOn };
      await Promise.all(acting);
    },
    goOn() {
      held?.goOn();
      held = undefined;
    },
    async stop() {
      stopping = true;
      held?.goOn();
      await Promise.all(loops);
    },
  };
}

async function prepare({ db }: Processes, callers: Callers): Promise<LoadBasis> {
  const residents = async (home: string) =>
    (await db.selectFrom('patient').select('id').where('home_institution_id', '=', home).orderBy('id').execute()).map(({ id }) => id);
  const slots: string[] = [];
  for (let hour = 8; hour < 18; hour++) {
    const time = (minutes: string) => inDays(159, `${String(hour).padStart(2, '0')}:${minutes}`);
    const body = { departmentId: 'dept-h1-cardiology', startsAt: time('00'), endsAt: time('30') };
    const slot = await callers.insist({ account: 'head', path: '/v1/slots', body });
    if (slot.status === 201) slots.push(slot.body.id);
  }
  return { patients: { gp: await residents('inst-c01'), gp2: await residents('inst-c02') }, slots, enrolments: [] };
}

async function takeStep(callers: Callers, basis: LoadBasis, referrals: string[], random: Random): Promise<void> {
  if (random.chance(0.35)) return followUpStep(callers, basis, random, (question) => insistAndRepeat(callers, question, random));
  const id = referrals.length < MOST_REFERRALS || random.chance(0.05) ? undefined : random.pick(referrals);
  if (id === undefined) return create(callers, basis, referrals, random);
  const kind = random.pickWeighted([
    ['trigger', 80],
    ['time', 12],
    ['claim', 5],
    ['fact', 3],
  ] as const);
  if (kind === 'trigger') await trigger(callers, basis, id, random);
  // Pushing the demonstration's clock is no command of a pathway, so it is asked once, whether it is answered or not.
  if (kind === 'time')
    await callers.ask({
      account: 'office',
      path: '/v1/demo/fast-forward',
      body: { pathwayId: id, duration: random.pick(['PT5M', 'PT20M', 'PT5H', 'PT15H', 'P3D']) },
    });
  if (kind === 'claim') await claim(callers, random);
  if (kind === 'fact') await fact(callers, basis, random);
}

async function create(callers: Callers, { patients }: LoadBasis, referrals: string[], random: Random): Promise<void> {
  const account = random.pick(['gp', 'gp2'] as const);
  const toInstitutionId = random.pick(['inst-h1', 'inst-h2']);
  const body = {
    patientId: random.pick(patients[account]),
    direction: 'up',
    urgency: random.pick(['urgent', 'same-day', 'routine']),
    toInstitutionId,
    ...(random.chance(0.6) ? { toDepartmentId: `dept-${toInstitutionId.slice('inst-'.length)}-cardiology` } : {}),
    reason: '血压持续升高，请会诊',
    consent: { given: true, recordedAt: '2026-01-01T00:00:00Z' },
    draft: random.chance(0.2),
    emergency: random.chance(0.1),
    ...(random.chance(0.8) ? { overrideReason: '复诊' } : {}),
  };
  const answer = await insistAndRepeat(callers, { account, path: '/v1/referrals', body }, random);
  if (answer.status === 201) referrals.push(answer.body.id);
  if (referrals.length > MOST_REFERRALS) referrals.shift();
}

/** Mostly what is open to somebody, now and then what is not. */
async function trigger(callers: Callers, basis: LoadBasis, id: string, random: Random): Promise<void> {
  const account = random.pick(accounts);
  const path = `/v1/referrals/${id}`;
  const seen = await callers.get(account, path);
  const allowed: string[] = seen?.status === 200 ? seen.body.allowed : [];
  const name = allowed.length > 0 && random.chance(0.75) ? random.pick(allowed) : random.pick(referralTriggers);
  const insists = typeof seen?.body.version === 'number' && random.chance(0.15);
  const ifVersion = insists ? Math.max(1, seen.body.version - random.integer(0, 1)) : undefined;
  await insistAndRepeat(
    callers,
    { account, path: `${path}/${name}`, body: bodyOf(name, basis, random), ...(ifVersion === undefined ? {} : { ifVersion }) },
    random,
  );
}

const visit = (startsAt: string) => ({ startsAt: `${startsAt}T00:00:00Z`, endsAt: `${startsAt}T01:00:00Z` });

function bodyOf(name: string, { slots }: LoadBasis, random: Random): unknown {
  switch (name) {
    case 'send-decline':
    case 'request-cancellation':
    case 'cancel-appointment':
    case 'withdraw':
    case 'reopen':
      return { reason: '患者要求' };
    case 'schedule-visit':
    case 'reschedule-visit':
      return slots.length > 0 && random.chance(0.5)
        ? { slotId: random.pick(slots) }
        : visit(random.pick([inDays(100), inDays(131)].map((at) => at.slice(0, 10))));
    case 'send-interim-note':
      return { note: '已入院观察' };
    case 'send-outcome':
      return { outcome: '治疗完成' };
    case 'record-consent':
      return { consent: { given: true, recordedAt: '2026-01-01T00:00:00Z' } };
    case 'refer-onward':
      return { toInstitutionId: random.pick(['inst-h1', 'inst-h2', 'inst-h3']), reason: '转上级医院' };
    case 'request-information':
      return { question: '近期用药？' };
    case 'answer-information':
      return { answer: '氨氯地平' };
    default:
      return {};
  }
}

async function claim(callers: Callers, random: Random): Promise<void> {
  const account = random.pick(accounts);
  const list = await callers.get(account, '/v1/worklist');
  if (list?.status !== 200 || list.body.items.length === 0) return;
  const task = random.pick(list.body.items as { id: string }[]);
  await insistAndRepeat(callers, { account, path: `/v1/tasks/${task.id}/claim`, body: {} }, random);
}

async function fact(callers: Callers, { patients }: LoadBasis, random: Random): Promise<void> {
  const patientId = random.pick(patients.gp);
  const details = random.pick([
    { type: 'patient-admitted', institutionId: 'inst-h1' },
    { type: 'patient-admitted', institutionId: 'inst-h3' },
    { type: 'patient-moved', homeInstitutionId: 'inst-c03' },
  ]);
  const body = { source: 'his-chaos', messageId: randomUUID(), occurredAt: new Date().toISOString(), patientId, ...details };
  await insistAndRepeat(callers, { account: 'gateway', path: '/v1/facts', body }, random);
}

/** Insists on an answer. Now and then the same question is asked several times at once, as a double click or a second tab does. */
async function insistAndRepeat(callers: Callers, asked: Question, random: Random) {
  const question = { ...asked, key: randomUUID() };
  const copies = random.chance(0.2) ? random.integer(1, 2) : 0;
  const [answer] = await Promise.all([
    callers.insist(question, ANSWER_WITHIN_MS),
    ...Array.from({ length: copies }, () => callers.insist(question, ANSWER_WITHIN_MS)),
  ]);
  return answer;
}
