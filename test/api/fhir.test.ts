/** FHIR R4 over the same commands: read a referral, send one, act on one; everything that leaves is valid for two validators. */
import type { Resource } from '@medplum/fhirtypes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newReferral } from '../support/referrals.ts';
import { complaintsOf } from '../support/fhir-validators.ts';
import { type Service, startService } from '../support/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service?.stop());
test('a referral is read as a valid ServiceRequest and Task', async () => {
  const { body: { id } } = await service.post('gp', '/v1/referrals', await newReferral(service, { toDepartmentId: 'dept-h1-cardiology' }));
  for (const type of ['ServiceRequest', 'Task']) {
    const answer = await service.get('specialist', `/fhir/${type}/${id}`);
    expect(answer.status).toBe(200);
    expect(complaintsOf(answer.body as Resource)).toEqual([]);
  }
  const bad = await service.get('specialist', `/fhir/Task/${id.replace(/.$/, 'x')}`);
  expect(complaintsOf(bad.body as Resource)).toEqual([]);
  const meta = await service.get('specialist', '/fhir/metadata');
  expect(complaintsOf(meta.body as Resource)).toEqual([]);
  const found = await service.get('specialist', '/fhir/Task');
  expect(complaintsOf(found.body as Resource)).toEqual([]);
});
void describe;
