import type { Operation } from '../operation.ts';
export const fhirOperations: Operation[] = [];
