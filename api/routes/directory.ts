// stub: being written
import { type Operation, operation } from '../operation.ts';
export const directoryOperations: Operation[] = [
  operation({ id: 'listInstitutions', method: 'get', path: '/v1/stub/listInstitutions', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
  operation({ id: 'listDepartments', method: 'get', path: '/v1/stub/listDepartments', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
  operation({ id: 'listStaff', method: 'get', path: '/v1/stub/listStaff', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
];
