/** Whatever is measured, whenever the device says it was, and through whichever door it comes: a crisis value has a task and a deadline, another one has none. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRandom, type Random } from '../../../domain/kit/random.ts';
import { openCrisisReadingsOf } from '../../support/builders/crisis-readings.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import { component, loinc, quantity } from '../../support/builders/fhir.ts';
import { ago, DAY, HOUR, MINUTE, postReadings } from '../../support/builders/readings.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const SEED = 1_411;
const DRAWS = 80;

type Drawn = { systolic: number; diastolic: number; glucose?: never } | { glucose: number; systolic?: never; diastolic?: never };

const draw = (random: Random): Drawn =>
  random.chance(0.6)
    ? {
        systolic: random.pick([random.integer(80, 240), random.integer(175, 185), random.integer(301, 400), 2_047]),
        diastolic: random.pick([random.integer(50, 150), random.integer(105, 115), random.integer(201, 300), 2_047]),
      }
    : {
        glucose: random.pick([
          random.integer(10, 300) / 10,
          random.integer(160, 170) / 10,
          random.integer(35, 42) / 10,
          random.integer(601, 999) / 10,
          random.integer(0, 5) / 10,
          2_047,
        ]),
      };

/** The thresholds as the documents say them, written down a second time. */
const isDangerous = ({ systolic, diastolic, glucose }: Drawn): boolean => {
  const can = (number: number | undefined, least: number, most: number) => number !== undefined && number >= least && number <= most;
  return can(systolic, 180, 999) || can(diastolic, 110, 999) || can(glucose, 16.7, 999) || can(glucose, 0, 3.9);
};

const fields = (drawn: Drawn) =>
  drawn.glucose === undefined
    ? { kind: 'blood-pressure', systolic: drawn.systolic, diastolic: drawn.diastolic, unit: 'mmHg' }
    : { kind: 'random-glucose', value: drawn.glucose, unit: 'mmol/L' };

const observation = (patientId: string, drawn: Drawn, at: string) => ({
  resourceType: 'Observation',
  identifier: [{ system: 'urn:doors', value: randomUUID() }],
  status: 'final',
  subject: { identifier: { system: 'urn:carepath:patient', value: patientId } },
  effectiveDateTime: at,
  ...(drawn.glucose === undefined
    ? { code: loinc('85354-9'), component: [component('8480-6', drawn.systolic), component('8462-4', drawn.diastolic)] }
    : { code: loinc('15074-8'), valueQuantity: quantity(drawn.glucose) }),
});

const fhir = (path: string, body: unknown) =>
  service.call('gateway', 'POST', path, { body, key: null, headers: { 'content-type': 'application/fhir+json' } });
const bundle = (type: string, resource: unknown) => ({
  resourceType: 'Bundle',
  type,
  entry: [{ resource, request: { method: 'POST', url: 'Observation' } }],
});

type Door = (patientId: string, drawn: Drawn, at: string) => Promise<{ status: number }>;
/** `ofDevices`: what comes through it may have any time; what people write down is of now. */
const doors: Record<string, { ofDevices: boolean; send: Door }> = {
  readings: {
    ofDevices: true,
    send: (patientId, drawn, measuredAt) =>
      postReadings(service, [{ source: 'doors', messageId: randomUUID(), patientId, measuredAt, ...fields(drawn) }]),
  },
  'readings of which another one is wrong': {
    ofDevices: true,
    send: (patientId, drawn, measuredAt) =>
      postReadings(service, [{ source: 'doors', messageId: randomUUID(), patientId, measuredAt, ...fields(drawn) }, { kind: 'none' }]),
  },
  'readings of a nurse': {
    ofDevices: false,
    send: (patientId, drawn, measuredAt) =>
      postReadings(service, [{ source: 'doors', messageId: randomUUID(), patientId, measuredAt, ...fields(drawn) }], 'nurse'),
  },
  Observation: { ofDevices: true, send: (id, drawn, at) => fhir('/fhir/Observation', observation(id, drawn, at)) },
  batch: { ofDevices: true, send: (id, drawn, at) => fhir('/fhir', bundle('batch', observation(id, drawn, at))) },
  transaction: { ofDevices: true, send: (id, drawn, at) => fhir('/fhir', bundle('transaction', observation(id, drawn, at))) },
  'an Observation of a status that is refused': {
    ofDevices: true,
    send: (id, drawn, at) => fhir('/fhir/Observation', { ...observation(id, drawn, at), status: 'amended' }),
  },
};

const times = [() => ago(MINUTE), () => ago(5 * DAY), () => ago(-8 * HOUR), () => '2000-01-01T00:03:00Z', () => ago(400 * DAY)];

test(`${DRAWS} drawn readings over all doors (seed ${SEED})`, { timeout: 600_000 }, async () => {
  const random = createRandom(SEED);
  const names = Object.keys(doors);
  const sent: { id: string; what: string; dangerous: boolean }[] = [];
  for (let n = 0; n < DRAWS; n += 1) {
    const name = names[n % names.length] as string;
    const { ofDevices, send } = doors[name] as (typeof doors)[string];
    const drawn = draw(random);
    const at = ofDevices ? random.pick(times)() : ago(MINUTE);
    const id = await newResident(service);
    const { status } = await send(id, drawn, at);
    expect(status, name).toBeLessThan(500);
    sent.push({ id, what: `${name}: ${JSON.stringify(drawn)} at ${at}`, dangerous: isDangerous(drawn) });
  }
  await deliverAll(service);
  for (const { id, what, dangerous } of sent) {
    expect([what, (await openCrisisReadingsOf(service, id)).length]).toEqual([what, dangerous ? 1 : 0]);
    if (!dangerous) continue;
    await expect
      .poll(
        () =>
          service.db
            .selectFrom('task')
            .select(['status', 'due_at'])
            .where('patient_id', '=', id)
            .where('name', '=', 'confirm-reading')
            .execute(),
        { timeout: 20_000 },
      )
      .toMatchObject([{ status: 'open', due_at: expect.any(Date) }]);
  }
  expect(sent.filter(({ dangerous }) => dangerous).length).toBeGreaterThan(DRAWS / 4);
});
