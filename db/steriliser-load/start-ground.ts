/** What a start is judged by, as far as it stands in Postgres: one statement. */
import { type RawBuilder, sql } from 'kysely';
import { nextVisitOn } from '../../domain/sterile-supply/next-visit.ts';
import type { StartGround } from '../../domain/steriliser-load/start-guards.ts';
import { type LocalDate, localDateOf, startOf } from '../../domain/time/local-date.ts';
import { toShanghaiClock } from '../kit/shanghai.ts';
import type { Trx } from '../kit/transaction.ts';
import type { LockedLoad } from './lock-load.ts';

export interface StartRows {
  outThen: boolean;
  busy: boolean;
  /** When the next Bowie-Dick test that is recorded already begins: the run is over by then. */
  nextTestAt: Date | null;
  bowieDickTests: StartGround['bowieDickTests'];
  lastBowieDick: StartGround['lastBowieDick'];
  lastIndicatedRunAt: number | null;
  lastReading: StartGround['lastReading'];
  indicatorIds: string[];
  /** A recall of this steriliser is open: a load that is recorded late may belong to it. */
  inOpenRecall: boolean;
  packs: MemberPack[];
  departmentId: string;
  infectionInstitutionId: string | null;
}

export interface MemberPack {
  id: string;
  status: string;
  packaging: string;
  implant: boolean;
  labelledOn: LocalDate | null;
  ownerId: string | null;
  plannedStopOn: LocalDate | null;
  visitDays: number[] | null;
}

const milliseconds = (instant: RawBuilder<unknown>) => sql`(extract(epoch from ${instant}) * 1000)::float8`;

/** `endedAt`: of a run that is recorded after a later one. The packs are locked, in the order of their ids. */
export async function loadStartRows(
  trx: Trx,
  { id, steriliser }: LockedLoad,
  { startAt, endedAt }: { startAt: Date; endedAt: Date | null },
): Promise<StartRows> {
  const on = localDateOf(startAt.getTime());
  const midnight = new Date(startOf(on));
  const ofSteriliser = sql`steriliser_id = ${steriliser.id}`;
  const nextTest = sql`(select min(started_at) from bowie_dick_test where ${ofSteriliser} and started_at > ${startAt})`;
  const plannedStop = sql`(
    select min(${toShanghaiClock(sql`arrive_at`)}::date) from round_stop join supply_round on supply_round.id = round_stop.round_id
    where round_stop.institution_id = pack.owner_institution_id and moved_to_round_id is null
      and supply_round.status <> 'cancelled' and round_stop.status <> 'failed' and arrive_at >= ${midnight})`;
  const { rows } = await sql<StartRows>`
    with member as materialized (
      select pack.* from pack join load_pack on load_pack.pack_id = pack.id where load_pack.load_id = ${id} order by pack.id for update of pack
    )
    select
      exists (select from steriliser_outage where ${ofSteriliser} and since <= ${startAt} and (until is null or until > ${startAt})) as "outThen",
      exists (select from steriliser_run where ${ofSteriliser}
        and tstzrange(started_at, ended_at) && tstzrange(${startAt}::timestamptz, coalesce(${endedAt}::timestamptz, ${nextTest}))) as busy,
      ${nextTest} as "nextTestAt",
      (select coalesce(json_agg(json_build_object('endedAt', ${milliseconds(sql`ended_at`)}, 'result', result) order by ended_at), '[]')
        from bowie_dick_test where ${ofSteriliser} and started_at >= ${midnight} and ended_at <= ${startAt}) as "bowieDickTests",
      (select result from bowie_dick_test where ${ofSteriliser} and ended_at <= ${startAt} order by ended_at desc limit 1) as "lastBowieDick",
      ${milliseconds(sql`greatest(
        (select qualified_at from steriliser where id = ${steriliser.id} and qualified_at <= ${startAt}),
        (select max(run.started_at) from steriliser_load as run join load_indicator as indicator on indicator.load_id = run.id
          where run.steriliser_id = ${steriliser.id} and run.started_at <= ${startAt} and indicator.kind = 'bi'
            and indicator.status in ('pass', 'incubating'))
      )`)} as "lastIndicatedRunAt",
      (select indicator.status from steriliser_load as run join load_indicator as indicator on indicator.load_id = run.id
        where run.steriliser_id = ${steriliser.id} and run.started_at <= ${startAt} and indicator.kind = 'bi'
          and indicator.status in ('pass', 'fail', 'invalid')
        order by run.started_at desc, indicator.id desc limit 1) as "lastReading",
      array(select indicator.id from load_indicator as indicator where load_id = ${id} and kind = 'bi' order by indicator.id) as "indicatorIds",
      exists (select from recall where ${ofSteriliser} and status = 'open') as "inOpenRecall",
      (select coalesce(json_agg(json_build_object('id', pack.id, 'status', pack.status, 'packaging', pack.packaging, 'implant', pack.implant,
          'labelledOn', pack.labelled_on, 'ownerId', pack.owner_institution_id, 'plannedStopOn', ${plannedStop},
          'visitDays', (select visit_days from supply_centre where supply_centre.institution_id = pack.owner_institution_id)) order by pack.id), '[]')
        from member as pack) as packs,
      (select institution.id from institution where kind = 'sterile-supply-department' order by institution.id limit 1) as "departmentId",
      (select institution_id from post where role = 'infection' order by institution_id limit 1) as "infectionInstitutionId"`.execute(trx);
  const [row] = rows;
  if (!row) throw new Error('A statement without a table gives a row.');
  return row;
}

/** The next visit of each centre whose own packs are in the load. */
export const nextVisitOfOwner = ({ ownerId, plannedStopOn, visitDays }: MemberPack, on: LocalDate): LocalDate | null =>
  ownerId === null ? null : nextVisitOn({ plannedStopOn, visitDays: visitDays ?? [] }, on);
