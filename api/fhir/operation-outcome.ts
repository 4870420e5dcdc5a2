/** A problem of the API as FHIR's OperationOutcome: the same code, the same words, the element instead of the path. */
import { z } from '@hono/zod-openapi';
import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';
import type { ProblemBody } from '../kit/problem.ts';

const issueCodes: Record<number, OperationOutcomeIssue['code']> = {
  400: 'structure',
  401: 'login',
  403: 'forbidden',
  404: 'not-found',
  409: 'conflict',
  412: 'conflict',
  413: 'too-long',
  415: 'not-supported',
  422: 'invalid',
  429: 'throttled',
  503: 'transient',
};

function operationOutcome({ status, code, title, errors, ...members }: ProblemBody): OperationOutcome {
  const issue = (words: string, expression?: string): OperationOutcomeIssue => ({
    severity: 'error',
    code: issueCodes[status] ?? 'exception',
    details: { coding: [{ system: 'urn:carepath:problem', code }], text: words },
    ...(expression ? { expression: [expression] } : {}),
    ...(typeof members.state === 'string' ? { diagnostics: `state: ${members.state}` } : {}),
  });
  const issues = errors?.map(({ path, message }) => issue(message, path)) ?? [];
  return { resourceType: 'OperationOutcome', issue: issues.length > 0 ? issues : [issue(title)] };
}

export const FHIR_JSON = 'application/fhir+json';

/** How every FHIR operation fails. */
export const fhirFailure = {
  contentType: FHIR_JSON,
  schema: z.looseObject({
    resourceType: z.literal('OperationOutcome'),
    issue: z.array(z.looseObject({ severity: z.string(), code: z.string() })),
  }),
  write: operationOutcome,
};
