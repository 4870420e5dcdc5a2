/** The start of a load: it is judged, its members are frozen, and its pathway begins. */
import { sql } from 'kysely';
import type { NormRules } from '../../domain/sterile-supply/norm-rules.ts';
import type { Packaging } from '../../domain/sterile-supply/vocabulary.ts';
import type { StartSteriliserLoad } from '../../domain/steriliser-load/events.ts';
import { findStartRefusal, type StartGround } from '../../domain/steriliser-load/start-guards.ts';
import { loadTimers } from '../../domain/steriliser-load/state.ts';
import type { Calendar } from '../../domain/time/calendar.ts';
import { addDays, localDateOf } from '../../domain/time/local-date.ts';
import { loadCurrentCalendar } from '../follow-up/protocols.ts';
import { storeCreatingCommands } from '../kit/outgoing.ts';
import { growRecallsOf } from '../recall/grow-recalls.ts';
import { type Act, refuseField, refuseTransition } from '../sterile-supply/act.ts';
import { appendLedger } from '../sterile-supply/ledger.ts';
import { loadNormRules } from '../sterile-supply/norm-rules.ts';
import { entriesOf, type LockedLoad, lockLoad, type MovedPack, toActRefused } from './lock-load.ts';
import { loadStartRows, nextVisitOfOwner, type StartRows } from './start-ground.ts';

export interface Start {
  overrideReason: string | null;
  /** Of a run that is recorded after a later one. */
  endedAt: Date | null;
}

/** Throws ActRefused with the first guard that fails. */
export async function startLoad(act: Act, loadId: string, start: Start): Promise<void> {
  const { trx, happenedAt } = act;
  const load = await lockLoad(trx, loadId);
  if (load.status !== 'planned') throw refuseTransition(load.status, []);
  if (start.endedAt && start.endedAt <= happenedAt) throw refuseField('endedAt', { zh: '须晚于开始时间', en: 'has to be after the start' });
  const rules = loadNormRules(localDateOf(happenedAt.getTime()));
  const rows = await loadStartRows(trx, load, { startAt: happenedAt, endedAt: start.endedAt });
  // A pack that was compromised after it was planned is no member any more.
  const members = rows.packs.filter(({ status }) => status === 'in-load');
  const refusal = findStartRefusal(groundOf(act, load, { ...rows, packs: members }, start, await findCalendar(act, rows)), rules);
  if (refusal) throw toActRefused(refusal);
  if (members.length < rows.packs.length)
    await trx
      .deleteFrom('load_pack')
      .where('load_id', '=', loadId)
      .where(
        'pack_id',
        'in',
        rows.packs.filter(({ status }) => status !== 'in-load').map(({ id }) => id),
      )
      .execute();
  await writeStart(act, load, start, { ...rows, packs: members }, rules);
  const moved = members.map(({ id }): MovedPack => ({ id, from: 'in-load', to: 'in-load' }));
  const entries = entriesOf(load, 'load-started', {
    from: 'planned',
    to: 'running',
    packs: moved,
    details: { steriliserId: load.steriliser.id, program: load.program },
  });
  if (rows.inOpenRecall) await growRecallsOf(act, load.steriliser.id, { entries });
  else await appendLedger(act, entries);
}

/** Working days are asked for only where a pack of a centre is in the load. */
const findCalendar = async ({ trx }: Act, { packs }: StartRows): Promise<Calendar> =>
  packs.some(({ ownerId }) => ownerId !== null) ? loadCurrentCalendar(trx) : { years: [] };

function groundOf({ happenedAt }: Act, load: LockedLoad, rows: StartRows, start: Start, calendar: Calendar): StartGround {
  const on = localDateOf(happenedAt.getTime());
  return {
    startAt: happenedAt.getTime(),
    purpose: load.purpose,
    steriliser: { kind: load.steriliser.kind, status: load.steriliser.status, outThen: rows.outThen, busy: rows.busy },
    bowieDickTests: rows.bowieDickTests,
    lastBowieDick: rows.lastBowieDick,
    lastIndicatedRunAt: rows.lastIndicatedRunAt,
    lastReading: rows.lastReading,
    hasBiologicalIndicator: rows.indicatorIds.length > 0,
    packs: rows.packs.map((pack) => ({
      id: pack.id,
      implant: pack.implant,
      labelledOn: pack.labelledOn,
      ownersNextVisitOn: nextVisitOfOwner(pack, on),
    })),
    overridden: start.overrideReason !== null,
    calendar,
  };
}

/** The load, its run and its packs in one statement; the run is what no two loads of a steriliser have at one time. */
async function writeStart(
  act: Act,
  load: LockedLoad,
  { overrideReason, endedAt }: Start,
  rows: StartRows,
  rules: NormRules,
): Promise<void> {
  const { trx, actor, happenedAt, requestId } = act;
  const on = localDateOf(happenedAt.getTime());
  const packs = rows.packs.map(({ id, packaging }) => ({
    id,
    expiresOn: addDays(on, rules.expiryDays[packaging as Packaging].conforming),
  }));
  await sql`
    with started as (
      update steriliser_load set status = 'running', operator_id = ${actor.personId}, started_at = ${happenedAt}, override_reason = ${overrideReason}
      where id = ${load.id}
    ), run as (
      insert into steriliser_run (id, steriliser_id, started_at, ended_at) values (${load.id}, ${load.steriliser.id}, ${happenedAt}, ${endedAt ?? rows.nextTestAt})
    )
    update pack set status_since = ${happenedAt}, sterilised_on = ${on},
      nominal_expires_on = (member ->> 'expiresOn')::date, expires_on = (member ->> 'expiresOn')::date
    from jsonb_array_elements(${JSON.stringify(packs)}::jsonb) as member where pack.id = member ->> 'id'`.execute(trx);
  const input: StartSteriliserLoad = {
    loadId: load.id,
    institutionId: rows.departmentId,
    infectionInstitutionId: rows.infectionInstitutionId ?? rows.departmentId,
    purpose: load.purpose,
    startedAt: happenedAt.getTime(),
    programSeconds: rules.steamPrograms[load.program].exposureSeconds,
    timers: Object.fromEntries(loadTimers.map((name) => [name, rules.timers[name]])) as StartSteriliserLoad['timers'],
    indicatorIds: rows.indicatorIds,
  };
  await storeCreatingCommands(trx, [{ kind: 'steriliser-load', pathwayId: load.id, name: 'start', actor, input, requestId }]);
}
