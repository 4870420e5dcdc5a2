/** What of FHIR R4 is spoken here. */
import type { CapabilityStatement } from '@medplum/fhirtypes';

export const capabilityStatement: CapabilityStatement = {
  resourceType: 'CapabilityStatement',
  id: 'carepath',
  status: 'active',
  date: '2026-01-01',
  kind: 'instance',
  software: { name: 'carepath' },
  implementation: { description: '双向转诊、读数 / two-way referral, readings' },
  fhirVersion: '4.0.1',
  format: ['application/fhir+json'],
  rest: [
    {
      mode: 'server',
      documentation:
        'A referral is a ServiceRequest and a Task of the same id. Task.businessStatus has the codes of HL7 BSeR; changing it is acting. A batch holds Observations; each entry is judged by itself.',
      interaction: [{ code: 'transaction' }, { code: 'batch' }],
      resource: [
        {
          type: 'ServiceRequest',
          versioning: 'versioned',
          interaction: [{ code: 'read' }, { code: 'create' }],
        },
        {
          type: 'Task',
          versioning: 'versioned-update',
          updateCreate: false,
          interaction: [{ code: 'read' }, { code: 'update' }, { code: 'search-type' }],
          searchParam: [
            { name: 'patient', type: 'reference' },
            { name: 'status', type: 'token' },
            { name: 'code', type: 'token', documentation: 'fulfill' },
          ],
        },
        {
          type: 'Observation',
          interaction: [{ code: 'create' }],
          documentation:
            'Blood pressure, glucose, heart rate, body weight, temperature. The identifier is the message: sent twice it is stored once.',
        },
      ],
    },
  ],
};
