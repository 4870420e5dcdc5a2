/** The chain of the audit as arithmetic: whatever is done to an export is found, and found where it was done. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChainedEntry,
  type Checkpoint,
  firstPreviousHash,
  hashEntry,
  type Keys,
  type Link,
  signCheckpoint,
  verifyExport,
  writeLine,
} from '../../../db/audit/chain.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const keys: Keys = new Map([['key', publicKey]]);

const entryOf = (institutionId: string, seq: number): ChainedEntry => ({
  seq,
  institutionId,
  targetInstitutionId: institutionId,
  at: `2026-03-09T01:00:00.00000${seq % 10}Z`,
  recordedAt: '2026-03-09T01:00:00.000123Z',
  actor: { personId: 'person-gp', institutionId, role: 'gp' },
  action: 'referral.read',
  target: { type: 'referral', id: `referral-${seq}` },
  patientId: 'patient-1',
  patientIds: null,
  outcome: 'read',
  denied: false,
  code: null,
  requestId: `request-${seq}`,
  reason: null,
});

/** An export of two chains, with a checkpoint behind every third entry. */
function exportOf(entries = 9, firstSeq = 1): string[] {
  return ['inst-c01', 'inst-h1'].flatMap((institutionId) => {
    let previousHash = firstSeq === 1 ? firstPreviousHash : 'ab'.repeat(32);
    return Array.from({ length: entries }, (_, index) => {
      const entry = entryOf(institutionId, firstSeq + index);
      const hash = hashEntry(previousHash, entry);
      const line: ChainedEntry & Link = { ...entry, previousHash, hash };
      previousHash = hash;
      const unsigned: Omit<Checkpoint, 'signature'> = { institutionId, seq: entry.seq, hash, at: '2026-03-09T02:00:00.000Z', keyId: 'key' };
      return entry.seq % 3 === 0 ? [writeLine(line), writeLine(signCheckpoint(unsigned, privateKey))] : [writeLine(line)];
    }).flat();
  });
}

const bytesOf = (lines: readonly string[]): Buffer => Buffer.from(lines.map((line) => `${line}\n`).join(''));
const lines = exportOf();

test('an export that nobody touched is whole, also one that begins in the middle of a chain', () => {
  expect(verifyExport(bytesOf(lines), keys)).toEqual({ whole: true, entries: 18, checkpoints: 6, keyIds: ['key'] });
  expect(verifyExport(bytesOf(exportOf(9, 40)), keys)).toMatchObject({ whole: true, entries: 18 });
  expect(verifyExport(Buffer.alloc(0), keys)).toMatchObject({ whole: true, entries: 0 });
});

test('one flipped bit anywhere is found, at its line or, where a link does not hold any more, at the next one', () => {
  const whole = bytesOf(lines);
  const lineOf = (byte: number) => whole.subarray(0, byte).filter((one) => one === 0x0a).length + 1;
  fc.assert(
    fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
      const flipped = Buffer.from(whole);
      const byte = bit >> 3;
      flipped[byte] = (flipped[byte] as number) ^ (1 << (bit & 7));
      const found = verifyExport(flipped, keys);
      expect(found).toMatchObject({ whole: false });
      if (found.whole) return;
      expect([lineOf(byte), lineOf(byte) + 1]).toContain(found.line);
    }),
    { numRuns: 1_500 },
  );
});

describe('what is done to whole lines is named', () => {
  const places = lines.map((_, index) => index);
  const isCheckpoint = (index: number) => (lines[index] as string).includes('"signature"');

  test('a line that was taken out: the entry behind it is missing one before it, or a checkpoint speaks of nothing', () => {
    const lastOfChain = [lines.findLastIndex((line) => line.includes('inst-c01') && !line.includes('signature')), lines.length - 2];
    for (const out of places.filter((index) => !isCheckpoint(index))) {
      const isFirst = out === 0 || out === lines.length / 2;
      const found = verifyExport(bytesOf(lines.toSpliced(out, 1)), keys);
      // Of the first entry nothing speaks: a stretch may begin anywhere.
      if (isFirst) expect(found).toMatchObject({ whole: true });
      else
        expect(found, `line ${out}, last of its chain: ${lastOfChain.includes(out)}`).toMatchObject({
          whole: false,
          flaw: 'missing',
          line: out + 1,
        });
    }
  });

  test('two neighbours that changed places', () => {
    for (const place of places.slice(1)) {
      if (isCheckpoint(place) || isCheckpoint(place - 1) || place === lines.length / 2) continue;
      const swapped = lines.with(place - 1, lines[place] as string).with(place, lines[place - 1] as string);
      const found = verifyExport(bytesOf(swapped), keys);
      expect(found).toMatchObject({ whole: false });
      if (!found.whole) expect(['missing', 'moved']).toContain(found.flaw);
    }
  });

  test('a line that stands there twice has moved', () => {
    expect(verifyExport(bytesOf(lines.toSpliced(1, 0, lines[0] as string)), keys)).toMatchObject({ whole: false, flaw: 'moved', line: 2 });
  });

  test('an end that was cut off in the middle of a line is unreadable', () => {
    expect(verifyExport(bytesOf(lines).subarray(0, -1), keys)).toMatchObject({ whole: false, flaw: 'unreadable', line: lines.length });
  });
});

test('whoever computes every hash anew has no key: their checkpoint does not hold', () => {
  const forged = signCheckpoint(
    { institutionId: 'inst-c01', seq: 3, hash: JSON.parse(lines[2] as string).hash, at: '2026-03-09T02:00:00.000Z', keyId: 'key' },
    generateKeyPairSync('ed25519').privateKey,
  );
  expect(verifyExport(bytesOf(lines.with(3, writeLine(forged))), keys)).toMatchObject({
    whole: false,
    flaw: 'checkpoint',
    line: 4,
    seq: 3,
  });
  const other = new Map([['another', publicKey]]);
  expect(verifyExport(bytesOf(lines), other)).toMatchObject({ whole: false, flaw: 'unknown-key', line: 4 });
  expect(verifyExport(bytesOf(lines), 'unchecked')).toMatchObject({ whole: true });
});

test('the form that is hashed is the one of the first day', () => {
  expect(hashEntry(firstPreviousHash, entryOf('inst-c01', 1))).toMatchInlineSnapshot(
    `"99fab364d5b48bd941ba3d153db5650a2bd693d64f0293e6c3fe31779c1ccea0"`,
  );
});
