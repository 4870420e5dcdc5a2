/** The phones and scanners that scan for sterile supply. */
import type { Selectable } from 'kysely';
import { v7 as uuid } from 'uuid';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Database } from '../kit/database.ts';
import type { Trx } from '../kit/transaction.ts';
import type { ScanDeviceTable } from './tables.ts';

export type ScanDevice = Selectable<ScanDeviceTable>;

/** Who sees a device: the post and institution that registered it; everybody's devices without one. */
export interface DeviceReach {
  institutionId: string;
  roles: readonly string[];
}

export async function registerDevice(trx: Trx, { name, actor }: { name: string; actor: Actor }): Promise<ScanDevice> {
  return trx
    .insertInto('scan_device')
    .values({ id: uuid(), name, registered_by: JSON.stringify(actor), role: actor.role, institution_id: actor.institutionId })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Undefined for an id that names no device within the reach. */
export async function findDevice(db: Database, id: string, reach?: DeviceReach): Promise<ScanDevice | undefined> {
  return within(db, reach).where('id', '=', id).executeTakeFirst();
}

export interface DevicePage {
  limit: number;
  after: { createdAt: string; id: string } | undefined;
}

/** The newest first, one more than the page when there are more. */
export async function listDevices(db: Database, reach: DeviceReach | undefined, { limit, after }: DevicePage): Promise<ScanDevice[]> {
  let query = within(db, reach);
  if (after)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('created_at', 'id'), '<', tuple(new Date(after.createdAt), after.id)));
  return query
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
}

function within(db: Database, reach: DeviceReach | undefined) {
  const all = db.selectFrom('scan_device').selectAll();
  return reach ? all.where('institution_id', '=', reach.institutionId).where('role', 'in', [...reach.roles]) : all;
}

/** Locks the device: its scans are taken one batch after the other. */
export async function lockDevice(trx: Trx, id: string): Promise<ScanDevice> {
  return trx.selectFrom('scan_device').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
}

/** What it sends from now on waits for the head nurse. Undefined when it was revoked before. */
export async function revokeDevice(trx: Trx, id: string, { reason, at }: { reason: string; at: Date }): Promise<ScanDevice | undefined> {
  return trx
    .updateTable('scan_device')
    .set({ revoked_at: at, revoked_reason: reason })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}
