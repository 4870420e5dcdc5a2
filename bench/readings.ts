/**
 * Measures how many readings a second the HTTP API takes, compared with bare inserts of the same rows: one `insert … select` a batch and nothing
 * else, into a table with the same columns, keys and constraints. Counts are exact. Time is the ratio of pairs that ran side by side. See README.md.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { v7 as uuid } from 'uuid';
import { createRandom, type Random } from '../domain/kit/random.ts';
import { median, writeRatio } from './support/paired-ratio.ts';
import { startApi } from './support/start-api.ts';

const { rounds: roundsText = '6', senders: sendersText = '4' } = parseArgs({
  options: { rounds: { type: 'string' }, senders: { type: 'string' } },
}).values;
const [rounds, senders] = [Number(roundsText), Number(sendersText)];
for (const count of [rounds, senders])
  if (!Number.isSafeInteger(count) || count < 1) throw new Error('--rounds and --senders must be whole numbers, at least 1');

/** The readings in one request, and how many readings are sent in one turn of a round. */
const batchSizes = [10, 100, 1_000] as const;
const perTurn: Record<(typeof batchSizes)[number], number> = { 10: 1_000, 100: 4_000, 1000: 8_000 };
const WARM_BATCHES = 8;
/** The readings lie within the days that the rules of episodes look at. */
const SPAN_MS = 6 * 86_400_000;

interface Reading {
  source: string;
  messageId: string;
  patientId: string;
  kind: string;
  measuredAt: string;
  systolic?: number;
  diastolic?: number;
  value?: number;
  unit: string;
}

/** Draws readings as devices send them: evenly over the last days for each patient, and most of them in the normal range. */
function createDevices(patientIds: readonly string[], random: Random) {
  const total = batchSizes.reduce((sum, size) => sum + rounds * perTurn[size] + WARM_BATCHES * size, 0);
  const everyMs = Math.floor(SPAN_MS / (total / patientIds.length + 1));
  let sent = 0;
  const begunAt = Date.now() - SPAN_MS;
  return (count: number): Reading[] =>
    Array.from({ length: count }, () => {
      const n = sent++;
      const common = {
        source: 'gateway-bench',
        messageId: `m-${n}`,
        patientId: patientIds[n % patientIds.length] as string,
        measuredAt: new Date(begunAt + Math.floor(n / patientIds.length) * everyMs).toISOString(),
      };
      const isOff = random.chance(0.002);
      if (n % 2 === 0) return { ...common, kind: 'random-glucose', value: isOff ? 17.2 : random.integer(45, 120) / 10, unit: 'mmol/L' };
      return {
        ...common,
        kind: 'blood-pressure',
        systolic: isOff ? 184 : random.integer(118, 142),
        diastolic: random.integer(70, 90),
        unit: 'mmHg',
      };
    });
}

function splitIntoBatches(readings: readonly Reading[], size: number): Reading[][] {
  return Array.from({ length: Math.ceil(readings.length / size) }, (_, n) => readings.slice(n * size, (n + 1) * size));
}

/** Sends with as many requests at once as there are senders. Resolves with the seconds until the last one is answered. */
async function measureSeconds(batches: readonly Reading[][], send: (batch: Reading[]) => Promise<void>): Promise<number> {
  const waiting = [...batches];
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: senders }, async () => {
      for (let batch = waiting.shift(); batch; batch = waiting.shift()) await send(batch);
    }),
  );
  return (performance.now() - begun) / 1_000;
}

const counts = { statements: 0 };
function countStatements(): void {
  const client = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = client;
  client.query = function (this: unknown, ...args: unknown[]): unknown {
    counts.statements++;
    return query.apply(this, args);
  };
}

interface Turn {
  seconds: number;
  readings: number;
  batches: number;
  statements: number;
  walBytes: number;
}

async function main(): Promise<void> {
  const api = await startApi();
  const { pool, db } = api;
  countStatements();
  const address = `${api.base}/v1/readings`;
  const token = await api.issueToken({ personId: 'person-gateway', institutionId: 'inst-h1', roles: ['gateway'] });
  let requestBytes = 0;

  async function sendToApi(batch: Reading[]): Promise<void> {
    const body = JSON.stringify({ readings: batch });
    requestBytes += body.length;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': randomUUID() };
    const response = await fetch(address, { method: 'POST', headers, body });
    const text = await response.text();
    if (response.status !== 202) throw new Error(`The readings were answered ${response.status}: ${text.slice(0, 200)}`);
  }

  await pool.query(`
    create table bare_reading (like reading including all);
    alter table bare_reading add foreign key (patient_id) references patient, add foreign key (batch_id) references reading_batch`);
  const bareBatch = uuid();
  await pool.query(
    `insert into reading_batch (id, sender_id, sender_institution_id, request_id, received_at) values ($1, 'bench', 'inst-h1', 'bench', now())`,
    [bareBatch],
  );

  async function insertBare(batch: Reading[]): Promise<void> {
    const rows = batch.map(({ messageId, patientId, measuredAt, ...rest }) => ({
      ...rest,
      id: uuid(),
      message_id: messageId,
      patient_id: patientId,
      measured_at: measuredAt,
    }));
    await pool.query(
      `insert into bare_reading (id, batch_id, source, message_id, status, patient_id, kind, measured_at, context, systolic, diastolic, value)
       select id, $1, source, message_id, 'recorded', patient_id, kind, measured_at, 'device', systolic, diastolic, value
       from jsonb_to_recordset($2) as item(id uuid, source text, message_id text, patient_id text, kind text, measured_at timestamptz,
         systolic numeric, diastolic numeric, value numeric)
       on conflict do nothing`,
      [bareBatch, JSON.stringify(rows)],
    );
  }

  const readWalPosition = async () => (await pool.query<{ at: string }>(`select pg_current_wal_insert_lsn() - '0/0' as at`)).rows[0]?.at;

  async function runTurn(batches: Reading[][], send: (batch: Reading[]) => Promise<void>): Promise<Turn> {
    const walBefore = Number(await readWalPosition());
    counts.statements = 0;
    const seconds = await measureSeconds(batches, send);
    const { statements } = counts;
    return {
      seconds,
      statements,
      walBytes: Number(await readWalPosition()) - walBefore,
      batches: batches.length,
      readings: batches.flat().length,
    };
  }

  try {
    const patients = await db.selectFrom('patient').select('id').orderBy('id').execute();
    const nextReadings = createDevices(
      patients.map(({ id }) => id),
      createRandom(1),
    );
    console.log(
      `Readings of ${patients.length} residents, ${senders} senders, ${rounds} rounds. To repeat: npm run bench -- readings --rounds ${rounds}\n`,
    );
    console.log(
      row([
        'readings a request',
        'a second through the API',
        'API ÷ bare: time',
        'statements a request',
        'request bytes a reading',
        'WAL bytes a reading: API',
        'bare',
      ]),
    );
    console.log(row(Array.from({ length: 7 }, () => '---')));
    for (const size of batchSizes) {
      await measureSeconds(splitIntoBatches(nextReadings((size * WARM_BATCHES) / 2), size), sendToApi); // The first requests warm the service up and are not counted.
      await measureSeconds(splitIntoBatches(nextReadings((size * WARM_BATCHES) / 2), size), insertBare);
      requestBytes = 0;
      const turns: { api: Turn; bare: Turn }[] = [];
      for (let round = 0; round < rounds; round++) {
        const batches = splitIntoBatches(nextReadings(perTurn[size]), size);
        // Each side comes first equally often, so that whatever slows the machine down meets both alike.
        const first = round % 2 === 0 ? await runTurn(batches, sendToApi) : undefined;
        const beside = await runTurn(batches, insertBare);
        turns.push({ api: first ?? (await runTurn(batches, sendToApi)), bare: beside });
      }
      print(size, turns, requestBytes);
    }
    const kept = await pool.query(`select
      (select count(*) from reading) as readings, (select count(*) from reading_episode) as episodes,
      pg_total_relation_size('reading') / (select count(*) from reading) as bytes`);
    const { readings, episodes, bytes } = kept.rows[0];
    console.log(`\n${readings} readings are kept, ${bytes} bytes each with their indexes; ${episodes} episodes were raised.`);
  } finally {
    await api.stop();
  }
}

const row = (cells: (string | number)[]) => `| ${cells.join(' | ')} |`;

function print(size: number, turns: readonly { api: Turn; bare: Turn }[], requestBytes: number): void {
  const sum = (side: 'api' | 'bare', field: keyof Turn) => turns.reduce((total, each) => total + each[side][field], 0);
  const readings = sum('api', 'readings');
  console.log(
    row([
      size,
      Math.round(median(turns.map(({ api }) => api.readings / api.seconds))),
      writeRatio(turns.map(({ api, bare }) => api.seconds / bare.seconds)),
      (sum('api', 'statements') / sum('api', 'batches')).toFixed(2),
      Math.round(requestBytes / readings),
      Math.round(sum('api', 'walBytes') / readings),
      Math.round(sum('bare', 'walBytes') / readings),
    ]),
  );
}

await main();
