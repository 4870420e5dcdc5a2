/** Labels: what stands on them, and that their symbols are read again by another program. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderLabels } from '../../../documents/labels/render-labels.ts';
import {
  elementStringOf,
  isGtin,
  type LabelContent,
  labelDateOf,
  labelTextOf,
  printedCodeOf,
  symbolOf,
} from '../../../domain/sterile-supply/labels.ts';
import { readPdfSymbols, readZplSymbols } from '../../support/oracles/read-labels.ts';

const printedAt = new Date('2026-03-09T06:00:00Z');

const label = (fields: Partial<LabelContent> = {}): LabelContent => ({
  packId: 'p',
  packCode: 'P00000012',
  print: 1,
  name: { zh: '静脉切开包', en: 'Venous cutdown set' },
  packerId: 'person-technician',
  checkerId: 'person-checker',
  steriliserCode: 'S1',
  loadNumber: 'S1-20260309-01',
  sterilisedOn: '2026-03-09',
  expiresOn: '2026-09-05',
  released: false,
  incomplete: false,
  missingItems: [],
  ownerName: null,
  gtin: '04012345678901',
  ...fields,
});
const GS = String.fromCharCode(29);

test('a label of a type with a GTIN carries GTIN, serial, load, sterilisation and last day, legal for GS1', async () => {
  const one = label();
  expect(elementStringOf(one)).toBe('(01)04012345678901(21)P00000012-1(10)S1-20260309-01(11)260309(17)260905');
  for (const symbols of [
    await readPdfSymbols(Buffer.from(await renderLabels([one], 'pdf', printedAt), 'base64')),
    await readZplSymbols(await renderLabels([one], 'zpl', printedAt)),
  ]) {
    expect(symbols).toMatchObject([{ symbologyIdentifier: ']d2', contentType: 'GS1' }]);
    expect(Buffer.from(symbols[0]?.bytes ?? []).toString('latin1')).toBe(
      `010401234567890121P00000012-1${GS}10S1-20260309-01${GS}1126030917260905`,
    );
  }
});

test('a label of a type without a GTIN carries the printed code alone', async () => {
  const one = label({ gtin: null, print: 3 });
  expect([symbolOf(one), elementStringOf(one)]).toEqual(['datamatrix', null]);
  for (const symbols of [
    await readPdfSymbols(Buffer.from(await renderLabels([one], 'pdf', printedAt), 'base64')),
    await readZplSymbols(await renderLabels([one], 'zpl', printedAt)),
  ])
    expect(symbols).toMatchObject([{ symbologyIdentifier: ']d1', text: 'P00000012-3' }]);
});

test('a load number that GS1 does not allow gives a symbol of the printed code instead of an illegal one', () => {
  expect(symbolOf(label({ loadNumber: '一号锅' }))).toBe('datamatrix');
  expect(symbolOf(label({ loadNumber: 'x'.repeat(21) }))).toBe('datamatrix');
});

test('before a load there is no date on it, neither for people nor for scanners', () => {
  const one = label({ steriliserCode: null, loadNumber: null, sterilisedOn: null, expiresOn: null });
  expect(elementStringOf(one)).toBe('(01)04012345678901(21)P00000012-1');
  expect(labelTextOf(one)).not.toMatch(/\d{4}-\d\d-\d\d/);
});

test('until its load is released a label says so, in both languages', async () => {
  expect(labelTextOf(label())).toMatch(/未放行 NOT RELEASED$/);
  expect(labelTextOf(label({ released: true }))).not.toContain('NOT RELEASED');
  expect(await renderLabels([label()], 'zpl', printedAt)).toContain('^FD未放行 NOT RELEASED^FS');
  expect(await renderLabels([label({ released: true })], 'zpl', printedAt)).not.toContain('NOT RELEASED');
});

test('a set that the head nurse has let go incomplete says what it lacks', () => {
  expect(labelTextOf(label({ incomplete: true, missingItems: [{ itemCode: 'forceps', quantity: 1 }] }))).toContain(
    '不完整 INCOMPLETE forceps ×1',
  );
});

test('a date stands on it only from the planned load on: the day of printing, then that of the cycle', () => {
  const days = { printedOn: '2026-03-09', sterilisedOn: '2026-03-10' };
  expect(labelDateOf('assembled', days)).toBeNull();
  expect(labelDateOf('checked', days)).toBeNull();
  expect(labelDateOf('in-load', { ...days, sterilisedOn: null })).toBe('2026-03-09');
  expect(labelDateOf('sterilised', days)).toBe('2026-03-10');
  expect(labelDateOf('released', days)).toBe('2026-03-10');
});

test('a batch is one document with a label a page, in order', async () => {
  const labels = Array.from({ length: 5 }, (_, index) => label({ packCode: `P${index}`, gtin: index % 2 === 0 ? null : '04012345678901' }));
  const read = await readPdfSymbols(Buffer.from(await renderLabels(labels, 'pdf', printedAt), 'base64'));
  expect(read.map(({ symbologyIdentifier }) => symbologyIdentifier)).toEqual([']d1', ']d2', ']d1', ']d2', ']d1']);
  expect((await readZplSymbols(await renderLabels(labels, 'zpl', printedAt)))[2]?.text).toBe('P2-1');
});

test('the same label always makes the same bytes', async () => {
  expect(await renderLabels([label()], 'pdf', printedAt)).toBe(await renderLabels([label()], 'pdf', printedAt));
});

test('no name breaks the printer: what ZPL takes for a command is given by its code', async () => {
  const zpl = await renderLabels([label({ name: { zh: '^XZ~JA_包\n二', en: '\\&^FS' } })], 'zpl', printedAt);
  expect(zpl.match(/\^XZ/g)).toHaveLength(1);
  expect(zpl).not.toContain('~');
  expect(zpl).toContain('_5EXZ_7EJA_5F包 二');
});

test('every code is read again as it was printed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[A-Z0-9]{1,12}$/), fc.integer({ min: 1, max: 999 }), async (packCode, print) => {
      const one = label({ packCode, print, gtin: null });
      const [symbol] = await readZplSymbols(await renderLabels([one], 'zpl', printedAt));
      expect(symbol?.text).toBe(printedCodeOf(one));
    }),
    { numRuns: 25 },
  );
});

test.each([
  ['04012345678901', true],
  ['4012345678901', true],
  ['04012345678902', false],
  ['12345670', true],
  ['1234567', false],
  ['0401234567890a', false],
])('%s is a GTIN: %s', (text, right) => {
  expect(isGtin(text)).toBe(right);
});
