/** A part of a resource, as `_summary` and `_elements` ask for it (R4, search.html#summary). What R4 demands of a resource is always there. */
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { invalidRequestProblem } from '../kit/problem.ts';

export type Subset = { kind: 'count' } | { kind: 'summary' } | { kind: 'text' } | { kind: 'elements'; elements: readonly string[] };

/** Of every resource, and what could turn the meaning of the rest round. */
const ALWAYS = ['resourceType', 'id', 'meta', 'implicitRules', 'modifierExtension'];

interface Elements {
  /** Demanded by R4, or modifying. */
  mandatory: readonly string[];
  /** Marked Σ in R4, of those that are written here. */
  summary: readonly string[];
}

const elementsOf: Record<string, Elements> = {
  ServiceRequest: {
    mandatory: ['status', 'intent', 'doNotPerform', 'subject'],
    summary: [
      'identifier',
      'status',
      'intent',
      'category',
      'priority',
      'code',
      'subject',
      'authoredOn',
      'requester',
      'performer',
      'reasonCode',
    ],
  },
  Task: {
    mandatory: ['status', 'intent'],
    summary: [
      'identifier',
      'basedOn',
      'status',
      'statusReason',
      'businessStatus',
      'code',
      'focus',
      'for',
      'executionPeriod',
      'lastModified',
      'requester',
      'owner',
    ],
  },
  Observation: {
    mandatory: ['status', 'code'],
    summary: ['identifier', 'status', 'code', 'subject', 'effectiveDateTime', 'issued', 'valueQuantity', 'component'],
  },
};

/** Throws Problem 422. Undefined for the whole resource. */
export function readSubset(summary: string | undefined, elements: string | undefined): Subset | undefined {
  switch (summary) {
    case 'count':
      return { kind: 'count' };
    case 'true':
      return { kind: 'summary' };
    case 'text':
      return { kind: 'text' };
    case undefined:
    case '':
    case 'false':
    case 'data': // No resource here has a narrative, so that the data are all of it.
      break;
    default:
      throw invalidRequestProblem('_summary', {
        zh: '须为 true、text、data、count 或 false',
        en: 'must be true, text, data, count or false',
      });
  }
  const named = (elements ?? '').split(',').flatMap((name) => name.trim() || []);
  return named.length === 0 ? undefined : { kind: 'elements', elements: named };
}

/** Of a Bundle it is the resources in it that become less. */
export function subsetOf(resource: Resource, subset: Subset): Resource {
  if (resource.resourceType !== 'Bundle') return partOf(resource, subset);
  if (subset.kind === 'count') return countOf(resource);
  const entry = resource.entry?.map((each) => (each.resource ? { ...each, resource: partOf(each.resource, subset) } : each));
  return { ...resource, ...(entry ? { entry } : {}) };
}

const countOf = ({ entry: _, link, ...bundle }: Bundle): Bundle => ({
  ...bundle,
  ...(link ? { link: link.filter(({ relation }) => relation === 'self') } : {}),
});

function partOf(resource: Resource, subset: Subset): Resource {
  const elements = elementsOf[resource.resourceType];
  if (!elements || subset.kind === 'count') return resource;
  const kept = [...ALWAYS, ...elements.mandatory, ...wantedOf(subset, elements)];
  const members = Object.entries(resource).filter(([name]) => kept.includes(name));
  if (members.length === Object.keys(resource).length) return resource;
  const part = { ...Object.fromEntries(members), meta: { ...resource.meta, tag: [SUBSETTED] } };
  return part as unknown as Resource;
}

function wantedOf(subset: Exclude<Subset, { kind: 'count' }>, { summary }: Elements): readonly string[] {
  switch (subset.kind) {
    case 'summary':
      return summary;
    case 'text':
      return ['text'];
    case 'elements':
      return subset.elements;
  }
}

/** So that nobody writes a part back as if it were the whole. */
const SUBSETTED = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };
