/** Whether a document is one of EPCIS 2.0, by GS1's own schema. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';

const schema = JSON.parse(readFileSync(new URL('../../fixtures/epcis/epcis-document.schema.json', import.meta.url), 'utf8'));

let validate: ReturnType<Ajv['compile']> | undefined;

/** What the schema finds wrong; empty when the document is one. */
export function epcisFlaws(document: unknown): string[] {
  validate ??= createValidator();
  return validate(document) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function createValidator() {
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  return ajv.compile(schema);
}
