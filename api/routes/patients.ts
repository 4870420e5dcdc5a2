// stub: being written
import { type Operation, operation } from '../operation.ts';
export const patientOperations: Operation[] = [
  operation({ id: 'listPatients', method: 'get', path: '/v1/stub/listPatients', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
  operation({ id: 'getPatient', method: 'get', path: '/v1/stub/getPatient', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
  operation({ id: 'createPatient', method: 'post', path: '/v1/stub/createPatient', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
];
