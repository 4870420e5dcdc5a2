/** docs/adding-a-pathway.md names every place of a new pathway. What it leaves to the service: third-pathway.long.test.ts. */
import { expect, test, vi } from 'vitest';
import { blocks, entries, guideTexts, root } from '../support/guide/guide.ts';
import { createTypeChecker } from '../support/guide/type-check.ts';

const checker = createTypeChecker(root);

/** The compiler reads the whole project, on cores that others use too. */
vi.setConfig({ testTimeout: 180_000 });

test('the guide alone makes a third pathway that compiles: every file that it makes, and every place that it changes', () => {
  expect(new Set(blocks.map(({ path }) => path.split('/')[0]))).toEqual(new Set(['domain', 'workflows', 'db', 'activities', 'api']));
  const texts = guideTexts();
  expect(checker.findErrors(texts, [...texts.keys(), ...checker.listFilesWith('PathwayKind')])).toEqual([]);
});

test('a pathway without its projection does not compile', () => {
  const projection = entries.find(({ path }) => path === 'activities/kit/registry.ts');
  expect(projection).toBeDefined();
  const errors = checker.findErrors(guideTexts(projection), ['activities/kit/registry.ts']);
  expect(errors.join('\n')).toMatch(/^activities\/kit\/registry\.ts: .*does not satisfy the expected type.*"home-visit"/);
});
