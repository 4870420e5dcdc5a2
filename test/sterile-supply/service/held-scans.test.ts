/** What a revoked device sends wakes the relay once the head nurse has looked at it, and not before. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findQueuesWithWork } from '../../../db/due-work.ts';
import { sealLedger } from '../../../db/sterile-supply/custody-seal.ts';
import { applyWaitingScans } from '../../../db/sterile-supply/waiting-scans.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service.stop());

/** Whether the relay of scans would look for work. The ledger is sealed, because it seals it as well. */
async function isRelayWoken(): Promise<boolean> {
  await sealLedger(service.db);
  return (await findQueuesWithWork(service.db, { channels: [], commandsOlderThanMs: 8_000 })).has('scans');
}

const resolve = (deviceId: string, resolution: string) =>
  service.pool.query(
    `update discrepancy set status = 'resolved', resolution = $2, resolved_by = 'person-headnurse', resolved_at = now() where subject_id = $1`,
    [deviceId, resolution],
  );

async function holdScan(): Promise<string> {
  const { body: device } = await service.post('nurse', '/v1/devices', { name: '八号手机' });
  await service.post('headnurse', `/v1/devices/${device.id}/revoke`, { reason: '遗失' });
  const at = new Date(Date.now() - 60_000).toISOString();
  const sent = await service.post('nurse', '/v1/scans', {
    deviceId: device.id,
    sentAt: new Date().toISOString(),
    scans: [{ seq: 1, type: 'cleaned', at }],
  });
  expect(sent.body.results).toMatchObject([{ result: 'held' }]);
  return device.id;
}

test('a held scan wakes the relay once the head nurse has looked at it, and is applied', async () => {
  const device = await holdScan();
  expect(await isRelayWoken()).toBe(false);
  await resolve(device, 'explained');
  expect(await isRelayWoken()).toBe(true);
  expect(await applyWaitingScans(service.db, new Date())).toBe(1);
  expect(await isRelayWoken()).toBe(false);
});

test('one that was written off wakes nobody any more', async () => {
  const device = await holdScan();
  await resolve(device, 'written-off');
  expect(await isRelayWoken()).toBe(false);
  expect(await applyWaitingScans(service.db, new Date())).toBe(0);
});
