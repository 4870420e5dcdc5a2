/** The slots of departments. */
import { sql } from 'kysely';
import { type NamedPlace, namedDepartment, namedInstitution } from '../directory/named-places.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';

export interface Slot {
  id: string;
  institutionId: string;
  institution: NamedPlace;
  departmentId: string;
  department: NamedPlace;
  startsAt: Date;
  endsAt: Date;
  reserved: boolean;
  releaseAt: Date | null;
  /** Since when nobody can book it; null for a slot that is open. */
  withdrawnAt: Date | null;
  booked: boolean;
}

const columns = (db: Database) =>
  db
    .selectFrom('slot')
    .leftJoin('slot_booking', 'slot_booking.slot_id', 'slot.id')
    .select([
      'slot.id',
      'institution_id as institutionId',
      namedInstitution(sql`slot.institution_id`).as('institution'),
      'department_id as departmentId',
      namedDepartment(sql`slot.department_id`).as('department'),
      'starts_at as startsAt',
      'ends_at as endsAt',
      'reserved',
      'release_at as releaseAt',
      'withdrawn_at as withdrawnAt',
      sql<boolean>`slot_booking.slot_id is not null`.as('booked'),
    ]);

export interface SlotFilter {
  institutionId?: string | undefined;
  departmentId?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
  booked?: boolean | undefined;
  reserved?: boolean | undefined;
}

export type SlotPlace = [startsAt: string, id: string];

/** Slots are ordered by their start. */
export async function listSlots(
  db: Database,
  filter: SlotFilter,
  { limit, after }: { limit: number; after?: SlotPlace | undefined },
): Promise<Slot[]> {
  let query = columns(db)
    .where('withdrawn_at', 'is', null)
    .orderBy('starts_at')
    .orderBy('slot.id')
    .limit(limit + 1);
  const { institutionId, departmentId, from, to, booked, reserved } = filter;
  if (institutionId) query = query.where('institution_id', '=', institutionId);
  if (departmentId) query = query.where('department_id', '=', departmentId);
  if (from) query = query.where('starts_at', '>=', from);
  if (to) query = query.where('starts_at', '<', to);
  if (reserved !== undefined) query = query.where('reserved', '=', reserved);
  if (booked !== undefined) query = query.where(sql<boolean>`slot_booking.slot_id is not null`, '=', booked);
  if (after) query = query.where(sql<boolean>`(starts_at, slot.id) > (${after[0]}::timestamptz, ${after[1]}::uuid)`);
  return query.execute();
}

export async function findSlot(db: Database, id: string): Promise<Slot | undefined> {
  return columns(db).where('slot.id', '=', id).executeTakeFirst();
}

export type NewSlot = Omit<Slot, 'booked' | 'withdrawnAt' | 'institution' | 'department'>;

/** One statement, however many there are. Resolves with the slots in their order. */
export async function createSlots(db: Database, slots: readonly NewSlot[]): Promise<Slot[]> {
  const rows = slots.map((slot) => ({
    id: slot.id,
    institution_id: slot.institutionId,
    department_id: slot.departmentId,
    starts_at: slot.startsAt,
    ends_at: slot.endsAt,
    reserved: slot.reserved,
    release_at: slot.releaseAt,
  }));
  const { rows: named } = await sql<Pick<Slot, 'id' | 'institution' | 'department'>>`
    with stored as (insert into slot (id, institution_id, department_id, starts_at, ends_at, reserved, release_at)
    select id, institution_id, department_id, starts_at, ends_at, reserved, release_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as slot (id uuid, institution_id text, department_id text, starts_at timestamptz, ends_at timestamptz, reserved boolean, release_at timestamptz)
      returning id, institution_id, department_id)
    select id, ${namedInstitution(sql`stored.institution_id`)} as institution, ${namedDepartment(sql`stored.department_id`)} as department from stored`.execute(
    db,
  );
  const names = new Map(named.map((each) => [each.id, each]));
  return slots.flatMap((slot) => {
    const places = names.get(slot.id);
    return places ? [{ ...slot, ...places, withdrawnAt: null, booked: false }] : [];
  });
}

/** Nobody can book the slot any more; a booking that it has stays until its appointment is cancelled. */
export async function withdrawSlot(trx: Trx, id: string, { at, reason }: { at: Date; reason: string }): Promise<void> {
  await trx.updateTable('slot').set({ withdrawn_at: at, withdrawn_because: reason }).where('id', '=', id).execute();
}

/** The referral that has booked the slot; undefined for a free one. */
export async function findBookingOf(trx: Trx, slotId: string): Promise<string | undefined> {
  return (await trx.selectFrom('slot_booking').select('referral_id as id').where('slot_id', '=', slotId).executeTakeFirst())?.id;
}

export interface LockedSlot {
  institutionId: string;
  departmentId: string;
  reserved: boolean;
  releaseAt: Date | null;
  withdrawnAt: Date | null;
}

/** The slot stays locked until the transaction ends, so that of twenty bookings at the same moment one finds it free. */
export async function lockSlot(trx: Trx, id: string): Promise<LockedSlot | undefined> {
  return trx
    .selectFrom('slot')
    .select([
      'institution_id as institutionId',
      'department_id as departmentId',
      'reserved',
      'release_at as releaseAt',
      'withdrawn_at as withdrawnAt',
    ])
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function isSlotBooked(trx: Trx, slotId: string): Promise<boolean> {
  return (await trx.selectFrom('slot_booking').select('referral_id').where('slot_id', '=', slotId).executeTakeFirst()) !== undefined;
}

export async function bookSlot(
  trx: Trx,
  { slotId, referralId, bookedAt }: { slotId: string; referralId: string; bookedAt: Date },
): Promise<void> {
  await trx.insertInto('slot_booking').values({ slot_id: slotId, referral_id: referralId, booked_at: bookedAt }).execute();
}

export async function freeSlotOf(trx: Trx, referralId: string): Promise<void> {
  await trx.deleteFrom('slot_booking').where('referral_id', '=', referralId).execute();
}
