/** A gateway's day: a batch of readings sent twice, one that is wrong, a patient whom nobody knows, a death that is told. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { newKey } from '../../client/client.ts';
import { newResident } from '../support/builders/facts.ts';
import { ago, MINUTE } from '../support/builders/readings.ts';
import { countWork, type Desk, good } from './desk.ts';

export async function liveGatewayDay(desk: Desk): Promise<void> {
  const patientId = await newResident(desk.service, 'inst-c01', { phone: '13800000051' });
  const gateway = await desk.signIn('gateway');
  const day = countWork('Gateway', gateway);
  const source = `devices-${randomUUID()}`;
  const pressure = (messageId: string, systolic: number, minutes: number) => ({
    kind: 'blood-pressure' as const,
    unit: 'mmHg' as const,
    source,
    messageId,
    patientId,
    systolic,
    diastolic: 84,
    measuredAt: ago(minutes * MINUTE),
  });

  const batch = { readings: [pressure('1', 138, 30), pressure('2', 142, 20), pressure('3', 12, 10)] };
  const key = newKey();
  const stored = await day.piece('a batch of readings', 1, () => good(gateway.post('/v1/readings', { body: batch, key })));
  const again = await day.piece('the same batch, because its answer was lost', 1, () => gateway.post('/v1/readings', { body: batch, key }));
  expect(stored.results.map(({ result }) => result)).toEqual(['recorded', 'recorded', 'quarantined']);
  expect(again).toMatchObject({ ok: true, replayed: true, body: stored });

  const wrong = await day.piece('a batch with a field that nobody knows', 1, () =>
    gateway.post('/v1/readings', { body: { readings: [{ ...pressure('4', 138, 5), unit: 'bar' as 'mmHg' }] } }),
  );
  expect(wrong).toMatchObject({ ok: false, status: 422, problem: { errors: [{ path: 'readings.0.unit' }] } });

  const unknown = {
    type: 'patient-admitted' as const,
    source,
    messageId: 'a01-1',
    occurredAt: ago(MINUTE),
    localId: { system: source, value: '4711' },
    institutionId: 'inst-h1',
  };
  const held = await day.piece('an admission of somebody unknown is held', 1, () => good(gateway.post('/v1/facts', { body: unknown })));
  expect(held).toMatchObject({ duplicate: false });

  const died = { type: 'patient-died' as const, source, messageId: 'a08-1', occurredAt: ago(MINUTE), patientId };
  await day.piece('a death, told twice', 2, async () => {
    const first = await good(gateway.post('/v1/facts', { body: died }));
    const second = await good(gateway.post('/v1/facts', { body: died }));
    expect([first.duplicate, second]).toEqual([false, { factId: first.factId, duplicate: true }]);
  });

  const gp = await desk.signIn('gp');
  const readings = await good(gp.get('/v1/readings', { query: { patientId } }));
  expect(readings.items.map(({ status, systolic }) => [status, systolic])).toEqual([
    ['recorded', 142],
    ['recorded', 138],
  ]);
  const sheet = await good(gp.get('/v1/patients/{id}/sheet', { path: { id: patientId } }));
  expect(sheet.alerts.map(({ code }) => code)).toContain('died');
  day.print();
}
