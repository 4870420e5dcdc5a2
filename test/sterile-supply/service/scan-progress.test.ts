/** How far a device has come: what is missing of its numbers, however many it has sent. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service.stop());

async function newDevice(): Promise<string> {
  return (await service.post('nurse', '/v1/devices', { name: '七号手机' })).body.id;
}

/** Scans of nothing that there is, with these numbers. Gives what is missing. */
async function send(deviceId: string, seqs: readonly number[]): Promise<number[]> {
  const at = new Date(Date.now() - 60_000).toISOString();
  const scans = seqs.map((seq) => ({ seq, type: 'cleaned', at }));
  const answer = await service.post('nurse', '/v1/scans', { deviceId, sentAt: new Date().toISOString(), scans });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.missing;
}

async function progressOf(deviceId: string): Promise<number | undefined> {
  const row = await service.db.selectFrom('scan_progress').select('complete_to').where('device_id', '=', deviceId).executeTakeFirst();
  return row?.complete_to;
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

test('what a device has sent without a gap is noted and not looked at again', async () => {
  const device = await newDevice();
  expect(await send(device, numbers(1, 99))).toEqual([]);
  expect(await progressOf(device)).toBeUndefined();
  expect(await send(device, numbers(100, 250))).toEqual([]);
  expect(await progressOf(device)).toBe(250);
  expect(await send(device, [251])).toEqual([]);
  expect(await progressOf(device)).toBe(250);
});

test('a gap is named until it is filled, and nothing is noted beyond it', async () => {
  const device = await newDevice();
  expect(await send(device, [...numbers(1, 150), ...numbers(153, 400)])).toEqual([151, 152]);
  expect(await progressOf(device)).toBe(150);
  expect(await send(device, [401, 403])).toEqual([151, 152, 402]);
  expect(await send(device, [152])).toEqual([151, 402]);
  expect(await send(device, [151])).toEqual([402]);
  expect(await progressOf(device)).toBe(401);
  expect(await send(device, [402])).toEqual([]);
});

test('a number below what is noted is known as before', async () => {
  const device = await newDevice();
  await send(device, numbers(1, 120));
  const at = new Date(Date.now() - 30_000).toISOString();
  const again = await service.post('nurse', '/v1/scans', {
    deviceId: device,
    sentAt: new Date().toISOString(),
    scans: [{ seq: 5, type: 'seen', at, code: 'other' }],
  });
  expect(again.body.results).toMatchObject([{ seq: 5, result: 'conflict' }]);
  expect(again.body.missing).toEqual([]);
});
