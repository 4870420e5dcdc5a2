/** Readings of the climate at the centres, the breaches that they show, and their reviews. */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import { type Breach, findBreaches } from '../../domain/sterile-supply/climate.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import type { Trx } from '../kit/transaction.ts';
import type { Act } from './act.ts';
import { exposeThoseInBreaches } from './expose-packs.ts';
import { loadNormRules } from './norm-rules.ts';

export interface NewClimateReading {
  measuredAt: Date;
  temperatureC: number;
  humidityPercent: number;
}

/** So many readings before the first new one are looked at again: more than any row of readings that could still be going on. */
const READINGS_BEFORE = 200;

/**
 * Stores readings of a centre, and finds its breaches anew from the first of them on: a late reading counts at the instant at which it was measured. A
 * second reading of the same instant changes nothing. Packs that lay there meanwhile are exposed. Returns how many readings are new.
 */
export async function recordClimateReadings(act: Act, institutionId: string, readings: readonly NewClimateReading[]): Promise<number> {
  const { trx, actor } = act;
  // Two batches of one centre at once: the second finds the breaches of the first.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`carepath climate ${institutionId}`}, 0))`.execute(trx);
  const rows = readings.map(({ measuredAt, temperatureC, humidityPercent }) => ({
    id: uuid(),
    measured_at: measuredAt.toISOString(),
    temperature_c: temperatureC,
    humidity_percent: humidityPercent,
  }));
  const { rows: stored } = await sql<{ measured_at: Date }>`
    insert into climate_reading (id, institution_id, measured_at, temperature_c, humidity_percent, recorded_by)
    select id, ${institutionId}, measured_at, temperature_c, humidity_percent, ${JSON.stringify(actor)}::jsonb
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as row (id uuid, measured_at timestamptz, temperature_c float8, humidity_percent float8)
    on conflict (institution_id, measured_at) do nothing returning measured_at`.execute(trx);
  if (stored.length > 0) {
    const first = new Date(Math.min(...stored.map((row) => row.measured_at.getTime())));
    const changed = await findBreachesAgain(act, institutionId, first);
    // What arrived while its breach was being found is exposed with the next reading.
    await exposeThoseInBreaches(act, [...changed, ...(await listOpenBreaches(trx, institutionId))]);
  }
  return stored.length;
}

async function listOpenBreaches(trx: Trx, institutionId: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('climate_breach')
    .select('id')
    .where('institution_id', '=', institutionId)
    .where('ended_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}

/** Returns the ids of the breaches that are new or last longer than was known. */
async function findBreachesAgain({ trx }: Act, institutionId: string, first: Date): Promise<string[]> {
  const { readings, breached } = await loadReadingsFrom(trx, institutionId, first);
  const from = readings[0]?.measuredAt ?? first.getTime();
  const found = findBreaches(readings, breached, loadNormRules(localDateOf(first.getTime())));
  return reconcileBreaches(trx, institutionId, new Date(from), found);
}

async function loadReadingsFrom(trx: Trx, institutionId: string, first: Date) {
  const { rows } = await sql<{ measuredAt: Date; temperatureC: number; humidityPercent: number; breached: boolean }>`
    with before as (
      select measured_at from climate_reading where institution_id = ${institutionId} and measured_at < ${first}
      order by measured_at desc limit ${READINGS_BEFORE}
    ), start as (
      select coalesce((select min(measured_at) from before), ${first}::timestamptz) as at
    )
    select measured_at as "measuredAt", temperature_c as "temperatureC", humidity_percent as "humidityPercent",
      exists (select from climate_breach where institution_id = ${institutionId} and not standing and started_at < start.at
        and (ended_at is null or ended_at >= start.at)) as breached
    from climate_reading, start where institution_id = ${institutionId} and measured_at >= start.at
    order by measured_at`.execute(trx);
  return {
    readings: rows.map((row) => ({ ...row, measuredAt: row.measuredAt.getTime() })),
    breached: rows[0]?.breached ?? false,
  };
}

interface StoredBreach {
  id: string;
  started_at: Date;
  ended_at: Date | null;
}

/**
 * Makes the stored breaches from an instant on equal to those found. A stored one keeps its id as long as one that was found overlaps it; one that turns
 * out never to have been ends where it began, because packs have been exposed to it. Returns the ids of those that are new or last longer than was known.
 */
async function reconcileBreaches(trx: Trx, institutionId: string, from: Date, found: readonly Breach[]): Promise<string[]> {
  const stored: StoredBreach[] = await trx
    .selectFrom('climate_breach')
    .select(['id', 'started_at', 'ended_at'])
    .where('institution_id', '=', institutionId)
    .where('standing', '=', false)
    .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>=', from)]))
    .orderBy('started_at')
    .forUpdate()
    .execute();
  const left = [...stored];
  const kept = found.map((breach) => {
    const index = left.findIndex((row) => overlaps(row, breach));
    const [row] = index < 0 ? [] : left.splice(index, 1);
    return {
      id: row?.id ?? uuid(),
      started_at: breach.startedAt === null ? (row?.started_at ?? from) : new Date(breach.startedAt),
      ended_at: breach.endedAt === null ? null : new Date(breach.endedAt),
    };
  });
  const emptied = left.map((row) => ({ ...row, ended_at: row.started_at }));
  const rows = [...kept, ...emptied].filter((row) => !isSame(row, stored));
  if (rows.length > 0)
    await sql`
      insert into climate_breach (id, institution_id, started_at, ended_at)
      select id, ${institutionId}, started_at, ended_at
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row (id uuid, started_at timestamptz, ended_at timestamptz)
      on conflict (id) do update set started_at = excluded.started_at, ended_at = excluded.ended_at`.execute(trx);
  return kept.filter((row) => rows.includes(row)).map(({ id }) => id);
}

const overlaps = ({ started_at, ended_at }: StoredBreach, { startedAt, endedAt }: Breach): boolean =>
  (startedAt === null || ended_at === null || startedAt <= ended_at.getTime()) && (endedAt === null || started_at.getTime() <= endedAt);

const isSame = (row: StoredBreach, stored: readonly StoredBreach[]): boolean =>
  stored.some(
    (one) =>
      one.id === row.id &&
      one.started_at.getTime() === row.started_at.getTime() &&
      (one.ended_at?.getTime() ?? null) === (row.ended_at?.getTime() ?? null),
  );

/** Shelves that do not conform are a breach that stands as long as they do not. Call it after a centre's storage was set, in the same transaction. */
export async function followStorage(
  act: Pick<Act, 'trx' | 'happenedAt' | 'recordedAt'>,
  institutionId: string,
  storage: 'conforming' | 'nonconforming',
): Promise<void> {
  const { trx, happenedAt } = act;
  if (storage === 'conforming') {
    await trx
      .updateTable('climate_breach')
      .set({ ended_at: happenedAt })
      .where('institution_id', '=', institutionId)
      .where('standing', '=', true)
      .where('ended_at', 'is', null)
      .execute();
    return;
  }
  const { rows } = await sql<{ id: string }>`
    insert into climate_breach (id, institution_id, started_at, standing)
    select ${uuid()}::uuid, ${institutionId}, ${happenedAt}::timestamptz, true
    where not exists (select from climate_breach where institution_id = ${institutionId} and standing and ended_at is null)
    returning id`.execute(trx);
  await exposeThoseInBreaches(
    act,
    rows.map(({ id }) => id),
  );
}
