// stub: being written
import { type Operation, operation } from '../operation.ts';
export const pathwayOperations: Operation[] = [
  operation({ id: 'listPathways', method: 'get', path: '/v1/stub/listPathways', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
  operation({ id: 'getPathway', method: 'get', path: '/v1/stub/getPathway', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
  operation({ id: 'getPathwayHistory', method: 'get', path: '/v1/stub/getPathwayHistory', tag: 'stub', summary: 'stub', answers: {}, handle: async () => ({ status: 501, body: null }) }),
];
