import { v7 as uuid } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTransaction } from '../../../db/kit/transaction.ts';
import type { Act } from '../../../db/sterile-supply/act.ts';
import { verifyCustody } from '../../../db/sterile-supply/custody-chain.ts';
import { sealBatch, sealLedger } from '../../../db/sterile-supply/custody-seal.ts';
import { appendLedger, type LedgerEntry } from '../../../db/sterile-supply/ledger.ts';
import { epcisFlaws } from '../../support/oracles/epcis.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService({ worker: false });
});
afterAll(() => service.stop());

const actor = { personId: 'person-technician', institutionId: 'inst-cssd', role: 'technician' };

const entryOf = (id: string, over: Partial<LedgerEntry> = {}): LedgerEntry => ({
  thing: { type: 'pack', id },
  event: 'assembled',
  to: 'assembled',
  holder: { type: 'cssd', id: 'inst-cssd' },
  ...over,
});

async function append(entries: readonly LedgerEntry[], happenedAt = new Date()): Promise<void> {
  await inTransaction(service.db, actor, (trx) => appendLedger(actOf(trx, happenedAt), entries));
}

const actOf = (trx: Act['trx'], happenedAt: Date): Act => ({
  trx,
  actor,
  happenedAt,
  recordedAt: happenedAt,
  late: false,
  requestId: uuid(),
  scanId: null,
});

const encode = (document: unknown) => new TextEncoder().encode(JSON.stringify(document));

const chainOf = (document: { epcisBody: { eventList: { 'carepath:chain': { seq: number } }[] } }) =>
  document.epcisBody.eventList.map((event) => event['carepath:chain'].seq);

test('an export is EPCIS 2.0 and proves itself; only head nurse, infection control and auditor may have it', async () => {
  const { rows: before } = await service.pool.query('select count(*)::int as events from supply_event');
  const seeded: number = before[0].events;
  await append([entryOf('p1'), entryOf('p2')]);
  await append([
    entryOf('p1', { event: 'sterile-handed', from: 'on-vehicle', to: 'at-centre', holder: { type: 'centre', id: 'inst-c01' } }),
  ]);
  for (const account of ['headnurse', 'infection', 'auditor']) {
    const { status, body, headers } = await service.get(account, '/v1/custody-export');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/ld+json');
    expect(epcisFlaws(body)).toEqual([]);
    expect(verifyCustody(encode(body))).toMatchObject({ whole: true });
    expect(chainOf(body)).toEqual(Array.from({ length: seeded + 3 }, (_, index) => index + 1));
    expect(body.epcisBody.eventList.at(-1)).toMatchObject({
      bizStep: 'accepting',
      disposition: 'available',
      epcList: ['urn:carepath:pack:p1'],
    });
  }
  for (const account of ['technician', 'nurse', 'courier', 'office'])
    expect((await service.get(account, '/v1/custody-export')).status, account).toBe(403);
  expect((await service.get('auditor', '/v1/custody-export?from=2026-03-02&to=2026-03-01')).status).toBe(422);
  expect((await service.get('auditor', '/v1/custody-export?from=yesterday')).status).toBe(422);
});

test('a period gives an unbroken stretch of the chain, by what happened and by what was recorded then', async () => {
  await append([entryOf('old-1')], new Date('2026-01-05T00:00:00Z'));
  await append([entryOf('between')]);
  await append([entryOf('old-2')], new Date('2026-01-06T00:00:00Z'));
  const { body } = await service.get('auditor', '/v1/custody-export?from=2026-01-05&to=2026-01-06');
  const things = body.epcisBody.eventList.map((event: { 'carepath:thing': { id: string } }) => event['carepath:thing'].id);
  expect(things).toEqual(['old-1', 'between', 'old-2']);
  expect(verifyCustody(encode(body))).toMatchObject({ whole: true, events: 3 });
  expect((await service.get('auditor', '/v1/custody-export?to=2023-12-31')).body.epcisBody.eventList).toEqual([]);
});

test('what becomes visible late is sealed later, and the chain has no gap, whoever seals at once', async () => {
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let appended: () => void = () => {};
  const slowHasAppended = new Promise<void>((resolve) => {
    appended = resolve;
  });
  const slow = inTransaction(service.db, actor, async (trx) => {
    await appendLedger(actOf(trx, new Date()), [entryOf('slow')]);
    appended();
    await held;
  });
  await slowHasAppended;
  await append([entryOf('quick')]);
  await sealLedger(service.db);
  release();
  await slow;
  await Promise.all(Array.from({ length: 8 }, (_, n) => append([entryOf(`many-${n}`), entryOf(`more-${n}`)])));
  await Promise.all(Array.from({ length: 6 }, () => service.db.transaction().execute(sealBatch)));
  await sealLedger(service.db);
  const { rows } = await service.pool.query(
    'select seq::int, thing_id, position::int, custody_seal.previous, hash from custody_seal join supply_event on id = event_id order by seq',
  );
  const order = rows.map(({ thing_id }) => thing_id);
  expect(order.indexOf('slow')).toBeGreaterThan(order.indexOf('quick'));
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, n) => n + 1));
  const { rows: ledger } = await service.pool.query('select count(*)::int as events from supply_event');
  expect(rows).toHaveLength(ledger[0].events);
  const { body } = await service.get('auditor', '/v1/custody-export');
  expect(verifyCustody(encode(body))).toMatchObject({ whole: true, events: rows.length });
});

test('a seal that stands cannot be changed or taken away', async () => {
  await expect(service.pool.query("update custody_seal set hash = ''")).rejects.toThrow();
  await expect(service.pool.query('delete from custody_seal')).rejects.toThrow();
  await expect(service.pool.query('update supply_event set late = true')).rejects.toThrow();
});
