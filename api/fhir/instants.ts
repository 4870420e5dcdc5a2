/** FHIR lets an instant have any zone. What is none stays as it is, for a schema to complain of. */
export function inUtc(text: string | undefined): string | undefined {
  const at = new Date(text ?? '');
  return text !== undefined && /T.*(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(at.getTime()) ? at.toISOString() : text;
}
