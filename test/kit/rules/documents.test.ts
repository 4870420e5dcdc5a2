/** A document that is known is named instead of repeated, and read back as it was; what is not known stays as it is. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { educationPlans } from '../../../db/follow-up/education-plans.ts';
import { loadShippedDocuments } from '../../../db/follow-up/shipped-protocols.ts';
import { citationsIn, namesIn, toLongForm } from '../../../domain/kit/documents.ts';
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
    { numRuns: 1_000 },
  );
});

test('a state names its protocol, calendar and risk model, and what its reasons cite', () => {
  const { protocols, calendars, riskModel } = loadShippedDocuments();
  const [protocol] = protocols;
  if (!protocol) throw new Error('No protocol is shipped.');
  const calendar = { years: calendars };
  const cited = citationsIn(protocol);
  const { shorten, lengthen } = createShelf([protocol, calendar, riskModel]);
  const because = [{ rule: 'one', ...cited[0], evidence: { systolic: 156 } }];
  const state = { calendar, riskModel, protocols: { 'one/1': protocol }, last: { because }, at: 1 };
  const short = plain(shorten(state));
  expect(JSON.stringify(short).length).toBeLessThan(300);
  expect(namesIn(short).size).toBe(4);
  expect(lengthen(short)).toEqual(plain(state));
});

test('every clause of a protocol can be cited with the title of its source', () => {
  for (const document of [...loadShippedDocuments().protocols, loadShippedDocuments().riskModel])
    for (const { clause, source } of citationsIn(document)) expect([clause.length > 0, source.includes(' ')]).toEqual([true, true]);
  expect(Object.values(educationPlans).length).toBeGreaterThan(0);
});

test('an instant in a row of a table stays an instant', () => {
  const at = new Date();
  expect(toLongForm({ at, state: { $doc: '0' } }, () => 'document')).toEqual({ at, state: 'document' });
});
