/**
 * Measures sterile supply: acts a second with twenty people scanning at once against one, the scope of a recall over a long history, plans of 39 and of
 * 200 stops, and the statements that each act costs. Counts are exact; times are shown as ratios, or as time inside the database. See README.md.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { Database } from '../db/kit/database.ts';
import { blastRadius } from '../db/recall/blast-radius.ts';
import { createRandom } from '../domain/kit/random.ts';
import { planRounds } from '../domain/supply-round/plan-rounds.ts';
import { median } from './support/paired-ratio.ts';
import { percentile } from './support/percentile.ts';
import { startApi } from './support/start-api.ts';
import { writeSupplyHistory } from './support/supply-history.ts';
import { type WaitShares, watchWaits } from './support/wait-events.ts';

/** The history that a round of the bench lays down; fifty rounds are the years of a large department. */
const PACKS_OF_ROUND = 20_000;

const {
  rounds: roundsText = '50',
  packs: packsText,
  people: peopleText = '20',
  only,
} = parseArgs({
  options: { rounds: { type: 'string' }, packs: { type: 'string' }, people: { type: 'string' }, only: { type: 'string' } },
}).values;
const packCount = packsText === undefined ? Number(roundsText) * PACKS_OF_ROUND : Number(packsText);
const people = Number(peopleText);
for (const count of [packCount, people])
  if (!Number.isSafeInteger(count) || count < 1) throw new Error('--rounds, --packs and --people must be whole numbers, at least 1');

const ACTS_OF_ONE = 200;
const ACTS_OF_MANY = 1_000;

const results: [what: string, figure: string][] = [];

const counts = { statements: 0, databaseMs: 0 };
/** Counts statements, and the time that each waits for its answer. */
function watchStatements(): void {
  const client = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = client;
  client.query = function (this: unknown, ...args: unknown[]): unknown {
    counts.statements += 1;
    const begun = performance.now();
    const answer = query.apply(this, args);
    if (answer instanceof Promise) void answer.finally(() => (counts.databaseMs += performance.now() - begun)).catch(() => {});
    return answer;
  };
}

async function measureScope(db: Database): Promise<void> {
  const loadId = await writeSupplyHistory(db, packCount);
  const times: number[] = [];
  let found = '';
  for (let turn = 0; turn < 20; turn += 1) {
    counts.statements = 0;
    counts.databaseMs = 0;
    const radius = await blastRadius(db, loadId, new Date());
    times.push(counts.databaseMs);
    found = `${radius?.loadIds.length} loads, ${radius?.packIds.length} packs, ${radius?.holders.length} holders, ${counts.statements} statements`;
  }
  results.push([
    `scope of a failed indicator over ${packCount} packs`,
    `${found}; ${median(times).toFixed(1)} ms of database time (first ${times[0]?.toFixed(1)})`,
  ]);
}

/** Centres somewhere within 15 km, and as many vehicles of one size as they could need. */
function measurePlans(): void {
  for (const stops of [39, 200]) {
    const random = createRandom(stops);
    const near = (middle: number) => middle + (random.fraction() - 0.5) * 0.25;
    const begun = process.cpuUsage();
    const plan = planRounds({
      depot: { latitude: 21.5, longitude: 113.5 },
      departMinute: 480,
      stops: Array.from({ length: stops }, (_, index) => ({
        institutionId: `centre-${index}`,
        position: { latitude: near(21.5), longitude: near(113.5) },
        windows: [],
        deliverLitres: random.integer(5, 20),
        collectLitres: random.integer(5, 20),
      })),
      vehicles: Array.from({ length: Math.ceil(stops / 8) }, (_, index) => ({
        id: `vehicle-${index}`,
        sterileLitres: 400,
        soiledLitres: 400,
      })),
      rules: { longestRoundMinutes: 480, minutesAtStop: 10, detourFactor: 1.3, kmPerHour: 30 },
    });
    const { user } = process.cpuUsage(begun);
    const minutes = plan.rounds.reduce((sum, round) => sum + round.minutes, 0);
    results.push([
      `plan of ${stops} stops`,
      `${plan.rounds.length} vehicles, ${plan.unplaced.length} left out, ${(minutes / plan.lowerBoundMinutes).toFixed(2)} times the lower bound, ` +
        `${plan.timedRoutes} timed routes, ${(user / 1e6).toFixed(2)} s of one core`,
    ]);
  }
}

async function main(): Promise<void> {
  const api = await startApi();
  const { base, db } = api;
  watchStatements();
  const tokenOf = new Map<string, string>();

  async function post(role: string, path: string, body: unknown): Promise<{ id: string }> {
    const token = tokenOf.get(role) ?? (await api.issueToken({ personId: `person-${role}`, institutionId: 'inst-cssd', roles: [role] }));
    tokenOf.set(role, token);
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const response = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as { id: string };
  }

  /** Sends acts with so many people at once. Gives acts a second and the 95th percentile of the answers. */
  async function scan(persons: number, acts: number): Promise<{ perSecond: number; p95: number; statements: number }> {
    const devices = await Promise.all(
      Array.from({ length: persons }, (_, index) => post('technician', '/v1/devices', { name: `phone ${index}` })),
    );
    const codes = (await db.selectFrom('set_instance').select('code').where('status', '=', 'in-decon').limit(100).execute()).map(
      ({ code }) => code,
    );
    const waits: number[] = [];
    let sent = 0;
    counts.statements = 0;
    const begun = performance.now();
    await Promise.all(
      devices.map(async ({ id }) => {
        for (let seq = 1; sent < acts; seq += 1) {
          const code = codes[sent % codes.length];
          sent += 1;
          const from = performance.now();
          const at = new Date().toISOString();
          await post('technician', '/v1/scans', { deviceId: id, sentAt: at, scans: [{ seq, type: 'seen', at, code }] });
          waits.push(performance.now() - from);
        }
      }),
    );
    return { perSecond: (acts * 1_000) / (performance.now() - begun), p95: percentile(waits, 0.95), statements: counts.statements / acts };
  }

  async function measureActs(): Promise<void> {
    await scan(4, 100); // The first requests warm the service up and are not counted.
    const ratios: { perSecond: number; p95: number }[] = [];
    let statements = 0;
    let last: { waits: WaitShares; utilization: number } | undefined;
    for (let turn = 0; turn < 3; turn += 1) {
      const one = await scan(1, ACTS_OF_ONE);
      const before = performance.eventLoopUtilization();
      const { result: many, waits } = await watchWaits(api.postgresUrl, () => scan(people, ACTS_OF_MANY));
      const { utilization } = performance.eventLoopUtilization(before);
      statements = one.statements;
      ratios.push({ perSecond: many.perSecond / one.perSecond, p95: many.p95 / one.p95 });
      console.log(`One person: ${one.perSecond.toFixed(0)} acts a second; ${people} at once: ${many.perSecond.toFixed(0)}`);
      last = { waits, utilization };
    }
    results.push([
      `${people} people ÷ one`,
      `acts a second ${median(ratios.map((ratio) => ratio.perSecond)).toFixed(2)}, p95 ${median(ratios.map((ratio) => ratio.p95)).toFixed(2)}; ${statements.toFixed(1)} statements an act`,
    ]);
    if (last) {
      const { open, shares } = last.waits;
      const doing = shares.slice(0, 6).map(([what, share]) => `${what} ${(share * 100).toFixed(1)} %`);
      results.push(
        [`${people} at once: what their transactions do`, `${open.toFixed(1)} open at a time; ${doing.join(', ')}`],
        [`${people} at once: the one process of the API and the people`, `busy ${(last.utilization * 100).toFixed(1)} % of the time`],
      );
    }
  }

  try {
    if (only === undefined || only === 'acts') await measureActs();
    if (only === undefined || only === 'plans') measurePlans();
    if (only === undefined || only === 'scope') await measureScope(db);
    console.log(['', '| what | figure |', '| --- | --- |', ...results.map((row) => `| ${row.join(' | ')} |`)].join('\n'));
  } finally {
    await api.stop();
  }
}

await main();
