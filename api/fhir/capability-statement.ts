/** What of FHIR R4 is spoken here. */
import type { CapabilityStatement } from '@medplum/fhirtypes';

export const capabilityStatement: CapabilityStatement = {
  resourceType: 'CapabilityStatement',
  id: 'carepath',
  status: 'active',
  date: '2026-01-01',
  kind: 'instance',
  software: { name: 'carepath' },
  implementation: {
    description: '双向转诊、读数、住院与出院医嘱 / two-way referral, readings, stays in hospital and orders of a discharge',
  },
  fhirVersion: '4.0.1',
  format: ['application/fhir+json'],
  rest: [
    {
      mode: 'server',
      documentation:
        'A referral is a ServiceRequest and a Task of the same id. Task.businessStatus has the codes of HL7 BSeR; changing it is acting. A batch holds Observations; each entry is judged and answered by itself. A transaction is all or none, of a ServiceRequest and its Task of the Encounter of a stay with the orders of its discharge beside it (MedicationRequest, ServiceRequest, Appointment, CarePlan: what cannot be read of one is held and named, the rest is kept), or of Observations; a critical value in one that is refused is stored all the same and named in the OperationOutcome. What is not kept of a resource is named in the answer. _summary and _elements are served; parameters that are not known are refused unless Prefer says handling=lenient.',
      interaction: [{ code: 'transaction' }, { code: 'batch' }],
      resource: [
        {
          type: 'ServiceRequest',
          versioning: 'versioned',
          interaction: [{ code: 'read' }, { code: 'vread' }, { code: 'create' }],
        },
        {
          type: 'Task',
          versioning: 'versioned-update',
          updateCreate: false,
          interaction: [{ code: 'read' }, { code: 'vread' }, { code: 'update' }, { code: 'search-type' }],
          searchParam: [
            { name: 'patient', type: 'reference' },
            { name: 'status', type: 'token' },
            { name: 'code', type: 'token', documentation: 'fulfill' },
          ],
        },
        {
          type: 'Observation',
          interaction: [{ code: 'read' }, { code: 'vread' }, { code: 'create' }],
          documentation:
            'Blood pressure, glucose (venous and capillary), heart rate, body weight, temperature. The identifier is the message: sent twice it is stored once; sent with the status entered-in-error it is taken back. A comparator says that the value lies beyond the range of the meter.',
        },
      ],
    },
  ],
};
