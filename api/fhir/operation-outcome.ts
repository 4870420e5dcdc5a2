/** A problem of the API as FHIR's OperationOutcome: the same code, the same words, the element instead of the path. */
import { z } from '@hono/zod-openapi';
import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';
import type { ProblemBody } from '../kit/problem.ts';

const issueCodes: Record<number, OperationOutcomeIssue['code']> = {
  400: 'structure',
  401: 'login',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-supported',
  406: 'not-supported',
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
  return { resourceType: 'OperationOutcome', issue: [...(issues.length > 0 ? issues : [issue(title)]), ...keptIssues(members.readingIds)] };
}

/** The critical values that were stored although the rest was refused. */
function keptIssues(readingIds: unknown): OperationOutcomeIssue[] {
  if (!Array.isArray(readingIds) || readingIds.length === 0) return [];
  return [
    {
      severity: 'information',
      code: 'informational',
      details: {
        coding: [{ system: 'urn:carepath:reading-result', code: 'kept' }],
        text: '其中的危急值已保存，将有人处理 / the critical values in it were stored, and somebody looks at them',
      },
      diagnostics: readingIds.map((id) => `Observation/${id}`).join(' '),
    },
  ];
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
