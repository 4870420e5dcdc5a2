/** A fact of a patient nobody knows is held until somebody has looked at it, never guessed. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  deliverAll,
  listAuditOfFact,
  listDecidedFacts,
  newReceivedReferral,
  newResident,
  reportFact,
  residentOf,
} from '../support/builders/facts.ts';
import { type Service, startService } from '../support/service/service.ts';

let service: Service;

beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());

const factOf = (id: string) => service.db.selectFrom('fact').selectAll().where('id', '=', id).executeTakeFirstOrThrow();

describe('a patient nobody knows is held, never guessed', () => {
  const openReviewOf = async (account: string, factId: string) => {
    const { body } = await service.get(account, '/v1/identity-reviews?limit=200');
    return body.items?.find((item: { fact: { id: string } }) => item.fact.id === factId);
  };

  test('the fact is kept, with its audit entry, on the list of the desk concerned and of the office', async () => {
    const localId = { system: 'urn:his', value: randomUUID() };
    const factId = await reportFact(service, { type: 'patient-admitted', localId, institutionId: 'inst-h1' });
    expect(await factOf(factId)).toMatchObject({ status: 'held', patient_id: null });
    expect((await listAuditOfFact(service, factId))[0]).toMatchObject({ action: 'fact.patient-admitted', code: 'unknown-patient' });
    const review = await openReviewOf('desk', factId);
    expect(review).toMatchObject({
      status: 'open',
      reason: 'unknown-patient',
      institutionId: 'inst-h1',
      fact: { given: { localId }, institutionId: 'inst-h1' },
    });
    expect(await openReviewOf('office', factId)).toEqual(review);
    for (const account of ['gp', 'gateway', 'specialist'])
      expect([account, (await service.get(account, '/v1/identity-reviews')).status]).toEqual([account, 403]);
  });

  test('what concerns another institution is the office’s, and not found by this desk', async () => {
    const factId = await reportFact(service, { type: 'patient-admitted', patientId: 'patient-of-nobody', institutionId: 'inst-h2' });
    expect(await openReviewOf('desk', factId)).toBeUndefined();
    const review = await openReviewOf('office', factId);
    expect((await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { dismissReason: '测试' })).status).toBe(404);
  });

  test('reviewed, it takes effect and is delivered; the second answer comes too late', async () => {
    const patientId = await newResident(service);
    const id = await newReceivedReferral(service, patientId);
    const factId = await reportFact(service, { localId: { system: 'urn:his', value: randomUUID() } });
    await deliverAll(service);
    expect(await listDecidedFacts(service, id)).toEqual([]);

    const review = await openReviewOf('desk', factId);
    const path = `/v1/identity-reviews/${review.id}/resolve`;
    const nobody = await service.post('desk', path, { patientId: 'patient-of-nobody' });
    expect([nobody.status, nobody.body.errors[0].path]).toEqual([422, 'patientId']);
    const neither = await service.post('desk', path, {});
    expect(neither.status).toBe(422);

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => service.post(index % 2 ? 'desk' : 'office', path, { patientId })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)]);
    expect(answers.find(({ status }) => status === 200)?.body).toMatchObject({ status: 'resolved', patientId, fact: { patientId } });
    await deliverAll(service);
    expect((await residentOf(service, patientId)).deceasedAt).not.toBeNull();
    expect(await listDecidedFacts(service, id)).toEqual([factId]);
    expect((await listAuditOfFact(service, factId)).map(({ action }) => action)).toEqual(['fact.patient-died', 'identity-review.resolve']);
    expect(await openReviewOf('desk', factId)).toBeUndefined();
    const { body } = await service.get('desk', '/v1/identity-reviews?status=resolved&limit=200');
    expect(body.items.map((item: { id: string }) => item.id)).toContain(review.id);
  });

  test('dismissed, it changes nothing and says why', async () => {
    const factId = await reportFact(service, { patientId: 'patient-of-nobody' });
    const review = await openReviewOf('desk', factId);
    const answer = await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { dismissReason: '外地患者' });
    expect([answer.status, answer.body.dismissReason]).toEqual([200, '外地患者']);
    expect((await factOf(factId)).status).toBe('dismissed');
    expect((await listAuditOfFact(service, factId)).map(({ action }) => action)).toEqual(['fact.patient-died', 'identity-review.dismiss']);
  });

  test('a merger in a circle is held, whatever the length of the circle', async () => {
    const [a, b, c] = [await newResident(service), await newResident(service), await newResident(service)] as const;
    await reportFact(service, { type: 'patients-merged', patientId: a, survivorPatientId: b });
    await reportFact(service, { type: 'patients-merged', patientId: b, survivorPatientId: c });
    for (const [patientId, survivorPatientId] of [
      [a, a],
      [b, a],
      [c, a],
      [c, b],
    ]) {
      const factId = await reportFact(service, { type: 'patients-merged', patientId, survivorPatientId });
      expect(await factOf(factId)).toMatchObject({ status: 'held' });
      expect(await openReviewOf('desk', factId)).toMatchObject({ reason: 'merge-cycle' });
    }
    expect((await residentOf(service, c)).mergedIntoId).toBeNull();
  });

  test('a record that went over into one person does not go over into another', async () => {
    const [a, b, c] = [await newResident(service), await newResident(service), await newResident(service)] as const;
    await reportFact(service, { type: 'patients-merged', patientId: a, survivorPatientId: b });
    const factId = await reportFact(service, { type: 'patients-merged', patientId: a, survivorPatientId: c });
    const review = await openReviewOf('desk', factId);
    expect(review.reason).toBe('merged-already');
    expect((await service.post('desk', `/v1/identity-reviews/${review.id}/resolve`, { patientId: c })).status).toBe(422);
    expect((await residentOf(service, a)).mergedIntoId).toBe(b);
  });

  test('two mergers that would close a circle, at once: one is held', async () => {
    for (let round = 0; round < 5; round++) {
      const [a, b] = [await newResident(service), await newResident(service)] as const;
      const ids = await Promise.all([
        reportFact(service, { type: 'patients-merged', patientId: a, survivorPatientId: b }),
        reportFact(service, { type: 'patients-merged', patientId: b, survivorPatientId: a }),
      ]);
      expect((await Promise.all(ids.map(factOf))).map(({ status }) => status).sort()).toEqual(['held', 'recorded']);
    }
  });

  test('an unknown survivor is asked for, also after an unknown patient has been found', async () => {
    const [patientId, survivorId] = [await newResident(service), await newResident(service)];
    const factId = await reportFact(service, {
      type: 'patients-merged',
      patientId: 'patient-of-nobody',
      survivorPatientId: 'patient-of-nobody-2',
    });
    const first = await openReviewOf('desk', factId);
    expect((await service.post('desk', `/v1/identity-reviews/${first.id}/resolve`, { patientId })).status).toBe(200);
    const second = await openReviewOf('desk', factId);
    expect(second).toMatchObject({ reason: 'unknown-survivor', fact: { patientId } });
    expect((await service.post('desk', `/v1/identity-reviews/${second.id}/resolve`, { patientId: survivorId })).status).toBe(200);
    expect((await residentOf(service, patientId)).mergedIntoId).toBe(survivorId);
  });

  test('a page of the list ends where the next begins', async () => {
    const all = (await service.get('office', '/v1/identity-reviews?limit=200')).body.items.map((item: { id: string }) => item.id);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await service.get('office', `/v1/identity-reviews?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      seen.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(all);
  });
});
