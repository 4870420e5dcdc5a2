/** Scans that wait, for a number before theirs or for the head nurse, and are applied when they need not wait any more. */
import { sql } from 'kysely';
import type { Actor } from '../../domain/kit/pathway.ts';
import type { Database } from '../kit/database.ts';
import { inTransaction } from '../kit/transaction.ts';
import type { Act } from './act.ts';
import { lockDevice } from './devices.ts';
import { mayBeReady } from './held-scans.ts';
import { applyHeld, applyWaiting } from './scans.ts';

/** Applies what is ready, one device a transaction. Resolves with how many scans it applied. */
export async function applyWaitingScans(db: Database, now: Date): Promise<number> {
  const { rows } = await sql<{ deviceId: string }>`
    select distinct device_id as "deviceId" from scan where ${mayBeReady}`.execute(db);
  let applied = 0;
  for (const { deviceId } of rows)
    applied += await inTransaction(db, { system: true, part: 'scan-relay' }, async (trx) => {
      const device = await lockDevice(trx, deviceId);
      const act: Act = {
        trx,
        // Entries name who sent each scan; what follows from all of them together is said of whoever the device belongs to.
        actor: device.registered_by as Actor,
        happenedAt: now,
        recordedAt: now,
        late: false,
        requestId: `scans-${deviceId}`,
        scanId: null,
      };
      return (await applyWaiting(act, deviceId)) + (await applyHeld(act, deviceId));
    });
  return applied;
}
