/**
 * Takes a merger back in one transaction: the record that had gone over stands for itself again, with what was its own and what came under its id
 * meanwhile. Pathways are told by the fact `merger-retracted` and go on where they stood.
 */
import { sql } from 'kysely';
import type { RecordedBy } from '../directory/fact-audit.ts';
import { holdRecordsTogether, lockResident, partRecord, type RecordsParted, type ResidentRecords } from '../directory/resident-records.ts';
import { oweDeliveries } from '../kit/fact-deliveries.ts';
import { publishFact, publishFactsToPathways } from '../kit/publish-facts.ts';
import { applyParting, publishSubjectsOf, settleSubjectsOf, type ToldOfParting } from '../kit/registry.ts';
import { reopenPathways } from '../kit/reopen-pathways.ts';
import type { Trx } from '../kit/transaction.ts';
import { takeBundlesApart } from '../messages/bundles.ts';
import { holdTasks, releaseTasks, sendHeldMessages } from './hold.ts';

export interface MergerToPart {
  /** The record that had gone over into another one. */
  patientId: string;
  mergedAt: Date;
  homeBefore: string | null;
  intoHomeBefore: string | null;
}

const anyOf = (ids: readonly string[]) => sql<string>`any(${[...ids]}::text[])`;

/** Resolves with false, and writes nothing, where the record leads to no other one. */
export async function partRecords(trx: Trx, merger: MergerToPart, by: RecordedBy): Promise<boolean> {
  await holdRecordsTogether(trx, { merging: true });
  const together = await lockResident(trx, merger.patientId);
  await lockPathways(trx, together.recordIds);
  const factIds = await retractMergerFacts(trx, merger.patientId);
  if (together.survivorId === merger.patientId || factIds.length === 0) return false;
  await partRecord(trx, merger.patientId);
  const parted = await lockResident(trx, merger.patientId);
  const kept = await lockResident(trx, together.survivorId);
  const heardPathwayIds = await listHeard(trx, factIds);
  const parting: RecordsParted = { factIds, since: merger.mergedAt, parted, kept, heardPathwayIds, occurredAt: new Date(), by };

  await reopenPathways(trx, { factIds, type: 'merger-retracted' });
  const checks = await partChecks(trx, parting);
  const told = new Map([
    ...[...heardPathwayIds, ...checks].map((pathwayId) => [pathwayId, { patientId: parted.survivorId }] as const),
    ...(await applyParting(trx, parting)),
  ]);
  await moveWhatIsOpen(trx, parting, told);
  await tellPathways(trx, parting, told);
  await returnHome(trx, parting, parted, merger.homeBefore);
  await returnHome(trx, parting, kept, merger.intoHomeBefore);
  await keepOwnDeath(trx, parting, { of: parted, other: kept });
  await keepOwnDeath(trx, parting, { of: kept, other: parted });
  for (const { survivorId, recordIds } of [parted, kept]) {
    const homeInstitutionId = await getHome(trx, survivorId);
    await publishSubjectsOf(trx, { recordIds, homeInstitutionId });
    await settleSubjectsOf(trx, { survivorId });
    await holdAgain(trx, recordIds);
  }
  return true;
}

/** No pathway of them is decided on until the transaction ends. Commits take the same locks in the same order: the pathway, then the resident. */
const lockPathways = (trx: Trx, recordIds: readonly string[]) =>
  sql`select from pathway where status = 'open' and patient_id = ${anyOf(recordIds)} order by id for update`.execute(trx);

/** Several systems may have reported the same merger. */
async function retractMergerFacts(trx: Trx, patientId: string): Promise<string[]> {
  const facts = await trx
    .updateTable('fact')
    .set({ status: 'retracted' })
    .where('type', '=', 'patients-merged')
    .where('status', '=', 'recorded')
    .where('patient_id', '=', patientId)
    .returning('id')
    .execute();
  return facts.map(({ id }) => id);
}

async function listHeard(trx: Trx, factIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select distinct pathway_id as id from fact_delivery where fact_id = any(${[...factIds]}::uuid[])`.execute(trx);
  return rows.map(({ id }) => id);
}

/** Questions that were asked about the record meanwhile, under its own id. Resolves with the pathways of those that are open. */
async function partChecks(trx: Trx, { parted, kept }: RecordsParted): Promise<string[]> {
  const { rows } = await sql<{ id: string; status: string }>`
    update identity_check set patient_id = ${parted.survivorId}, named_patient_id = null
    where named_patient_id = ${anyOf(parted.recordIds)} and patient_id = ${anyOf(kept.recordIds)} returning id, status`.execute(trx);
  return rows.filter(({ status }) => status === 'open').map(({ id }) => id);
}

/** Until a pathway has heard of it, facts about its patient, the worklist and the outbox already know whose it is. */
async function moveWhatIsOpen(trx: Trx, { parted, kept }: RecordsParted, told: ToldOfParting): Promise<void> {
  const ids = sql`any(${[...told].flatMap(([id, { patientId }]) => (patientId === parted.survivorId ? [id] : []))}::uuid[])`;
  const isOther = sql`patient_id = ${anyOf(kept.recordIds)}`;
  await sql`update pathway set patient_id = ${parted.survivorId} where id = ${ids} and ${isOther}`.execute(trx);
  await sql`update task set patient_id = ${parted.survivorId}, version = version + 1 where pathway_id = ${ids} and status = 'open' and ${isOther}`.execute(
    trx,
  );
  await takeBundlesApart(trx, kept.recordIds);
  await sql`
    update message set recipient_id = ${parted.survivorId}
    where pathway_id = ${ids} and recipient_type = 'patient' and status = 'waiting' and recipient_id = ${anyOf(kept.recordIds)}`.execute(
    trx,
  );
}

/** In this statement and not at the end of the transaction, because what follows must come after it. */
async function tellPathways(trx: Trx, { factIds, occurredAt, by }: RecordsParted, told: ToldOfParting): Promise<void> {
  const rows = [...told].map(([pathwayId, input]) => ({ pathwayId, input }));
  if (rows.length === 0) return;
  await publishFactsToPathways(
    trx,
    'merger-retracted',
    sql`
      select (row ->> 'pathwayId')::uuid as pathway_id, null::uuid as creating_command_id, null::text as patient_id,
        concat('merger-retracted:', ${factIds[0] ?? ''}::text, ':', row ->> 'pathwayId') as message_id, ${occurredAt}::timestamptz as occurred_at,
        ${by.actor.institutionId}::text as sender_institution_id, '{}'::jsonb as details, row -> 'input' as input
      from jsonb_array_elements(${JSON.stringify(rows)}::jsonb) as row
      where exists (select from pathway where pathway.id = (row ->> 'pathwayId')::uuid and pathway.status = 'open')`,
  );
}

/** A resident lives where the latest move of their own took them, else where they lived before the two became one. */
async function returnHome(
  trx: Trx,
  { occurredAt, by, since }: RecordsParted,
  { survivorId, recordIds }: ResidentRecords,
  before: string | null,
): Promise<void> {
  const { rows } = await sql<{ home: string | null }>`
    select coalesce((
      select details ->> 'homeInstitutionId' from fact
      where status = 'recorded' and type = 'patient-moved' and addressee_type = 'patient' and patient_id = ${anyOf(recordIds)}
        and (recorded_at >= ${since} or ${before}::text is null)
      order by occurred_at desc, source desc, message_id desc limit 1), ${before}::text) as home`.execute(trx);
  const home = rows[0]?.home;
  if (!home || home === (await getHome(trx, survivorId))) return;
  await sql`
    update patient set home_institution_id = ${home}, version = version + 1 where id = ${anyOf(recordIds)}`.execute(trx);
  await publishFactsToPathways(
    trx,
    'patient-moved',
    sql`
      select id as pathway_id, null::uuid as creating_command_id, null::text as patient_id,
        concat('home-before-merger:', id, ':', ${occurredAt}::timestamptz) as message_id, ${occurredAt}::timestamptz as occurred_at,
        ${by.actor.institutionId}::text as sender_institution_id, '{}'::jsonb as details, jsonb_build_object('homeInstitutionId', ${home}::text) as input
      from pathway where status = 'open' and patient_id = ${anyOf(recordIds)} and kind in ('follow-up', 'referral', 'crisis-reading', 'identity-check')`,
  );
}

/** A death belongs to the record that was said to have died. Whoever lives goes on; whoever has died stays so, on all of their pathways. */
async function keepOwnDeath(
  trx: Trx,
  { occurredAt, by }: RecordsParted,
  { of: { survivorId, recordIds }, other }: { of: ResidentRecords; other: ResidentRecords },
): Promise<void> {
  const own = await listDeaths(trx, recordIds);
  if (own.length > 0) {
    for (const { id } of own) await oweDeliveries(trx, { factId: id, type: 'patient-died', recordIds });
    return;
  }
  const others = await listDeaths(trx, other.recordIds);
  if (others.length === 0) return;
  await sql`update patient set deceased_at = null, version = version + 1 where id = ${anyOf(recordIds)} and deceased_at is not null`.execute(
    trx,
  );
  await reopenPathways(trx, { factIds: others.map(({ id }) => id), type: 'death-retracted', recordIds });
  await publishFact(trx, {
    type: 'death-retracted',
    messageId: `death-of-other-record:${survivorId}:${occurredAt.toISOString()}`,
    addressee: { type: 'patient', patientId: survivorId },
    institutionId: by.actor.institutionId,
    occurredAt,
    input: {},
  });
}

const listDeaths = (trx: Trx, recordIds: readonly string[]) =>
  trx
    .selectFrom('fact')
    .select('id')
    .where('type', '=', 'patient-died')
    .where('status', '=', 'recorded')
    .where('patient_id', '=', anyOf(recordIds))
    .execute();

async function getHome(trx: Trx, patientId: string): Promise<string> {
  const row = await trx.selectFrom('patient').select('home_institution_id as home').where('id', '=', patientId).executeTakeFirstOrThrow();
  return row.home;
}

/** What rests because of a death that is reported of the one does not rest for the other. */
async function holdAgain(trx: Trx, recordIds: readonly string[]): Promise<void> {
  const reported = await trx
    .selectFrom('identity_check')
    .select('id')
    .where('kind', '=', 'death')
    .where('status', '=', 'open')
    .where('patient_id', '=', anyOf(recordIds))
    .executeTakeFirst();
  if (reported) return holdTasks(trx, recordIds);
  await releaseTasks(trx, recordIds);
  await sendHeldMessages(trx, recordIds);
}
