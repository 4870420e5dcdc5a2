/** What readings cost, counted: SQL statements a batch, however long it is. Time is not counted: it says more of the machine. */
import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newResident } from '../support/builders/facts.ts';
import { ago, bloodPressure, glucose, HOUR, MINUTE, type NewReading, postReadings } from '../support/builders/readings.ts';
import { type Service, startService } from '../support/service/service.ts';
import { statementOf } from '../support/service/statement-of.ts';

let service: Service;
beforeAll(async () => {
  countStatements();
  service = await startService({ worker: false, checkAnswers: false });
  await service.get('gateway', '/v1/me');
});
afterAll(() => service?.stop());

let statements: string[] = [];
beforeEach(() => {
  statements = [];
});

const counting = new AsyncLocalStorage<true>();

/** `begin` and `commit` count too. */
function countStatements(): void {
  const client = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const { query } = client;
  client.query = function (this: unknown, ...args: unknown[]): unknown {
    if (counting.getStore()) statements.push(statementOf(args).text ?? '');
    return query.apply(this, args);
  };
}

async function costOf(readings: NewReading[]): Promise<number> {
  const { status } = await counting.run(true, () => postReadings(service, readings));
  expect(status).toBe(202);
  return statements.length;
}

test('one reading and a thousand of fifty people cost the same 9 statements', async () => {
  const patients = await Promise.all(Array.from({ length: 50 }, () => newResident(service)));
  expect(await costOf([bloodPressure(patients[0] as string, 130, 80)]), statements.join('\n')).toBe(9);
  const thousand = Array.from({ length: 1_000 }, (_, n) =>
    bloodPressure(patients[n % 50] as string, 125 + (n % 7), 80, { measuredAt: ago((n + 2) * MINUTE) }),
  );
  statements = [];
  expect(await costOf(thousand), statements.join('\n')).toBe(9);
});

test('crisis values cost three more, which find them, open what has to be confirmed and begin its pathways; duplicates one', async () => {
  const patients = await Promise.all(Array.from({ length: 20 }, () => newResident(service)));
  const readings = patients.map((patientId) => bloodPressure(patientId, 190, 110));
  expect(await costOf(readings), statements.join('\n')).toBe(12);
  statements = [];
  expect(await costOf(readings), 'nothing new: no rule runs and nobody is locked').toBe(8);
});

test('readings that can be a part of no episode ask for none', async () => {
  const patientId = await newResident(service);
  expect(await costOf([glucose(patientId, 6.4), glucose(patientId, 13.9, { measuredAt: ago(HOUR) })]), statements.join('\n')).toBe(7);
});
