/** Bundles: what a search found, and what became of a transaction. */
import type { Bundle, Resource, ServiceRequest, Task } from '@medplum/fhirtypes';
import { leftOutIssues } from './left-out.ts';

export const buildSearchset = (resources: readonly Resource[], self: string, next: string | null): Bundle => ({
  resourceType: 'Bundle',
  type: 'searchset',
  link: [{ relation: 'self', url: self }, ...(next === null ? [] : [{ relation: 'next', url: next }])],
  ...(resources.length === 0
    ? {}
    : {
        entry: resources.map((resource) => ({
          fullUrl: `urn:carepath:${resource.resourceType}:${resource.id}`,
          resource,
          search: { mode: 'match' },
        })),
      }),
});

/** In the order of the request's entries. `leftOut`: for each the places of what is not kept. */
export const transactionResponse = (
  resources: readonly (ServiceRequest | Task)[],
  version: number,
  leftOut: readonly (readonly string[])[],
): Bundle => ({
  resourceType: 'Bundle',
  type: 'transaction-response',
  entry: resources.map((resource, n) => ({
    response: {
      status: '201 Created',
      location: `${resource.resourceType}/${resource.id}/_history/${version}`,
      etag: `W/"${version}"`,
      ...(leftOut[n]?.length ? { outcome: { resourceType: 'OperationOutcome', issue: leftOutIssues(leftOut[n]) } } : {}),
    },
    resource,
  })),
});
