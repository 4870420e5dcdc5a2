/** HL7 v2 over MLLP: the same messages and answers, and a connection that survives whatever the other side does. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MllpServer, startMllpServer } from '../../api/hl7v2/mllp-server.ts';
import { createGate } from '../../api/kit/gate.ts';
import type { ApiDependencies } from '../../api/kit/operation.ts';
import { createLog } from '../../platform/log.ts';
import { createMetrics } from '../../platform/metrics.ts';
import * as his from '../support/builders/hl7v2.ts';
import { frame, MllpLine } from '../support/builders/mllp-line.ts';
import { newReferral } from '../support/builders/referrals.ts';
import { complaintsOf } from '../support/oracles/hl7v2-validators.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;
let deps: ApiDependencies;
let server: MllpServer;
beforeAll(async () => {
  service = await startService();
  const { config, db, client, tokens } = service;
  deps = { config, db, client, tokens, log: createLog('api', 'silent'), metrics: createMetrics(), gate: createGate(7), checkAnswers: true };
});
afterAll(() => service?.stop());
beforeEach(async () => {
  server = await startMllpServer(deps, { host: '127.0.0.1', port: 0, account: 'gateway' });
});
afterEach(() => server.stop());

const answering = { from: 'inst-h1', to: 'inst-c01' };
async function referral() {
  const { id: patientId, pid } = await his.newPatient(service);
  const { body } = await service.post(
    'gp',
    '/v1/referrals',
    await newReferral(service, { patientId, toDepartmentId: 'dept-h1-cardiology' }),
  );
  return { id: body.id as string, parts: { ...answering, number: body.id as string, patient: pid } };
}
const statusOf = async (id: string) => (await service.get('gp', `/v1/referrals/${id}`)).body.businessStatus;

test('a message is answered in a frame of its own, and does what it says', async () => {
  const { id, parts } = await referral();
  const line = new MllpLine(server.port);
  const message = his.accept(parts);
  line.socket.write(frame(message));
  const [answer = ''] = await line.answers(1);
  expect(his.read({ text: answer })).toMatchObject({ code: 'AA', errors: [] });
  expect(complaintsOf(answer)).toEqual([]);
  expect(await statusOf(id)).toBe('3.0');
  const http = await (await his.hisOf(service, 'inst-h1')).send(message);
  expect(his.read(http).code, 'another account: its own control ids').toBe('AE');
  line.end();
});

test('many messages at once are answered in their order', async () => {
  const { id, parts } = await referral();
  const line = new MllpLine(server.port);
  const messages = [
    his.accept(parts),
    his.appointment(parts),
    his.interim(parts),
    his.interim(parts),
    his.outcome(parts),
    his.interim(parts),
  ];
  line.socket.write(Buffer.concat(messages.map(frame)));
  const answers = (await line.answers(6)).map((text) => his.read({ text }));
  expect(answers.map(({ code }) => code)).toEqual(['AA', 'AA', 'AA', 'AA', 'AA', 'AE']);
  expect(answers.map(({ controlId }) => controlId)).toEqual(messages.map((message) => message.split('|')[9]));
  expect(await statusOf(id)).toBe('7.0');
  line.end();
});

test('a message in portions of one byte, with line breaks between two messages', async () => {
  const { parts } = await referral();
  const line = new MllpLine(server.port);
  line.socket.setNoDelay(true);
  for (const byte of Buffer.concat([frame(his.accept(parts)), Buffer.from('\r\n'), frame(his.interim(parts))]))
    line.socket.write(Buffer.of(byte));
  expect((await line.answers(2)).map((text) => his.read({ text }).code)).toEqual(['AA', 'AA']);
  line.end();
});

test('whoever closes its side after the message still gets the answer', async () => {
  const { parts } = await referral();
  const line = new MllpLine(server.port);
  line.socket.end(frame(his.accept(parts)));
  expect(his.read({ text: (await line.answers(1))[0] as string }).code).toBe('AA');
  await line.closed;
});

test('whoever hangs up without waiting has still been heard, and asks again', async () => {
  const { id, parts } = await referral();
  const message = frame(his.accept(parts));
  const gone = new MllpLine(server.port);
  await new Promise<void>((resolve) => gone.socket.write(message, () => resolve()));
  gone.socket.destroy();
  const line = new MllpLine(server.port);
  line.socket.write(message);
  expect(his.read({ text: (await line.answers(1))[0] as string }).code).toBe('AA');
  expect(await statusOf(id)).toBe('3.0');
  line.end();
});

describe('a frame that is none is answered with AR, and the connection ends', () => {
  test.each([
    ['without a start', () => Buffer.from('MSH|^~\\&|\u001c\r')],
    ['without a carriage return after the end', () => Buffer.from('\u000bMSH|^~\\&|\u001cX')],
    ['that is too large', () => Buffer.concat([Buffer.from('\u000b'), Buffer.alloc(300_000, 'x')])],
  ])('%s', (_, bytes) => expectRefused(server, bytes()));

  test('that never ends', async () => {
    const impatient = await startMllpServer(deps, { host: '127.0.0.1', port: 0, account: 'gateway', frameWithinMs: 500 });
    await expectRefused(impatient, Buffer.from('\u000bMSH|^~\\&|HIS'));
    await impatient.stop();
  });

  async function expectRefused({ port }: MllpServer, bytes: Buffer): Promise<void> {
    const line = new MllpLine(port);
    line.socket.write(bytes);
    const [answer = ''] = await line.answers(1);
    expect(his.read({ text: answer })).toMatchObject({ code: 'AR', errors: [{ condition: '207' }] });
    await line.closed;
  }

  test('nothing but noise, and a message that cannot be read: the next connection is served', async () => {
    const { parts } = await referral();
    const noise = new MllpLine(server.port);
    noise.socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]));
    await noise.closed;
    const line = new MllpLine(server.port);
    line.socket.write(Buffer.concat([frame('hello'), frame(his.accept(parts))]));
    expect((await line.answers(2)).map((text) => his.read({ text }).code)).toEqual(['AR', 'AA']);
    line.end();
  });
});

test('stopping: what was taken is answered, then the connections close', async () => {
  const { id, parts } = await referral();
  const line = new MllpLine(server.port);
  const idle = new MllpLine(server.port);
  // Its commit waits for this transaction, so the message is under way while the server stops.
  const held = await service.db.startTransaction().execute();
  await held.selectFrom('pathway').select('id').where('id', '=', id).forUpdate().execute();
  line.socket.write(frame(his.accept(parts)));
  const taken = service.db.selectFrom('command').select('name').where('pathway_id', '=', id).where('name', '=', 'send-acceptance');
  await expect.poll(() => taken.execute()).toHaveLength(1);
  const stopped = server.stop();
  await held.commit().execute();
  await stopped;
  expect(his.read({ text: (await line.answers(1))[0] as string }).code).toBe('AA');
  await Promise.all([line.closed, idle.closed]);
  expect(await statusOf(id)).toBe('3.0');
});

test('an account that is no machine’s is not served', async () => {
  const other = await startMllpServer(deps, { host: '127.0.0.1', port: 0, account: 'gp' });
  const line = new MllpLine(other.port);
  line.socket.write(frame(his.accept({ ...answering, number: 'x' })));
  expect(his.read({ text: (await line.answers(1))[0] as string }).code).toBe('AR');
  line.end();
  await other.stop();
});

test('the enhanced mode over MLLP: stored first, then what became of it, each in a frame; an acknowledgement is not acknowledged', async () => {
  const line = new MllpLine(server.port);
  const enhanced = { ...answering, number: his.newNumber(), msh: { 15: 'AL', 16: 'AL' } };
  const acknowledgement = `MSH|^~\\&|HIS|inst-h1|CAREPATH|inst-c01|20260101080000||ACK^O19|${his.newControlId()}|P|2.5.1\rMSA|AA|nobody\r`;
  line.socket.write(Buffer.concat([frame(his.accept(enhanced)), frame(acknowledgement), frame(his.accept({ ...answering, number: 'x' }))]));
  const answers = (await line.answers(3)).map((text) => his.read({ text }));
  expect(answers.map(({ code }) => code)).toEqual(['CA', 'AE', 'AE']);
  expect(answers[0]?.controlId).toBe(answers[1]?.controlId);
  expect(answers[2]?.controlId).not.toBe(answers[1]?.controlId);
  line.end();
  await line.closed;
});
