/** Bundles: what a search found, and what became of a transaction. */
import type { Bundle, Resource } from '@medplum/fhirtypes';

export const buildSearchset = (resources: readonly Resource[], self: string, next: string | null): Bundle => ({
  resourceType: 'Bundle',
  type: 'searchset',
  link: [{ relation: 'self', url: self }, ...(next === null ? [] : [{ relation: 'next', url: next }])],
  entry: resources.map((resource) => ({
    fullUrl: `urn:carepath:${resource.resourceType}:${resource.id}`,
    resource,
    search: { mode: 'match' },
  })),
});

/** In the order of the request's entries. */
export const transactionResponse = (resources: readonly Resource[], version: number): Bundle => ({
  resourceType: 'Bundle',
  type: 'transaction-response',
  entry: resources.map((resource) => ({
    response: { status: '201 Created', location: `${resource.resourceType}/${resource.id}/_history/${version}`, etag: `W/"${version}"` },
    resource,
  })),
});
