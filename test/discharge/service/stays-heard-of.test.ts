/** What others hear of a stay that messages tell of: the episode of it, those of the stays before, and the resident's follow-up. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { DAY_MS } from '../../../domain/time/shanghai.ts';
import { followUpsOn } from '../../support/builders/enrolments.ts';
import { deliverAll, newFact, newRelay, newResident, postFact } from '../../support/builders/facts.ts';
import * as his from '../../support/builders/hl7v2.ts';
import { type AdtParts, adt, newVisitNumber, pidOf } from '../../support/builders/stays.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let hospital: his.HisSystem;
beforeAll(async () => {
  service = await startService();
  hospital = await his.hisOf(service, 'inst-h1');
});
afterAll(() => service?.stop());

const follow = followUpsOn(() => service);
const send = async (parts: AdtParts) => his.read(await hospital.send(adt(parts)));

interface Episode {
  id: string;
  status: string;
  endReason: string | null;
  patientId: string;
  stay: { departmentId: string | null; dischargedAt: string | null; disposition: string | null };
}
const episodeOf = async (visitNumber: string): Promise<Episode | undefined> =>
  (await service.get('office', `/v1/episodes?visitNumber=${visitNumber}`)).body.items[0];

/** Brings what is owed to its pathways until the episode is as it is expected to be; a busy machine takes its time. */
const expectEpisode = (visitNumber: string, expected: object) =>
  expect
    .poll(async () => {
      await newRelay(service).relayOnce();
      return episodeOf(visitNumber);
    })
    .toMatchObject(expected);

test('the first standing begins an episode, and each later one reaches it', async () => {
  const patientId = await newResident(service);
  const [patient, visitNumber] = [pidOf(patientId), newVisitNumber()];
  await send({ event: 'A01', patient, visitNumber, department: 'cardiology' });
  await expectEpisode(visitNumber, { status: 'admitted', patientId, stay: { departmentId: 'dept-h1-cardiology' } });
  await send({ event: 'A03', patient, visitNumber, recordedAt: '20261002080000', disposition: '07' });
  await expectEpisode(visitNumber, { status: 'discharged', stay: { disposition: 'against-advice' } });
  await send({ event: 'A13', patient, visitNumber, recordedAt: '20261002120000' });
  await expectEpisode(visitNumber, { status: 'admitted' });
  await send({ event: 'A11', patient, visitNumber, recordedAt: '20261002130000' });
  await expectEpisode(visitNumber, { status: 'ended', endReason: 'cancelled' });
}, 120_000);

test('an episode rests while the person is in hospital again, ends with that discharge, and goes on when there was no admission', async () => {
  const patient = pidOf(await newResident(service));
  const [first, second] = [newVisitNumber(), newVisitNumber()];
  // The later stay becomes known first.
  await send({ event: 'A01', patient, visitNumber: second, recordedAt: '20261012080000' });
  await expectEpisode(second, { status: 'admitted' });
  await send({ event: 'A01', patient, visitNumber: first });
  await send({ event: 'A03', patient, visitNumber: first, recordedAt: '20261002080000' });
  const readmission = { episodeId: (await episodeOf(second))?.id, daysAfter: 10, planned: false, within30: true };
  await expectEpisode(first, { status: 'suspended', readmission });
  const later = (event: AdtParts['event'], recordedAt: string) => send({ event, patient, visitNumber: second, recordedAt });
  await later('A11', '20261013080000');
  await expectEpisode(first, { status: 'discharged', readmission: null });
  await later('A01', '20261014080000');
  await expectEpisode(first, { status: 'suspended' });
  await later('A03', '20261015080000');
  await expectEpisode(first, { status: 'ended', endReason: 'readmitted' });
  await later('A13', '20261015090000');
  await expectEpisode(first, { status: 'suspended' });
}, 120_000);

test('a result is listed in the stay, and makes a pending order afterwards', async () => {
  const patientId = await newResident(service);
  const visitNumber = newVisitNumber();
  const told = (number: string, name: string) =>
    postFact(service, newFact({ type: 'result-reported', patientId, institutionId: 'inst-h1', visitNumber, number, name }));
  // It comes before anybody has told of the stay.
  await told('LAB-1', 'TSH');
  await send({ event: 'A01', patient: pidOf(patientId), visitNumber });
  await expect.poll(() => episodeOf(visitNumber)).toBeDefined();
  await deliverAll(service);
  expect(await episodeOf(visitNumber)).toMatchObject({ results: [{ number: 'LAB-1', name: 'TSH', toldAt: null }] });
  await send({ event: 'A03', patient: pidOf(patientId), visitNumber, recordedAt: '20261002080000' });
  await told('LAB-2', '病理');
  await deliverAll(service);
  const { orders } = (await episodeOf(visitNumber)) as unknown as { orders: { kind: string; title: string; state: string }[] };
  const results = orders.filter(({ kind }) => kind === 'pending-result');
  expect(results.map(({ kind, title, state }) => [kind, title, state === 'closed'])).toEqual([
    ['pending-result', 'TSH', false],
    ['pending-result', '病理', false],
  ]);
});

test('an episode of somebody who died before it became known begins so', async () => {
  const [first, second] = [newVisitNumber(), newVisitNumber()];
  const patient = pidOf(await newResident(service));
  await send({ event: 'A01', patient, visitNumber: first, death: 'Y' });
  await expect.poll(() => episodeOf(first)).toBeDefined();
  await deliverAll(service);
  expect(await episodeOf(first)).toMatchObject({ status: 'ended', endReason: 'died' });
  await send({ event: 'A03', patient, visitNumber: second, disposition: '01' });
  await expect.poll(() => episodeOf(second)).toBeDefined();
  await deliverAll(service);
  expect(await episodeOf(second)).toMatchObject({ status: 'ended', endReason: 'died' });
});

test('a follow-up is paused by the admission, goes on with the discharge, and is paused again when it is taken back', async () => {
  const patientId = await newResident(service, 'inst-c01', { birthDate: '1960-01-01' });
  const { id } = await follow.enrol('htn-2017', patientId);
  const enrolment = () => follow.read(id);
  const [patient, visitNumber] = [pidOf(patientId), newVisitNumber()];
  const hl7 = (minutesAgo: number) =>
    `${new Date(Date.now() - minutesAgo * 60_000).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}+0000`;
  const statusAfter = async (parts: Partial<AdtParts> & Pick<AdtParts, 'event'>) => {
    await send({ patient, visitNumber, ...parts });
    await deliverAll(service);
    return (await enrolment()).status;
  };
  expect(await statusAfter({ event: 'A01', recordedAt: hl7(4) })).toBe('paused');
  expect(await statusAfter({ event: 'A03', recordedAt: hl7(3) })).toBe('active');
  const latest = localDateOf(Date.now() + 30 * DAY_MS);
  expect((await enrolment()).nextVisit.dueOn <= latest).toBe(true);
  expect(await statusAfter({ event: 'A13', recordedAt: hl7(2) })).toBe('paused');
  expect(await statusAfter({ event: 'A11', recordedAt: hl7(1) })).toBe('active');
  const told = await service.db
    .selectFrom('fact')
    .select('type')
    .where('source', '=', 'carepath')
    .where('patient_id', '=', patientId)
    .orderBy('recorded_at')
    .execute();
  expect(told.map(({ type }) => type)).toEqual(['patient-admitted', 'patient-discharged', 'patient-admitted', 'admission-cancelled']);
});
