/**
 * Two records that were merged wrongly are two residents' again: a crisis value is confirmed for the resident of its reading. One that was confirmed
 * meanwhile among the values of the other resident is asked about anew, because whoever confirmed it looked at somebody else.
 */
import { sql } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { CrisisValue, RaiseCrisisReading } from '../../domain/crisis-reading/events.ts';
import type { RecordsParted } from '../directory/resident-records.ts';
import { storeCreatingCommands } from '../kit/outgoing.ts';
import type { Trx } from '../kit/transaction.ts';
import { readingProtocol } from '../readings/protocol.ts';
import { keptPlanOf, publishCrisisValues } from './raise.ts';

interface Misplaced {
  valueId: string;
  crisisReadingId: string;
  /** True where the crisis reading is open, or may be opened again after a death, and so has to hear of it. */
  hears: boolean;
  /** The crisis reading is of the record that parts; its value is then of the other one. */
  isOfParted: boolean;
  detail: CrisisValue;
}

/** Resolves with what each crisis reading has to be told, by its pathway. */
export async function partCrisisReadings(
  trx: Trx,
  parting: RecordsParted,
): Promise<Map<string, { patientId: string; readingIds: string[] }>> {
  const { parted, kept } = parting;
  const misplaced = await listMisplaced(trx, parting);
  for (const isOfParted of [true, false])
    await placeAnew(
      trx,
      parting,
      misplaced.filter((one) => one.isOfParted === isOfParted),
      isOfParted ? kept.survivorId : parted.survivorId,
    );
  const hearing = Map.groupBy(
    misplaced.filter(({ hears }) => hears),
    ({ crisisReadingId }) => crisisReadingId,
  );
  const ids = sql`any(${[...hearing.keys()]}::uuid[])`;
  await sql`update pathway set status = 'open', ended_at = null where id = ${ids} and status = 'ended'`.execute(trx);
  return new Map(
    [...hearing].map(([id, values]) => {
      const patientId = (values[0]?.isOfParted ? parted : kept).survivorId;
      return [id, { patientId, readingIds: values.map(({ detail }) => detail.readingId) }];
    }),
  );
}

async function listMisplaced(trx: Trx, { since, parted, kept }: RecordsParted): Promise<Misplaced[]> {
  const { rows } = await sql<Misplaced>`
    select value.id as "valueId", crisis.id as "crisisReadingId", crisis.status in ('open', 'died') as "hears",
      crisis.patient_id = any(${[...parted.recordIds]}::text[]) as "isOfParted", value.detail
    from crisis_reading as crisis join crisis_value as value on value.crisis_reading_id = crisis.id and value.withdrawn_at is null
      join reading on reading.id = value.reading_id
    where crisis.patient_id = any(${[...parted.recordIds, ...kept.recordIds]}::text[])
      and (crisis.status = 'open' or crisis.status in ('confirmed', 'refuted', 'died') and crisis.closed_at >= ${since})
      and (crisis.patient_id = any(${[...parted.recordIds]}::text[])) <> (reading.patient_id = any(${[...parted.recordIds]}::text[]))
    order by value.id
    for no key update of crisis`.execute(trx);
  return rows;
}

/** The values join the crisis reading of their resident that is open, or open one. */
async function placeAnew(
  trx: Trx,
  { occurredAt, parted, kept, by }: RecordsParted,
  misplaced: readonly Misplaced[],
  patientId: string,
): Promise<void> {
  if (misplaced.length === 0) return;
  const values = misplaced.map(({ detail }) => detail);
  const isPlaced = sql`id = any(${misplaced.map(({ valueId }) => valueId)}::uuid[])`;
  const recordIds = parted.survivorId === patientId ? parted.recordIds : kept.recordIds;
  if (await haveDied(trx, recordIds)) {
    await sql`update crisis_value set withdrawn_at = ${occurredAt} where ${isPlaced}`.execute(trx);
    return;
  }
  const { home_institution_id: centreId } = await trx
    .selectFrom('patient')
    .select('home_institution_id')
    .where('id', '=', patientId)
    .executeTakeFirstOrThrow();
  const open = await trx
    .selectFrom('crisis_reading')
    .select('id')
    .where('patient_id', '=', sql<string>`any(${[...recordIds]}::text[])`)
    .where('status', '=', 'open')
    .executeTakeFirst();
  const id = open?.id ?? uuid();
  if (!open) await trx.insertInto('crisis_reading').values({ id, patient_id: patientId, status: 'open', opened_at: occurredAt }).execute();
  await sql`update crisis_value set crisis_reading_id = ${id} where ${isPlaced}`.execute(trx);
  if (open) {
    await publishCrisisValues(
      trx,
      values.map((value) => ({ crisisReadingId: id, homeInstitutionId: centreId, value })),
      occurredAt,
    );
    return;
  }
  const input: RaiseCrisisReading = { patientId, centreId, raisedAt: occurredAt.getTime(), values, plan: keptPlanOf(readingProtocol) };
  await storeCreatingCommands(trx, [
    { kind: 'crisis-reading', pathwayId: id, name: 'raise', actor: by.actor, input, requestId: by.requestId },
  ]);
}

/** Nobody is asked about the values of somebody who has died. A death belongs to the record about which it was told. */
const haveDied = async (trx: Trx, recordIds: readonly string[]): Promise<boolean> =>
  (await trx
    .selectFrom('fact')
    .select('id')
    .where('type', '=', 'patient-died')
    .where('status', '=', 'recorded')
    .where('patient_id', '=', sql<string>`any(${[...recordIds]}::text[])`)
    .executeTakeFirst()) !== undefined;
