/** A short run of `npm run fuzz`, with a seed that is always the same. */
import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fuzzService } from '../support/fuzz/fuzz-service.ts';

test('a thousand mutated HL7 v2 messages and FHIR bodies are each answered, and nothing is half done', { timeout: 600_000 }, async () => {
  const { broken, answers, folder } = await fuzzService({ count: 1_000, seed: 14, say: () => {} });
  expect(broken).toEqual([]);
  expect(Object.values(answers).reduce((sum, each) => sum + each, 0)).toBe(1_000);
  rmSync(folder, { recursive: true });
});
