/** A hospital's register tells of whole stays over MLLP, repeated and out of order: what an episode comes to is the same. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MllpServer, startMllpServer } from '../../../api/hl7v2/mllp-server.ts';
import { createGate } from '../../../api/kit/gate.ts';
import { createLog } from '../../../platform/log.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { deliverAll, newResident } from '../../support/builders/facts.ts';
import * as his from '../../support/builders/hl7v2.ts';
import { frame, MllpLine } from '../../support/builders/mllp-line.ts';
import { type AdtParts, adt } from '../../support/builders/stays.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let server: MllpServer;
beforeAll(async () => {
  service = await startService();
  const { config, db, client, tokens } = service;
  const log = createLog('api', 'silent');
  const deps = { config, db, client, tokens, log, metrics: createMetrics(), gate: createGate(7), checkAnswers: true };
  server = await startMllpServer(deps, { host: '127.0.0.1', port: 0, account: 'gateway' });
});
afterAll(async () => {
  await server?.stop();
  await service?.stop();
});

/** Admitted, moved, corrected, discharged in error, taken back, moved back, and discharged for good: in the order in which it was written. */
const written: readonly Partial<AdtParts>[] = [
  { event: 'A01', recordedAt: '20261001080000', admittedAt: '20261001073000', department: 'cardiology', admissionType: 'E' },
  { event: 'A02', recordedAt: '20261002080000', department: 'neurology' },
  { event: 'A08', recordedAt: '20261003080000', admissionType: 'U' },
  { event: 'A03', recordedAt: '20261004080000', dischargedAt: '20261004080000', disposition: '02' },
  { event: 'A13', recordedAt: '20261004120000' },
  { event: 'A12', recordedAt: '20261005080000' },
  { event: 'A03', recordedAt: '20261006100000', dischargedAt: '20261006093000', disposition: '01' },
  { event: 'A08', recordedAt: '20261006110000', dischargedAt: '20261006090000' },
];

/** Sends the messages over one connection, all at once. @returns what each was answered */
async function send(messages: readonly string[]): Promise<string[]> {
  const line = new MllpLine(server.port);
  line.socket.write(Buffer.concat(messages.map(frame)));
  const answers = await line.answers(messages.length);
  line.end();
  await line.closed;
  return answers.map((text) => his.read({ text }).code);
}

test.each([
  ['as it was written', (messages: string[]) => messages],
  ['backwards', (messages: string[]) => messages.toReversed()],
  ['the discharge first, and everything twice', (messages: string[]) => [...messages.slice(3), ...messages, ...messages.slice(0, 3)]],
])('a whole stay that is told %s is one episode, discharged as the last message says', { timeout: 90_000 }, async (_, inOrder) => {
  const [patientId, visitNumber] = [await newResident(service, 'inst-c01', { phone: '13900004101' }), `V-${randomUUID().slice(0, 8)}`];
  const messages = written.map((parts) => adt({ event: 'A01', patient: `${patientId}^^^CAREPATH^PI`, visitNumber, ...parts }));
  const sent = inOrder(messages);
  expect(await send(sent)).toEqual(sent.map(() => 'AA'));

  const episodesOfVisit = async () => (await service.get('office', `/v1/episodes?visitNumber=${visitNumber}`)).body.items;
  await expect.poll(episodesOfVisit, { timeout: 30_000 }).toHaveLength(1);
  await deliverAll(service);
  const [episode] = await episodesOfVisit();
  expect(episode).toMatchObject({
    status: 'discharged',
    patientId,
    stay: {
      admittedAt: '2026-09-30T23:30:00.000Z',
      dischargedAt: '2026-10-06T01:00:00.000Z',
      departmentId: 'dept-h1-cardiology',
      admissionType: 'urgent',
      disposition: 'home',
    },
  });
  const stored = service.db.selectFrom('visit_message').innerJoin('visit', 'visit.id', 'visit_message.visit_id').select('event');
  expect(await stored.where('visit_number', '=', visitNumber).execute()).toHaveLength(written.length);
});

test('a stay that was admitted in error ends as cancelled, whichever of its messages comes first', { timeout: 90_000 }, async () => {
  const patient = `${await newResident(service, 'inst-c01', { phone: '13900004102' })}^^^CAREPATH^PI`;
  const visitNumber = `V-${randomUUID().slice(0, 8)}`;
  const [admission, cancellation] = [
    adt({ event: 'A01', patient, visitNumber, recordedAt: '20261001080000' }),
    adt({ event: 'A11', patient, visitNumber, recordedAt: '20261001090000' }),
  ];
  expect(await send([cancellation, admission, cancellation])).toEqual(['AA', 'AA', 'AA']);
  const episodes = async () => (await service.get('office', `/v1/episodes?visitNumber=${visitNumber}`)).body.items;
  await expect.poll(episodes, { timeout: 30_000 }).toMatchObject([{ status: 'ended', endReason: 'cancelled' }]);
});
