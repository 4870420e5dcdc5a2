/** A resource that was right with more in it, as client libraries write it: other elements, texts, codings, another order. */
import type { Random } from '../../../domain/kit/random.ts';

type Resource = Record<string, unknown>;

const additions: Record<string, readonly Resource[]> = {
  Observation: [
    { note: [{ text: '餐后' }] },
    { category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] }] },
    { interpretation: [{ text: '偏高' }] },
    { performer: [{ display: '自助测量点' }] },
    { device: { display: '血糖仪' } },
    { issued: '2026-11-30T08:00:00+08:00' },
    { encounter: { reference: 'Encounter/1' } },
    { status: 'final' },
  ],
  ServiceRequest: [
    { note: [{ text: '既往史：高血压' }, { text: '请早' }] },
    { authoredOn: '2026-11-30' },
    { patientInstruction: '空腹' },
    { category: [{ text: '转诊' }] },
    { reasonCode: [{ text: '血压持续升高', coding: [{ code: 'I10' }] }, { coding: [{ display: '头晕' }] }] },
    { occurrenceDateTime: '2027-01-01' },
    { priority: 'routine' },
    { supportingInfo: [{ reference: 'DiagnosticReport/1' }] },
  ],
};

const everywhere: readonly Resource[] = [
  { meta: { profile: ['urn:x'], lastUpdated: '2026-11-30T08:00:00Z' } },
  { text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">x</div>' } },
  { language: 'zh-CN' },
  { extension: [{ url: 'urn:x', valueString: 'y' }] },
  { id: 'client-1' },
];

const isResource = (value: unknown): value is Resource => typeof value === 'object' && value !== null && 'resourceType' in value;

function varyResource(resource: Resource, random: Random): Resource {
  const known = additions[String(resource.resourceType)] ?? [];
  const added = Array.from({ length: random.integer(0, 3) }, () => random.pick([...known, ...everywhere]));
  const all = Object.assign({ ...resource }, ...added) as Resource;
  return random.chance(0.3) ? Object.fromEntries(Object.entries(all).toReversed()) : all;
}

/** A resource, or each of those in a Bundle. */
export function varyJson(body: unknown, random: Random): string {
  const entries = isResource(body) ? body.entry : undefined;
  if (!isResource(body) || !Array.isArray(entries)) return JSON.stringify(isResource(body) ? varyResource(body, random) : body);
  const entry = entries.map((each: Resource) => ({
    ...each,
    ...(isResource(each.resource) ? { resource: varyResource(each.resource, random) } : {}),
  }));
  return JSON.stringify({ ...body, entry });
}
