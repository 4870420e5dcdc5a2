/** A document that is known is named instead of repeated, and read back as it was; what is not known stays as it is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toLongForm } from '../../../domain/kit/documents.ts';
import { createShelf } from '../../support/builders/document-shelf.ts';

const plain = <T>(value: T): T => JSON.parse(JSON.stringify(value));

const documents = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { minKeys: 2 }), { minLength: 1, maxLength: 4 });

test('whatever holds documents, citations and forms is read back as it was', () => {
  const values = fc.tuple(documents, documents, fc.jsonValue({ maxDepth: 2 }));
  fc.assert(
    fc.property(values, ([shelved, blanks, other]) => {
      const [some, empty, more] = plain([shelved, blanks, other] as const);
      const { shorten, lengthen } = createShelf(some, empty as object[]);
      const value = {
        some,
        more,
        filledIn: empty.map((blank) => ({ ...blank, own: 1 })),
        deep: { at: [some[0], { within: some.at(-1) }] },
      };
      expect(lengthen(plain(shorten(value)))).toEqual(value);
    }),
    { numRuns: 200 },
  );
});

test('an instant in a row of a table stays an instant', () => {
  const at = new Date();
  expect(toLongForm({ at, state: { $doc: '0' } }, () => 'document')).toEqual({ at, state: 'document' });
});
