/**
 * Episodes: what readings show that somebody has to look at. The rules run here, over whole batches at once and in the transaction that stores
 * the readings; only an episode wakes a pathway.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { ReadingKind, StandardValues } from '../../domain/readings/reading.ts';
import {
  canTakePart,
  type EpisodeCondition,
  type EpisodeRule,
  isCrisisRule,
  type ReadingProtocol,
} from '../../domain/readings/reading-protocol.ts';
import { DAY_MS } from '../../domain/time/shanghai.ts';
import { type RaisedValue, raiseCrisisReadings, type ValueToConfirm } from '../crisis-reading/raise.ts';
import type { RecordedBy } from '../directory/fact-audit.ts';
import type { RecordsMerged } from '../directory/resident-records.ts';
import { appendAuditSelected } from '../kit/audit.ts';
import type { Database } from '../kit/database.ts';
import { publishFactsToPathways, publishFactsToPatients } from '../kit/publish-facts.ts';
import type { Trx } from '../kit/transaction.ts';
import { findingsOf } from './episode-rules.ts';
import { readingProtocol } from './protocol.ts';

/** A reading that has just been recorded, for the record of the person that is kept up. */
export interface RecordedReading extends StandardValues {
  id: string;
  patientId: string;
  kind: ReadingKind;
  measuredAt: Date;
}

/**
 * Raises what the new readings complete, wherever in time they belong: a late one may be the missing day between two that were there. Nothing is
 * raised by readings older than the document says, nor up to the last reading of an episode of that rule that was closed: that was looked at.
 * One that is open is raised again, not anew.
 *
 * Of readings about one person batch waits for batch here, behind the readings that each has written: the last one sees those of all others, so that no
 * episode falls between two that do not see each other.
 */
export async function raiseEpisodes(
  trx: Trx,
  { readings, crises, receivedAt }: NewReadings,
  protocol: ReadingProtocol,
  by: RecordedBy,
): Promise<RaisedValue[]> {
  const since = new Date(receivedAt.getTime() - protocol.wakes.withinDays * DAY_MS);
  const possible = protocol.episodes
    .map((rule) => ({ rule, readings: readings.filter((reading) => canTakePart(rule.when, reading)) }))
    .filter((each) => each.readings.length > 0);
  if (possible.length === 0 && crises.length === 0) return [];
  const persons = new Set([...possible.flatMap((each) => each.readings), ...crises].map(({ patientId }) => patientId));
  const [, ...narrowed] = await Promise.all([
    lockPersons(trx, [...persons]),
    ...possible.map(async (each) => ({ ...each, readings: await keepThatStandOut(trx, each.rule.when, each.readings, since) })),
  ]);
  const left = narrowed.filter((each) => each.readings.length > 0);
  if (left.length > 0) {
    const ids = new Set(left.flatMap((each) => each.readings.map(({ id }) => id)));
    const raised = await storeEpisodes(trx, { ids: [...ids], since, receivedAt }, { protocol, rules: left.map(({ rule }) => rule) }, by);
    const forFollowUp = raised.filter(({ rule }) => !isRuleOfCrisis(protocol, rule)).map(({ id }) => id);
    if (forFollowUp.length > 0) await publishEpisodes(trx, forFollowUp, protocol, by.actor.institutionId);
  }
  return raiseCrisisReadings(trx, crises, { receivedAt, protocol, by });
}

const isRuleOfCrisis = ({ episodes }: ReadingProtocol, id: string): boolean =>
  episodes.some((rule) => rule.id === id && isCrisisRule(rule));

interface NewReadings {
  readings: readonly RecordedReading[];
  /** Those of them, and of the quarantined ones, that somebody has to confirm at once. */
  crises: readonly ValueToConfirm[];
  receivedAt: Date;
}

/** All in one order, so that two batches with the same persons wait for each other instead of deadlocking. */
const lockPersons = (trx: Trx, ids: readonly string[]) =>
  sql`select from patient where id = any(${[...ids]}::text[]) order by id for no key update`.execute(trx);

/**
 * Any pressure can be in a mean, and few stand out from one. What stands out from a mean stands out from the lowest value of those before it: of whoever
 * has no such reading none is kept, and the rule itself need not run.
 */
async function keepThatStandOut(
  trx: Trx,
  when: EpisodeCondition,
  pressures: readonly RecordedReading[],
  since: Date,
): Promise<readonly RecordedReading[]> {
  if (when.kind !== 'systolic-above-mean-by') return pressures;
  const firstAt = new Map<string, Date>();
  for (const { patientId, measuredAt } of pressures) {
    const known = firstAt.get(patientId);
    if (!known || measuredAt < known) firstAt.set(patientId, measuredAt);
  }
  const ofRecord = sql`patient_id = record.id and status = 'recorded' and kind = 'blood-pressure'`;
  const { rows } = await sql<{ personId: string }>`
    with recursive record as (
      select person_id, person_id as id, greatest(first_at, ${since}) as first_at
      from unnest(${[...firstAt.keys()]}::text[], ${[...firstAt.values()]}::timestamptz[]) as named(person_id, first_at)
      union all
      select person_id, patient.id, first_at from record join patient on patient.merged_into_id = record.id
    )
    select distinct person_id as "personId" from (
      select *, min(systolic) over (partition by person_id order by measured_at groups between ${when.readings}::int preceding and 1 preceding) as lowest_before
      from record cross join lateral (
        select measured_at, systolic from reading where ${ofRecord} and measured_at >= first_at
        union all
        (select measured_at, systolic from reading
          where ${ofRecord} and measured_at < first_at and measured_at >= first_at - ${when.withinDays} * interval '1 day'
          order by measured_at desc, systolic desc limit ${when.readings})
      ) as around
    ) as placed
    where measured_at >= first_at and systolic - lowest_before >= ${when.mmHg}`.execute(trx);
  const found = new Set(rows.map(({ personId }) => personId));
  return pressures.filter(({ patientId }) => found.has(patientId));
}

async function storeEpisodes(
  trx: Trx,
  { ids, since, receivedAt }: { ids: readonly string[]; since: Date; receivedAt: Date },
  { protocol, rules }: { protocol: ReadingProtocol; rules: readonly EpisodeRule[] },
  by: RecordedBy,
): Promise<{ id: string; rule: string }[]> {
  const found = rules.map((rule) => sql`(${findingsOf(rule, since)})`);
  const audited = appendAuditSelected({
    from: sql`raised where times = 1`,
    happenedAt: sql`measured_at`,
    actor: by.actor,
    institutionId: by.actor.institutionId,
    action: 'reading-episode.raise',
    targetType: 'reading-episode',
    targetId: sql`id`,
    patientId: sql`patient_id`,
    outcome: 'done',
    code: sql`rule`,
    requestId: by.requestId,
  });
  const { rows } = await sql<{ id: string; rule: string }>`
    with recursive fresh as materialized (
      select id, patient_id, kind, measured_at, systolic, diastolic, value from reading where id = any(${[...ids]}::uuid[])
    ), record as (
      select distinct patient_id as person_id, patient_id as id from fresh
      union all
      select person_id, patient.id from record join patient on patient.merged_into_id = record.id
    ), person as materialized (
      select person_id, array_agg(id) as record_ids from record group by person_id
    ), looked_at as (
      select person_id, rule, max(last_measured_at) as until
      from person join reading_episode on reading_episode.patient_id = any(record_ids) where closed_at is not null group by person_id, rule
    ), found as materialized ( -- once: by its estimates a planner would look anew for every patient there is
      ${sql.join(found, sql` union all `)}
    ), raised as (
      insert into reading_episode as episode (id, patient_id, rule, protocol, reading_id, evidence, measured_at, raised_at, last_measured_at)
      select gen_random_uuid(), coalesce(open.patient_id, person_id), found.rule, ${`${protocol.id}/${protocol.version}`}, found.reading_id,
        found.evidence, found.measured_at, ${receivedAt}, found.measured_at
      from found join person using (person_id) join patient on patient.id = person_id and patient.deceased_at is null
        -- opened when the person had another record
        left join reading_episode as open on open.patient_id = any(record_ids) and open.rule = found.rule and open.closed_at is null
      on conflict (patient_id, rule) where closed_at is null
        do update set times = episode.times + 1, last_measured_at = greatest(episode.last_measured_at, excluded.last_measured_at)
      returning id, patient_id, rule, times, measured_at
    ), audited as (${audited})
    select id, rule from raised`.execute(trx);
  return rows;
}

/**
 * Makes each episode a fact, with the episode's id, that is owed to the pathways of the resident that listen and have not heard of it: whoever is
 * responsible now, once. Whoever begins to listen later is told of what is open by then.
 */
async function publishEpisodes(trx: Trx, ids: readonly string[], protocol: ReadingProtocol, institutionId: string): Promise<void> {
  await publishFactsToPatients(
    trx,
    'reading-episode',
    sql`select id as fact_id, id::text as message_id, ${factColumns(protocol, institutionId)} and id = any(${[...ids]}::uuid[])`,
  );
}

/** The columns that a fact of an episode has for every addressee, and where they come from; ends with a condition. */
function factColumns({ episodes }: ReadingProtocol, institutionId: string): RawBuilder<unknown> {
  const tasks = JSON.stringify(episodes.map(({ id, task }) => ({ rule: id, ...task })));
  return sql`patient_id, measured_at as occurred_at, ${institutionId}::text as sender_institution_id, '{}'::jsonb as details,
      jsonb_build_object('episodeId', episode.id, 'rule', rule, 'dueWithinSeconds', task."dueWithinSeconds", 'role', task.role,
        'evidence', evidence) as input
    from reading_episode as episode
      join jsonb_to_recordset(${tasks}) as task(rule text, role text, "dueWithinSeconds" int) using (rule)
    where true`;
}

/** Two records became one: whoever follows the resident up hears of what is open about either. */
export async function publishOpenEpisodes(
  trx: Trx,
  { recordIds, homeInstitutionId }: Pick<RecordsMerged, 'recordIds' | 'homeInstitutionId'>,
): Promise<void> {
  const open = await trx
    .selectFrom('reading_episode')
    .select('id')
    .where('patient_id', 'in', recordIds)
    .where('closed_at', 'is', null)
    .where('crisis_reading_id', 'is', null)
    .execute();
  const ids = open.map(({ id }) => id);
  if (ids.length > 0) await publishEpisodes(trx, ids, readingProtocol, homeInstitutionId);
}

/** A pathway that begins to listen, or begins again, in the step that is being committed. */
export interface BeginningListener {
  pathwayId: string;
  patientId: string;
  stepId: string;
  institutionId: string;
}

/**
 * Publishes every episode of the resident that is open to a follow-up that begins, or begins again. What it was told while it had ended, and let
 * pass, it is told by a fact of this step's own. An episode that is being closed at this moment is waited for.
 */
export async function publishOpenEpisodesTo(trx: Trx, { pathwayId, patientId, stepId, institutionId }: BeginningListener): Promise<void> {
  const { rows } = await sql<{ id: string; wasTold: boolean }>`
    with open as materialized (
      select id from reading_episode where patient_id in (select id from records_of_resident(${patientId})) and closed_at is null and crisis_reading_id is null
      for no key update of reading_episode
    )
    select id, exists (select from fact_delivery where fact_id = open.id and fact_delivery.pathway_id = ${pathwayId}) as "wasTold"
    from open`.execute(trx);
  const unheard = rows.flatMap(({ id, wasTold }) => (wasTold ? [] : [id]));
  if (unheard.length > 0) await publishEpisodes(trx, unheard, readingProtocol, institutionId);
  const missed = rows.flatMap(({ id, wasTold }) => (wasTold ? [id] : []));
  if (missed.length > 0)
    await publishFactsToPathways(
      trx,
      'reading-episode',
      sql`
        select ${pathwayId}::uuid as pathway_id, null::uuid as creating_command_id, concat_ws(':', id, ${stepId}::text) as message_id,
          ${factColumns(readingProtocol, institutionId)} and id = any(${missed}::uuid[])`,
    );
}

export interface ClosedEpisode {
  id: string;
  closedAt: Date;
  /** The person who closed it; null when the pathway did. */
  closedBy: Actor | null;
  /** What was done about the episode. */
  done: string;
}

/** Once; one that is closed stays as it was closed, and the answer is false. */
export async function closeEpisode(trx: Trx, { id, closedAt, closedBy, done }: ClosedEpisode): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('reading_episode')
    .set({ closed_at: closedAt, closed_by: JSON.stringify(closedBy ?? { system: true }), done })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** The one who has to act on an episode now. */
export interface EpisodeHolder {
  /** The follow-up of the resident in which the episode stands as a task, and in which it is closed. */
  followUp: { pathwayId: string; version: number; enrolmentId: string } | null;
  /** Whether the episode is on its way to a follow-up at this moment. */
  isUnderWay: boolean;
}

/** With `lock` the episode is neither closed nor taken up by a follow-up until the transaction ends. `recordIds` are all records of the person. */
export async function holderOf(
  db: Database,
  episodeId: string,
  { recordIds, lock }: { recordIds: readonly string[]; lock: boolean },
): Promise<EpisodeHolder> {
  if (lock) await db.selectFrom('reading_episode').select('id').where('id', '=', episodeId).forNoKeyUpdate().execute();
  const persons = sql`any(${[...recordIds]}::text[])`;
  const { rows } = await sql<EpisodeHolder>`
    select
      (select json_build_object('pathwayId', pathway.id, 'version', pathway.version, 'enrolmentId', state -> 'enrolments' -> 0 ->> 'id')
        from pathway join task on task.id = pathway.id::text || '.episode-' || ${episodeId}::text and task.status = 'open'
        where pathway.status = 'open' and pathway.patient_id = ${persons} limit 1) as "followUp",
      exists (select from fact join fact_delivery on fact_id = fact.id and settled_at is null
        left join pathway on pathway.id = pathway_id
        where fact.patient_id = ${persons} and fact.status = 'recorded' and type = 'reading-episode' and input ->> 'episodeId' = ${episodeId}::text
          and pathway.status is distinct from 'ended') as "isUnderWay"`.execute(db);
  return rows[0] as EpisodeHolder;
}

export interface ReadingEpisode {
  id: string;
  patientId: string;
  rule: string;
  protocol: string;
  readingId: string;
  evidence: Record<string, string | number>;
  measuredAt: Date;
  raisedAt: Date;
  times: number;
  lastMeasuredAt: Date;
  closedAt: Date | null;
  closedById: string | null;
  done: string | null;
}

export interface EpisodeFilter {
  /** All records of one resident; undefined for every resident of `homeInstitutionId`. */
  recordIds: readonly string[] | undefined;
  /** Only residents of this institution; undefined for those of all. */
  homeInstitutionId: string | undefined;
  open: boolean | undefined;
  /** The kind of the reading that raised the episode. */
  kind?: ReadingKind | undefined;
}

export interface EpisodePlace {
  raisedAt: string;
  id: string;
}

const episodes = (db: Database) =>
  db
    .selectFrom('reading_episode as episode')
    .select((eb) => [
      'episode.id',
      'episode.patient_id as patientId',
      'rule',
      'protocol',
      'reading_id as readingId',
      'evidence',
      'measured_at as measuredAt',
      'raised_at as raisedAt',
      'times',
      'last_measured_at as lastMeasuredAt',
      'closed_at as closedAt',
      sql<string | null>`${eb.ref('closed_by')} ->> 'personId'`.as('closedById'),
      'done',
    ]);

export const findEpisode = (db: Database, id: string): Promise<ReadingEpisode | undefined> =>
  episodes(db).where('episode.id', '=', id).executeTakeFirst();

/** Newest first. One more than `limit` when there are more. */
export async function listEpisodes(
  db: Database,
  { recordIds, homeInstitutionId, open, kind }: EpisodeFilter,
  { limit, after }: { limit: number; after: EpisodePlace | undefined },
): Promise<ReadingEpisode[]> {
  let query = episodes(db);
  if (recordIds) query = query.where('patient_id', 'in', recordIds);
  if (homeInstitutionId !== undefined)
    query = query.where('patient_id', 'in', (eb) =>
      eb.selectFrom('patient').select('patient.id').where('home_institution_id', '=', homeInstitutionId),
    );
  if (open !== undefined) query = query.where('closed_at', open ? 'is' : 'is not', null);
  if (kind !== undefined)
    query = query.where((eb) =>
      eb.exists(
        eb.selectFrom('reading').select('reading.id').whereRef('reading.id', '=', 'episode.reading_id').where('reading.kind', '=', kind),
      ),
    );
  if (after) query = query.where(sql<boolean>`(raised_at, episode.id) < (${after.raisedAt}::timestamptz, ${after.id}::uuid)`);
  return query
    .orderBy('raised_at', 'desc')
    .orderBy('episode.id', 'desc')
    .limit(limit + 1)
    .execute();
}
