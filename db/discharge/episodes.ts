/** Episodes, as the commit writes them and as they are read. */
import { sql } from 'kysely';
import type { EpisodeStatus } from '../../domain/discharge/codes.ts';
import { discharge } from '../../domain/discharge/decider.ts';
import type { PatientNumbers } from '../../domain/discharge/ladder.ts';
import type { RiskLevel } from '../../domain/discharge/risk-model.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import { withNewFields } from '../../domain/kit/pathway.ts';
import type { Database } from '../kit/database.ts';
import { longFormOf } from '../kit/documents.ts';
import type { Trx } from '../kit/transaction.ts';
import { linkHolds } from './link-holds.ts';
import type { EpisodeTable } from './tables.ts';

export interface EpisodeRecord {
  id: string;
  version: number;
  state: DischargeState;
  clockOffsetMs: number;
  /** As it was written; null without one. */
  plan: Record<string, unknown> | null;
  /** What was written of its orders and their evidence, by what it is of. */
  texts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The links that nobody has tried too often and whose numbers are still what they were. Of a simulated episode there are none. */
  linkIds: readonly string[];
  /** Of an episode that is only simulated: what else the database is asked. */
  simulated?: { numbers: PatientNumbers; newId: () => string };
}

export interface EpisodeFilter {
  status?: EpisodeStatus | undefined;
  hospitalId?: string | undefined;
  centreId?: string | undefined;
  patientId?: string | undefined;
  visitNumber?: string | undefined;
  risk?: RiskLevel | undefined;
  overdue?: boolean | undefined;
  dischargedFrom?: string | undefined;
  dischargedTo?: string | undefined;
}

const selectRecords = (db: Database) =>
  db
    .selectFrom('episode')
    .innerJoin('pathway', 'pathway.id', 'episode.id')
    .select([
      'episode.id',
      'episode.plan',
      // What a result is called stands with the message that has brought it, and what somebody has written of its order goes before.
      sql<EpisodeRecord['texts']>`
        coalesce((select jsonb_object_agg('order:' || fact_id, jsonb_build_object('title', result ->> 'name'))
          from visit join visit_message on visit_message.visit_id = visit.id where visit.episode_id = episode.id and result is not null), '{}')
        || coalesce((select jsonb_object_agg(of, body) from episode_text where pathway_id = episode.id), '{}')`.as('texts'),
      sql<string[]>`array(
        select episode_link.id from episode_link join patient on patient.id = episode.patient_id
        where episode_link.episode_id = episode.id and ${linkHolds})`.as('linkIds'),
      'pathway.version',
      'pathway.state',
      sql<number>`pathway.clock_offset_ms::float8`.as('clockOffsetMs'),
    ]);

type Selected = Awaited<ReturnType<ReturnType<typeof selectRecords>['execute']>>[number];
const toRecord = (row: Selected): EpisodeRecord => ({ ...row, state: withNewFields(discharge, row.state as DischargeState) });

export async function findEpisode(db: Database, id: string): Promise<EpisodeRecord | undefined> {
  const row = await selectRecords(db).where('episode.id', '=', id).executeTakeFirst();
  return row && toRecord(await longFormOf(db, row));
}

/** Newest first. `institutionIds`: one of them is a side of the episode; undefined for all. `before`: the id of the last one of the page before. */
export async function listEpisodes(
  db: Database,
  { dischargedFrom, dischargedTo, ...filter }: EpisodeFilter,
  { limit, before, institutionIds }: { limit: number; before?: string | undefined; institutionIds?: readonly string[] | undefined },
): Promise<EpisodeRecord[]> {
  let query = selectRecords(db).orderBy('episode.id', 'desc').limit(limit);
  if (before !== undefined) query = query.where('episode.id', '<', before);
  if (institutionIds) {
    const ids = [...institutionIds];
    query = query.where((is) => is.or([is('episode.hospital_id', 'in', ids), is('episode.centre_id', 'in', ids)]));
  }
  if (filter.status !== undefined) query = query.where('episode.status', '=', filter.status);
  if (filter.hospitalId !== undefined) query = query.where('episode.hospital_id', '=', filter.hospitalId);
  if (filter.centreId !== undefined) query = query.where('episode.centre_id', '=', filter.centreId);
  if (filter.patientId !== undefined) query = query.where('episode.patient_id', '=', filter.patientId);
  if (filter.visitNumber !== undefined) query = query.where('episode.visit_number', '=', filter.visitNumber);
  if (filter.risk !== undefined) query = query.where('episode.risk', '=', filter.risk);
  if (filter.overdue !== undefined) query = query.where('episode.overdue', '=', filter.overdue);
  if (dischargedFrom !== undefined) query = query.where('episode.discharged_on', '>=', dischargedFrom);
  if (dischargedTo !== undefined) query = query.where('episode.discharged_on', '<=', dischargedTo);
  return (await longFormOf(db, await query.execute())).map(toRecord);
}

/** Writes the row as the state has it now. A step without a plan leaves the plan as it is. */
export async function saveEpisode(
  trx: Trx,
  { plan, ...row }: Omit<EpisodeTable, 'plan'> & { plan: Record<string, unknown> | null },
): Promise<void> {
  const written = plan === null ? null : JSON.stringify(plan);
  await trx
    .insertInto('episode')
    .values({ ...row, plan: written })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(written === null ? row : { ...row, plan: written }))
    .execute();
}

/** What was written before of the same is replaced. */
export async function saveEpisodeTexts(trx: Trx, pathwayId: string, texts: ReadonlyMap<string, Record<string, unknown>>): Promise<void> {
  if (texts.size === 0) return;
  await trx
    .insertInto('episode_text')
    .values([...texts].map(([of, body]) => ({ pathway_id: pathwayId, of, body: JSON.stringify(body) })))
    .onConflict((conflict) => conflict.columns(['pathway_id', 'of']).doUpdateSet({ body: (is) => is.ref('excluded.body') }))
    .execute();
}

/** Whom there is to call of a patient. */
export async function findNumbers(db: Database, patientId: string): Promise<PatientNumbers> {
  const row = await db
    .selectFrom('patient')
    .select([
      sql<number>`jsonb_array_length(coalesce(patient.contacts, '[]'::jsonb))`.as('familyContacts'),
      // One at which somebody else has answered is none.
      sql<boolean>`phone_key is not null and phone_key is distinct from wrong_phone_key`.as('hasNumber'),
    ])
    .where('id', '=', patientId)
    .executeTakeFirst();
  return row ?? { hasNumber: false, familyContacts: 0 };
}
