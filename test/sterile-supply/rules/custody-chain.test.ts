import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  firstPrevious,
  linkEvent,
  sealDocument,
  type Verification,
  verifyCustody,
  withLink,
} from '../../../db/sterile-supply/custody-chain.ts';
import { epcisContext, type JsonObject, type RecordedEvent, toEpcisEvent } from '../../../domain/sterile-supply/epcis.ts';
import { verifyCustodyFile } from '../../../worker/custody-verify.ts';
import { anyRecordedEvent } from '../../support/builders/recorded-events.ts';
import { epcisFlaws } from '../../support/oracles/epcis.ts';

const encode = (document: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(document));

function chain(entries: readonly RecordedEvent[], firstSeq = 1): JsonObject[] {
  let previous = firstSeq === 1 ? firstPrevious : 'f'.repeat(64);
  return entries.map((entry, n) => {
    const event = toEpcisEvent(entry);
    const link = linkEvent(event, firstSeq + n, previous);
    previous = link.hash;
    return withLink(event, link);
  });
}

const exportOf = (eventList: readonly JsonObject[]): JsonObject =>
  sealDocument(
    {
      '@context': epcisContext,
      type: 'EPCISDocument',
      schemaVersion: '2.0',
      creationDate: '2026-11-29T00:00:00Z',
      epcisBody: { eventList },
    },
    eventList.length,
  );

const entries = (seed = 7) => fc.sample(anyRecordedEvent, { seed, numRuns: 6 });

const parse = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};

/** What a verifier may say of a document in which something was changed. */
const isBroken = (verification: Verification): boolean => !verification.whole;

describe('the custody chain', () => {
  test('an export is an EPCIS 2.0 document by the schema of GS1, whatever the entries say', () => {
    fc.assert(
      fc.property(fc.array(anyRecordedEvent, { maxLength: 5 }), (drawn) => {
        expect(epcisFlaws(exportOf(chain(drawn)))).toEqual([]);
      }),
      { numRuns: 50 },
    );
    expect(epcisFlaws({ ...exportOf([]), type: 'EPCISDocument', schemaVersion: 2 })).not.toEqual([]);
  });

  test('whatever was recorded, its export is found whole', () => {
    fc.assert(
      fc.property(fc.array(anyRecordedEvent, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (drawn, firstSeq) => {
        const document = exportOf(chain(drawn, firstSeq));
        const last = drawn.length === 0 ? null : firstSeq + drawn.length - 1;
        expect(verifyCustody(encode(document))).toEqual({
          whole: true,
          events: drawn.length,
          first: drawn.length === 0 ? null : firstSeq,
          last,
        });
        // Layout says nothing.
        expect(verifyCustody(new TextEncoder().encode(JSON.stringify(document, null, 2))).whole).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('a byte that is changed anywhere in the file, and says something else then, is found', () => {
    const bytes = encode(exportOf(chain(entries())));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (place, by) => {
        const changed = bytes.slice();
        changed[place] = ((changed[place] as number) + by) % 256;
        // Another spelling of the same number, 5e-324 and 4e-324, is no change.
        fc.pre(!isDeepStrictEqual(parse(changed), parse(bytes)));
        expect(isBroken(verifyCustody(changed))).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  test('a number beyond all numbers is a change like any other', () => {
    const text = new TextDecoder().decode(encode(exportOf(chain(entries()))));
    const endless = encode(JSON.parse(text.replace(/"seq":2\b/, '"seq":2,"more":1')));
    const changed = new TextEncoder().encode(new TextDecoder().decode(endless).replace('"more":1', '"more":1e999'));
    expect(verifyCustody(changed)).toMatchObject({ whole: false, seq: 2, flaw: 'hash-differs' });
  });

  test('what is left out, doubled or changed is named by the first link that breaks', () => {
    const events = chain(entries());
    const without = (n: number) => events.filter((_, at) => at !== n);
    expect(verifyCustody(encode(exportOf(without(2))))).toMatchObject({ whole: false, seq: 3, flaw: 'seq-differs' });
    expect(verifyCustody(encode(exportOf([...events.slice(0, 3), ...events.slice(2)])))).toMatchObject({ seq: 4, flaw: 'seq-differs' });
    const changed = events.map((event, n) => (n >= 3 ? { ...event, 'carepath:event': 'opened-later' } : event));
    expect(verifyCustody(encode(exportOf(changed)))).toMatchObject({ whole: false, seq: 4, flaw: 'hash-differs' });
    // Whoever also computes the changed event's hash anew breaks the next link.
    const forged = chain(entries().map((entry, n) => (n === 3 ? { ...entry, event: 'forged' } : entry)));
    expect(verifyCustody(encode(exportOf([...events.slice(0, 3), forged[3] as JsonObject, ...events.slice(4)])))).toMatchObject({
      whole: false,
      seq: 5,
      flaw: 'previous-differs',
    });
    // The end of the list is held by the document's own seal.
    const whole = exportOf(events);
    const cut = { ...whole, epcisBody: { eventList: events.slice(0, -1) } };
    expect(verifyCustody(encode(cut))).toMatchObject({ whole: false, flaw: 'seal-differs' });
    expect(verifyCustody(encode({ epcisBody: {} }))).toMatchObject({ whole: false, flaw: 'not-a-custody-export' });
  });

  test('patient references stay out of an export, whoever wrote them where', () => {
    const [entry] = entries();
    const event = toEpcisEvent({
      ...(entry as RecordedEvent),
      details: { packId: 'p1', patientReference: 'ref-1', lines: [{ patientId: 'x', quantity: 1 }] },
      because: [{ rule: 'r', clause: 'c', evidence: { patientReference: 'ref-1' } }],
    });
    expect(JSON.stringify(event)).not.toMatch(/ref-1|patient/i);
    expect(event['carepath:details']).toEqual({ packId: 'p1', lines: [{ quantity: 1 }] });
  });

  test('what an entry gives today it gives for ever: a seal that stands is not broken by a release', () => {
    const entry: RecordedEvent = {
      id: '018f0000-0000-7000-8000-000000000001',
      happenedAt: new Date('2026-03-09T15:50:00Z'),
      recordedAt: new Date('2026-03-09T15:51:00Z'),
      late: false,
      event: 'sterile-handed',
      thing: { type: 'pack', id: 'c1' },
      from: 'on-vehicle',
      to: 'at-centre',
      holder: { type: 'centre', id: 'inst-c01' },
      actor: { personId: 'person-courier', institutionId: 'inst-cssd', role: 'courier' },
      because: [{ rule: 'WS 310.2', clause: '5.9.5', evidence: { expiresOn: '2026-03-23' } }],
      institutionId: 'inst-c01',
      loadId: null,
      roundId: '018f0000-0000-7000-8000-000000000002',
      stopId: '018f0000-0000-7000-8000-000000000003',
      slipId: null,
      scanId: null,
      details: { sealNumber: 'S-1' },
    };
    expect(linkEvent(toEpcisEvent(entry), 1, firstPrevious).hash).toBe('d0f765a08ce004c293f11b96813de653ebe04c51299765b3846f5a11b85cd5a0');
    // A word that nothing writes any more stands in events that were sealed with it.
    expect(toEpcisEvent({ ...entry, to: 'planned' }).disposition).toBe('in_progress');
  });

  test('carepath custody verify needs nothing but the file, ends with 1 on a broken link and names it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carepath-custody-'));
    const run = async (document: JsonObject) => {
      const file = join(folder, 'export.json');
      await writeFile(file, encode(document));
      let said = '';
      const code = await verifyCustodyFile(file, { write: (text) => (said += text) });
      return { code, said };
    };
    const events = chain(entries());
    expect(await run(exportOf(events))).toEqual({ code: 0, said: 'WHOLE: 6 events, seq 1 to 6, each hash and each link fits.\n' });
    expect(await run(exportOf(events.toSpliced(1, 1)))).toMatchObject({ code: 1, said: expect.stringContaining('BROKEN at seq 2') });
    await rm(folder, { recursive: true });
  });
});
