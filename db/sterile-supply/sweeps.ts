/** The sweeps: each finds in a few statements what its alerts are about, whatever the number of things, and makes the alerts of its names equal to that. */
import { sql } from 'kysely';
import { daysLeftOf, expiresBeforeVisit } from '../../domain/sterile-supply/shelf.ts';
import { expiryThresholdOf, type SweepName } from '../../domain/sterile-supply/sweeps.ts';
import { type LocalDate, localDateOf, startOf } from '../../domain/time/local-date.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import type { Trx } from '../kit/transaction.ts';
import { type AlertKey, clearAlerts, type NewAlert, raiseAlerts } from './alerts.ts';
import { exposeThoseInBreaches } from './expose-packs.ts';
import { listNextVisits } from './next-visits.ts';
import { loadNormRules } from './norm-rules.ts';
import { addSwapLines } from './swap-lines.ts';

export interface SweepResult {
  raised: number;
  cleared: number;
}

/** May run as often as anybody likes: a second run at the same instant changes nothing. */
export async function runSweep(trx: Trx, name: SweepName, at: Date): Promise<SweepResult> {
  // Two runs of one sweep at once: the second finds what the first has raised.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`carepath sweep ${name}`}, 0))`.execute(trx);
  switch (name) {
    case 'expiry':
      return sweepExpiry(trx, at);
    case 'bowie-dick':
      return count(await keepAlerts(trx, name, await findWithoutBowieDick(trx, at), at));
    case 'bi-due':
      return count(await keepAlerts(trx, name, await findBiologicalDue(trx, at), at));
    case 'return-overdue':
      return count(await keepAlerts(trx, name, await findUncollected(trx, at), at));
    case 'sampling':
      return count(await keepAlerts(trx, name, await findSamplingOfMonth(trx, at), at));
  }
}

const count = ({ raised, cleared }: SweepResult): SweepResult => ({ raised, cleared });

type Wanted = Omit<NewAlert, 'name' | 'raisedAt'>;

const keyOf = ({ subject, threshold }: Pick<AlertKey, 'subject' | 'threshold'>): string =>
  JSON.stringify([subject.type, subject.id, threshold]);

/** Makes the alerts of a name equal to those wanted. Three statements at most. `added` are those that did not stand before. */
async function keepAlerts(trx: Trx, name: string, wanted: readonly Wanted[], at: Date): Promise<SweepResult & { added: Wanted[] }> {
  const rows = await trx
    .selectFrom('supply_alert')
    .select(['subject_type', 'subject_id', 'threshold'])
    .where('name', '=', name)
    .where('cleared_at', 'is', null)
    .execute();
  const standing = rows.map((row) => ({ subject: { type: row.subject_type, id: row.subject_id }, threshold: row.threshold }));
  const stands = new Set(standing.map(keyOf));
  const isWanted = new Set(wanted.map(keyOf));
  const added = wanted.filter((alert) => !stands.has(keyOf(alert)));
  const over = standing.filter((alert) => !isWanted.has(keyOf(alert)));
  await raiseAlerts(
    trx,
    added.map((alert) => ({ ...alert, name, raisedAt: at })),
  );
  await clearAlerts(
    trx,
    over.map((alert) => ({ ...alert, name })),
    at,
  );
  return { raised: added.length, cleared: over.length, added };
}

interface DatedPack {
  id: string;
  set_type_id: string;
  packaging: string;
  expires_on: LocalDate;
  owner_institution_id: string | null;
  centre_id: string | null;
}

async function sweepExpiry(trx: Trx, at: Date): Promise<SweepResult> {
  const on = localDateOf(at.getTime());
  const rules = loadNormRules(on);
  const open = await trx.selectFrom('climate_breach').select('id').where('ended_at', 'is', null).execute();
  await exposeThoseInBreaches(
    { trx, recordedAt: at },
    open.map(({ id }) => id),
  );
  const packs = await listDatedPacks(trx);
  const near = packs.flatMap((pack): Wanted[] => {
    const threshold = expiryThresholdOf(pack.packaging, daysLeftOf(pack.expires_on, on) ?? 0, rules);
    return threshold === undefined
      ? []
      : [{ subject: { type: 'pack', id: pack.id }, threshold: String(threshold), institutionId: pack.centre_id }];
  });
  const expiry = await keepAlerts(trx, 'expiry', near, at);
  const visits = await listNextVisits(trx, on);
  const tooSoon = packs.filter(
    ({ centre_id, expires_on }) => centre_id !== null && expires_on >= on && expiresBeforeVisit(expires_on, visits.get(centre_id) ?? null),
  );
  const visitOf = ({ centre_id }: DatedPack): string => visits.get(centre_id ?? '') ?? '';
  const beforeVisit = await keepAlerts(
    trx,
    'expires-before-visit',
    tooSoon.map((pack) => ({ subject: { type: 'pack', id: pack.id }, threshold: visitOf(pack), institutionId: pack.centre_id })),
    at,
  );
  const added = new Set(beforeVisit.added.map(({ subject }) => subject.id));
  // What belongs to the centre itself cannot be changed for another one.
  const toSwap = tooSoon.filter(({ id, owner_institution_id }) => added.has(id) && owner_institution_id === null);
  await addSwapLines(
    trx,
    toSwap.map(({ id, centre_id, set_type_id }) => ({ packId: id, institutionId: centre_id ?? '', setTypeId: set_type_id })),
    at,
  );
  return { raised: expiry.raised + beforeVisit.raised, cleared: expiry.cleared + beforeVisit.cleared };
}

async function listDatedPacks(trx: Trx): Promise<DatedPack[]> {
  const { rows } = await sql<DatedPack>`
    select pack.id, pack.set_type_id, pack.packaging, pack.expires_on, pack.owner_institution_id,
      case when custody.holder_type = 'centre' then custody.holder_id end as centre_id
    from pack left join custody on custody.thing_type = 'pack' and custody.thing_id = pack.id and custody.until is null
    where pack.expires_on is not null and pack.status in ('released', 'allocated', 'on-vehicle', 'at-centre')
    order by pack.id`.execute(trx);
  return rows;
}

/** Prevacuum sterilisers in service that have passed no test on the day. */
async function findWithoutBowieDick(trx: Trx, at: Date): Promise<Wanted[]> {
  const on = localDateOf(at.getTime());
  const { rows } = await sql<{ id: string }>`
    select id from steriliser where kind = 'prevacuum' and status = 'in-service' and not exists (
      select from bowie_dick_test as test where test.steriliser_id = steriliser.id and result = 'pass'
        and test.ended_at >= ${new Date(startOf(on))} and test.ended_at < ${new Date(startOf(on) + DAY_MS)}
    ) order by id`.execute(trx);
  return rows.map(({ id }) => ({ subject: { type: 'steriliser', id }, threshold: on, institutionId: null }));
}

/** Sterilisers in service whose last run with an indicator that has passed, or may yet, began longer ago than the norm allows. */
async function findBiologicalDue(trx: Trx, at: Date): Promise<Wanted[]> {
  const { biologicalIndicatorDays: days } = loadNormRules(localDateOf(at.getTime()));
  const since = new Date(startOf(localDateOf(at.getTime())) - (days - 1) * DAY_MS);
  const { rows } = await sql<{ id: string }>`
    select id from steriliser where status = 'in-service' and coalesce(qualified_at, '-infinity') < ${since} and not exists (
      select from steriliser_load as load join load_indicator as indicator on indicator.load_id = load.id and indicator.kind = 'bi'
      where load.steriliser_id = steriliser.id and load.started_at >= ${since} and indicator.status in ('placed', 'incubating', 'pass')
    ) order by id`.execute(trx);
  return rows.map(({ id }) => ({ subject: { type: 'steriliser', id }, threshold: String(days), institutionId: null }));
}

/** Used sets that nobody has collected for as long as the rule allows. */
async function findUncollected(trx: Trx, at: Date): Promise<Wanted[]> {
  const { uncollectedDays: days } = loadNormRules(localDateOf(at.getTime()));
  const { rows } = await sql<{ id: string; holder_id: string }>`
    select set_instance.id, custody.holder_id from set_instance
      join custody on custody.thing_type = 'set-instance' and custody.thing_id = set_instance.id and custody.until is null
        and custody.holder_type = 'centre'
    where set_instance.status = 'used' and set_instance.status_since <= ${new Date(at.getTime() - days * DAY_MS)}
    order by set_instance.id`.execute(trx);
  return rows.map(({ id, holder_id }) => ({
    subject: { type: 'set-instance', id },
    threshold: String(days),
    institutionId: holder_id,
  }));
}

/** Each month some packs are drawn for the quality of their washing. */
async function findSamplingOfMonth(trx: Trx, at: Date): Promise<Wanted[]> {
  const departments = await trx
    .selectFrom('institution')
    .select('id')
    .where('kind', '=', 'sterile-supply-department')
    .orderBy('id')
    .execute();
  const threshold = localDateOf(at.getTime()).slice(0, 7);
  return departments.map(({ id }) => ({ subject: { type: 'institution', id }, threshold, institutionId: null }));
}
