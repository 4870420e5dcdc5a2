/** The elements of a resource that are not kept: the answer names them, so that nobody takes "done" for all of it. */
import type { OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';

/** Names with what is read inside of them; `true`: all of it. */
export interface Understood {
  [element: string]: true | Understood;
}

/** Says nothing of the patient: what the resource is, how it is shown, and in which language. */
const SILENT = ['resourceType', 'id', 'meta', 'language', 'text', 'implicitRules'];

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the places of what is not understood, below `at`, in the order of the resource. */
export function listLeftOut(resource: unknown, understood: Understood, at: string): string[] {
  if (!isObject(resource)) return [];
  return Object.entries(resource).flatMap(([name, value]) => {
    // An element with an underscore carries the id and the extensions of a primitive one.
    if (SILENT.includes(name) || value === undefined || value === null) return [];
    const inside = Object.hasOwn(understood, name) ? understood[name] : undefined;
    const place = `${at}.${name}`;
    if (inside === undefined) return [place];
    if (inside === true) return [];
    return Array.isArray(value)
      ? value.flatMap((each, index) => listLeftOut(each, inside, `${place}[${index}]`))
      : listLeftOut(value, inside, place);
  });
}

/** An answer names so many; a sender of more has to look at the whole mapping. */
const MOST_NAMED = 50;

export const leftOutIssues = (places: readonly string[]): OperationOutcomeIssue[] =>
  places.slice(0, MOST_NAMED).map((place) => ({
    severity: 'warning',
    code: 'not-supported',
    details: { coding: [{ system: 'urn:carepath:left-out', code: 'not-kept' }], text: '未保存此内容 / this is not kept' },
    expression: [place.slice(0, 200)],
  }));

/** Where a resource that is answered carries the outcome: as what it contains, with a reference to it. */
export const LEFT_OUT_ID = 'left-out';
export const LEFT_OUT_URL = 'urn:carepath:left-out';

export const containedOutcome = (places: readonly string[]): OperationOutcome => ({
  resourceType: 'OperationOutcome',
  id: LEFT_OUT_ID,
  issue: leftOutIssues(places),
});
