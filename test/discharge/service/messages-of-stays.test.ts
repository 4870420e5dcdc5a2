/** Messages about stays in hospital come in by HL7 v2 and as facts: what they say together stands, whatever their order. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VisitMessage } from '../../../domain/discharge/standing.ts';
import { newFact, newResident, postFact, reportFact, residentOf } from '../../support/builders/facts.ts';
import * as his from '../../support/builders/hl7v2.ts';
import { type AdtParts, adt, newVisitNumber, pidOf } from '../../support/builders/stays.ts';
import { type Review, visitsOn } from '../../support/builders/visits-on-service.ts';
import { readStanding } from '../../support/oracles/visit-standing.ts';
import { type Service, startService } from '../../support/service/service.ts';

let service: Service;
let hospital: his.HisSystem;
beforeAll(async () => {
  service = await startService();
  hospital = await his.hisOf(service, 'inst-h1');
});
afterAll(() => service?.stop());

const PATIENTS = 'urn:his-h1';
const send = async (parts: AdtParts) => his.read(await hospital.send(adt(parts)));
const codesOf = ({ errors }: his.Acknowledged) => errors.map(({ code }) => code);

const { visitOf, reviewsOf } = visitsOn(() => service);
const resolve = (id: string, body: object) => service.post('office', `/v1/identity-reviews/${id}/resolve`, body);

describe('by HL7 v2', () => {
  test('a stay from the admission to the discharge is one standing, and each change has a number', async () => {
    const patient = pidOf(await newResident(service));
    const visitNumber = newVisitNumber();
    const admitted = await send({
      event: 'A01',
      patient,
      visitNumber,
      department: 'cardiology^12^3',
      admissionType: 'E',
      admittedAt: '20261001080000',
    });
    expect([admitted.code, admitted.errors]).toEqual(['AA', []]);
    expect(await visitOf(visitNumber)).toMatchObject({
      number: 1,
      standing: {
        status: 'admitted',
        departmentCode: 'cardiology',
        admissionType: 'emergency',
        admittedAt: Date.parse('2026-10-01T00:00:00Z'),
      },
    });
    const discharged = await send({
      event: 'A03',
      patient,
      visitNumber,
      recordedAt: '20261005100000',
      dischargedAt: '20261005093000',
      disposition: '07',
    });
    expect([discharged.code, discharged.errors]).toEqual(['AA', []]);
    expect(await visitOf(visitNumber)).toMatchObject({
      number: 2,
      standing: { status: 'discharged', disposition: 'against-advice', dischargedAt: Date.parse('2026-10-05T01:30:00Z') },
    });
  });

  test('what is not understood of it is named, and what changes nothing is noted', async () => {
    const patient = pidOf(await newResident(service));
    const visitNumber = newVisitNumber();
    expect(codesOf(await send({ event: 'A08', patient, visitNumber }))).toEqual(['noted']);
    expect(codesOf(await send({ event: 'A01', patient, visitNumber: newVisitNumber(), patientClass: 'O' }))).toEqual(['noted']);
    const admission = { event: 'A01', patient, visitNumber, department: '火星科' } as const;
    expect(codesOf(await send(admission))).toEqual(['department-unknown']);
    const discharge = { event: 'A03', patient, visitNumber, disposition: '99' } as const;
    expect(codesOf(await send(discharge))).toEqual(['disposition-unknown']);
    const cancelled = newVisitNumber();
    await send({ event: 'A11', patient, visitNumber: cancelled });
    expect(codesOf(await send({ event: 'A13', patient, visitNumber: cancelled, recordedAt: '20261002080000' }))).toEqual([
      'noted',
      'held-for-review',
    ]);
    expect((await reviewsOf(cancelled)).map(({ reason }) => reason)).toEqual(['contradicting-message']);
  });

  test.each([
    ['no class', { patientClass: '' }, 'PV1^1^2', '101'],
    ['no visit number', { visitNumber: '' }, 'PV1^1^19', '101'],
    ['no patient', { patient: '' }, 'PID^1^3', '101'],
    ['an admission that is no time', { admittedAt: '2026-10-01' }, 'PV1^1^44', '102'],
    ['a discharge that is no time', { dischargedAt: 'gestern' }, 'PV1^1^45', '102'],
    ['a time of writing that is none', { recordedAt: '20261399' }, 'EVN^1^2', '102'],
  ])('%s is refused by its place', async (_, over, place, condition) => {
    const answer = await send({ event: 'A01', patient: pidOf('patient-0001'), visitNumber: newVisitNumber(), ...over });
    expect([answer.code, answer.errors[0]?.place, answer.errors[0]?.condition]).toEqual(['AE', place, condition]);
  });

  test('a record is not merged into itself, and an unknown survivor is held', async () => {
    const [kept, merged] = [await newResident(service), await newResident(service)];
    const same = await send({ event: 'A40', patient: pidOf(kept), merged: pidOf(kept) });
    expect([same.code, same.errors[0]?.place, same.errors[0]?.condition]).toEqual(['AE', 'MRG^1^1', '205']);
    const unknown = await send({ event: 'A40', patient: `${randomUUID()}^^^${PATIENTS}`, merged: pidOf(merged) });
    expect([unknown.code, codesOf(unknown)]).toEqual(['AA', ['held-for-review']]);
  });
});

describe('held for review', () => {
  test('one decision releases all messages of a number that nobody knew, with the death among them', async () => {
    const patientId = await newResident(service);
    const patient = `${randomUUID()}^^^${PATIENTS}`;
    const [first, second] = [newVisitNumber(), newVisitNumber()];
    const held = [
      await send({ event: 'A01', patient, visitNumber: first }),
      await send({ event: 'A03', patient, visitNumber: first, recordedAt: '20261002080000', disposition: '01' }),
      await send({ event: 'A01', patient, visitNumber: second, recordedAt: '20261003080000' }),
      await send({ event: 'A03', patient, visitNumber: second, recordedAt: '20261004080000', disposition: '20' }),
    ];
    expect(held.map((answer) => [answer.code, codesOf(answer)])).toEqual(Array(4).fill(['AA', ['held-for-review']]));
    expect(await visitOf(first)).toMatchObject({ number: 0, standing: null, patient_id: null });
    const [review] = await reviewsOf(first);
    expect((await resolve((review as Review).id, { patientId: 'patient-of-nobody' })).status).toBe(422);
    expect((await resolve((review as Review).id, { patientId })).status).toBe(200);
    expect([...(await reviewsOf(first)), ...(await reviewsOf(second))]).toEqual([]);
    expect(await visitOf(first)).toMatchObject({ patient_id: patientId, standing: { status: 'discharged' } });
    expect(await visitOf(second)).toMatchObject({ patient_id: patientId, standing: { status: 'discharged', disposition: 'died' } });
    expect((await residentOf(service, patientId)).deceasedAt).not.toBeNull();
    // Who the number means has been answered: the next message is not held.
    expect(codesOf(await send({ event: 'A08', patient, visitNumber: first, recordedAt: '20261002090000' }))).toEqual([]);
  });

  test('a visit number with another person’s PID waits, and a merger that makes them one releases it', async () => {
    const [one, other] = [await newResident(service), await newResident(service)];
    const visitNumber = newVisitNumber();
    await send({ event: 'A01', patient: pidOf(one), visitNumber });
    const wrong = await send({ event: 'A03', patient: pidOf(other), visitNumber, recordedAt: '20261002080000' });
    expect([wrong.code, codesOf(wrong)]).toEqual(['AA', ['held-for-review']]);
    expect(await visitOf(visitNumber)).toMatchObject({ number: 1, standing: { status: 'admitted' } });
    const [review] = await reviewsOf(visitNumber);
    expect(review).toMatchObject({ reason: 'visit-of-another-patient', fact: { type: 'patient-discharged' } });
    expect((await resolve((review as Review).id, { patientId: other })).status).toBe(422);
    await reportFact(service, { type: 'patients-merged', patientId: other, survivorPatientId: one });
    expect(await visitOf(visitNumber)).toMatchObject({ number: 2, standing: { status: 'discharged' } });
    expect(await reviewsOf(visitNumber)).toEqual([]);
  });

  test('a merger that is taken back takes its messages back too', async () => {
    const [one, other] = [await newResident(service), await newResident(service)];
    const visitNumber = newVisitNumber();
    await send({ event: 'A01', patient: pidOf(one), visitNumber });
    const merger = newFact({ type: 'patients-merged', patientId: other, survivorPatientId: one });
    await postFact(service, merger);
    await send({ event: 'A03', patient: pidOf(other), visitNumber, recordedAt: '20261002080000' });
    expect(await visitOf(visitNumber)).toMatchObject({ number: 2, standing: { status: 'discharged' } });
    const { source, messageId } = merger;
    await postFact(service, newFact({ type: 'fact-retracted', patientId: other, retracts: { source, messageId } }));
    const { items } = (await service.get('office', '/v1/identity-reviews?limit=200')).body;
    const retraction = items.find((review: { reason: string }) => review.reason === 'fact-retracted');
    expect((await resolve(retraction.id, { patientId: other })).status).toBe(200);
    expect(await visitOf(visitNumber)).toMatchObject({ number: 3, standing: { status: 'admitted' } });
    expect((await reviewsOf(visitNumber)).map(({ reason }) => reason)).toEqual(['visit-of-another-patient']);
  });

  test('a number that is somebody’s by the register and another’s by the message is held', async () => {
    const patientId = await newResident(service);
    const visitNumber = newVisitNumber();
    const answer = await send({ event: 'A01', patient: pidOf(patientId), person: '李四^^^^^^L||19990909|M', visitNumber });
    expect([answer.code, codesOf(answer)]).toEqual(['AA', ['held-for-review']]);
    const [review] = await reviewsOf(visitNumber);
    expect((await resolve((review as Review).id, { patientId })).status).toBe(200);
    expect(await visitOf(visitNumber)).toMatchObject({ patient_id: patientId, standing: { status: 'admitted' } });
  });

  test('a review that the messages ask for no more closes itself', async () => {
    const patientId = await newResident(service);
    const patient = pidOf(patientId);
    const [first, second] = [newVisitNumber(), newVisitNumber()];
    await send({ event: 'A01', patient, visitNumber: first });
    await send({ event: 'A01', patient, visitNumber: second, recordedAt: '20261003080000' });
    expect((await reviewsOf(second)).map(({ reason }) => reason)).toEqual(['two-open-stays']);
    await send({ event: 'A03', patient, visitNumber: first, recordedAt: '20261002080000' });
    expect(await reviewsOf(second)).toEqual([]);
    // A discharge of what was cancelled contradicts, until the hospital tells of the admission that came between.
    const third = newVisitNumber();
    await send({ event: 'A11', patient, visitNumber: third, recordedAt: '20261004080000' });
    await send({ event: 'A03', patient, visitNumber: third, recordedAt: '20261006080000' });
    expect((await reviewsOf(third)).map(({ reason }) => reason)).toEqual(['contradicting-message']);
    await send({ event: 'A01', patient, visitNumber: third, recordedAt: '20261005080000' });
    expect((await reviewsOf(third)).map(({ reason }) => reason)).toEqual([]);
  });

  test.each(['death first', 'admission first'])('an admission after the death is for people to look at: %s', async (order) => {
    const patientId = await newResident(service);
    const visitNumber = newVisitNumber();
    const die = () => reportFact(service, { patientId, occurredAt: '2026-09-30T00:00:00Z' });
    if (order === 'death first') await die();
    await send({ event: 'A01', patient: pidOf(patientId), visitNumber });
    if (order !== 'death first') await die();
    const [review] = await reviewsOf(visitNumber);
    expect(review?.reason).toBe('death-contradicted');
    expect((await resolve((review as Review).id, { patientId })).status).toBe(422);
    expect((await resolve((review as Review).id, { dismissReason: '住院号录错' })).status).toBe(200);
    await send({ event: 'A08', patient: pidOf(patientId), visitNumber, recordedAt: '20261002080000' });
    expect(await reviewsOf(visitNumber)).toEqual([]);
  });
});

describe('HL7 and facts are one fold', () => {
  test('a fact of a stay and a message of it change the same standing; without a visit number there is no stay', async () => {
    const patientId = await newResident(service);
    const visitNumber = newVisitNumber();
    const stay = { patientId, institutionId: 'inst-h1', visitNumber };
    const told = (fact: object) => postFact(service, newFact({ ...stay, ...fact }));
    const admitted = await told({
      type: 'patient-admitted',
      planned: true,
      departmentCode: 'cardiology',
      occurredAt: '2026-10-01T00:00:00Z',
    });
    expect([admitted.status, admitted.body]).toEqual([202, { factId: expect.any(String), duplicate: false }]);
    await send({ event: 'A02', patient: pidOf(patientId), visitNumber, department: 'neurology', recordedAt: '20261002080000' });
    expect(await visitOf(visitNumber)).toMatchObject({
      number: 2,
      standing: { status: 'admitted', departmentCode: 'neurology', admissionType: 'elective', departmentsBefore: ['cardiology'] },
    });
    await told({ type: 'transfer-cancelled', occurredAt: '2026-10-02T02:00:00Z' });
    await told({ type: 'patient-discharged', disposition: 'institution', occurredAt: '2026-10-03T02:00:00Z' });
    await told({ type: 'visit-updated', dischargedAt: '2026-10-03T03:00:00Z', occurredAt: '2026-10-03T04:00:00Z' });
    expect(await visitOf(visitNumber)).toMatchObject({
      number: 5,
      standing: {
        status: 'discharged',
        departmentCode: 'cardiology',
        disposition: 'institution',
        dischargedAt: Date.parse('2026-10-03T03:00:00Z'),
      },
    });
    await told({ type: 'discharge-cancelled', occurredAt: '2026-10-03T03:00:00Z', recordedAt: '2026-10-03T05:00:00Z' });
    expect(await visitOf(visitNumber)).toMatchObject({ standing: { status: 'admitted' } });
    expect((await told({ type: 'result-reported', number: 'LAB-1', name: 'TSH' })).status).toBe(202);
    expect((await told({ type: 'patient-transferred' })).status).toBe(422);
    expect((await told({ type: 'patient-discharged', institutionId: 'inst-nowhere' })).status).toBe(422);
    const visits = () =>
      service.db
        .selectFrom('visit')
        .select(({ fn }) => fn.countAll<string>().as('n'))
        .executeTakeFirstOrThrow();
    const before = await visits();
    expect((await postFact(service, newFact({ type: 'patient-admitted', patientId, institutionId: 'inst-h1' }))).status).toBe(202);
    expect(await visits()).toEqual(before);
  });

  test('forty messages in three orders give the standing that the second reading of the table gives', async () => {
    const events = ['A01', 'A08', 'A02', 'A12', 'A03', 'A13', 'A08', 'A11'] as const;
    const messages = Array.from({ length: 40 }, (_, index): VisitMessage => {
      const recordedAt = Date.parse('2026-10-01T00:00:00Z') + ((index * 7) % 23) * 3_600_000;
      const event = events[(index * 5) % events.length] as VisitMessage['event'];
      const some = <Value>(value: Value, every: number) => (index % every === 0 ? value : null);
      return {
        id: `M${index}`,
        event,
        recordedAt,
        occurredAt: some(recordedAt - 600_000, 3),
        admittedAt: some(recordedAt - 86_400_000, 4),
        dischargedAt: some(recordedAt + 600_000, 5),
        departmentCode: some(`ward-${index % 4}`, 2),
        admissionType: some('urgent', 6),
        disposition: some('institution', 7),
        isInpatient: index % 11 !== 10,
      };
    });
    const wanted = readStanding(messages).standing;
    const hl7 = (at: number | null) => (at === null ? '' : `${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}+0000`);
    const orders = [messages, messages.toReversed(), messages.toSorted((one, other) => (one.id.slice(-1) < other.id.slice(-1) ? -1 : 1))];
    for (const order of orders) {
      const patientId = await newResident(service);
      const visitNumber = newVisitNumber();
      for (const message of [...order, ...order.slice(0, 3)])
        await send({
          event: message.event,
          controlId: `${visitNumber}-${message.id.padStart(4, '0')}`,
          patient: pidOf(patientId),
          visitNumber,
          recordedAt: hl7(message.recordedAt),
          occurredAt: hl7(message.occurredAt),
          admittedAt: hl7(message.admittedAt),
          dischargedAt: hl7(message.dischargedAt),
          department: message.departmentCode ?? '',
          admissionType: message.admissionType === null ? '' : 'U',
          disposition: message.disposition === null ? '' : '03',
          patientClass: message.isInpatient ? 'I' : 'O',
        });
      expect((await visitOf(visitNumber)).standing).toMatchObject({ ...wanted });
    }
  }, 120_000);
});

test('messages of one stay that come at once are one standing, and each is stored', async () => {
  const patientId = await newResident(service);
  const [visitNumber, other] = [newVisitNumber(), newVisitNumber()];
  const events = ['A01', 'A08', 'A02', 'A03', 'A13', 'A03'] as const;
  const sent = await Promise.all(
    Array.from({ length: 24 }, (_, index) =>
      send({
        event: events[index % events.length] as AdtParts['event'],
        patient: pidOf(patientId),
        visitNumber: index < 18 ? visitNumber : other,
        recordedAt: `202610${String(1 + index).padStart(2, '0')}080000`,
      }),
    ),
  );
  expect(sent.map(({ code }) => code)).toEqual(Array(24).fill('AA'));
  const stored = await service.db
    .selectFrom('visit_message')
    .innerJoin('visit', 'visit.id', 'visit_message.visit_id')
    .select('event')
    .where('visit_number', 'in', [visitNumber, other])
    .execute();
  expect(stored).toHaveLength(24);
  expect((await visitOf(visitNumber)).standing?.status).toBe('discharged');
  expect((await visitOf(other)).standing?.status).toBe('discharged');
});
