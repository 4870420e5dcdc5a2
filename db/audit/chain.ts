/**
 * The hash chain over the audit, as arithmetic: what an entry says, its hash, what a checkpoint signs, and whether a sequence of lines keeps all of it.
 * Nothing here reads a database, so that an export can be checked alone.
 */
import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import canonicalize from 'canonicalize';

/** An entry as lists, exports and hashes have it. Every column of its row stands in it, so that no change of the row leaves the hash as it was. */
export interface ChainedEntry {
  /** Its number in its chain. */
  seq: number;
  /** Whose chain it is in: the institution of whoever acted, or `alliance` for what time and messages did. */
  institutionId: string;
  /** The institution that it concerns, which for the acts of people is the same. */
  targetInstitutionId: string | null;
  /** When it happened and when it was written: RFC 3339, UTC, with microseconds. */
  at: string;
  recordedAt: string;
  actor: unknown;
  action: string;
  target: { type: string; id: string | null };
  patientId: string | null;
  /** Of a read that showed more than one patient; else null. */
  patientIds: readonly string[] | null;
  outcome: 'done' | 'refused' | 'read';
  /** The caller was not allowed to ask at all: `action` is then the operation that was asked for. */
  denied: boolean;
  code: string | null;
  requestId: string | null;
  reason: string | null;
}

export interface Link {
  /** Lower-case hexadecimal, as all hashes here. */
  previousHash: string;
  hash: string;
}

export interface Checkpoint {
  institutionId: string;
  seq: number;
  hash: string;
  at: string;
  keyId: string;
  /** Ed25519 over the RFC 8785 form of the other members, in base64url. */
  signature: string;
}

export const firstPreviousHash = '0'.repeat(64);

/** RFC 8785. Throws for what has no such form, such as a number beyond all numbers. */
function canonicalForm(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This has no canonical form.');
  return text;
}

/** SHA-256 of the 32 bytes of the hash before and the canonical form of the entry. */
export const hashEntry = (previousHash: string, entry: object): string =>
  createHash('sha256').update(Buffer.from(previousHash, 'hex')).update(canonicalForm(entry)).digest('hex');

export function signCheckpoint(unsigned: Omit<Checkpoint, 'signature'>, key: KeyObject): Checkpoint {
  return { ...unsigned, signature: sign(null, Buffer.from(canonicalForm(unsigned)), key).toString('base64url') };
}

function isSigned({ signature, ...unsigned }: Checkpoint, key: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  // Base64url has several spellings of the same bytes: only the one that was written counts.
  return bytes.toString('base64url') === signature && verify(null, Buffer.from(canonicalForm(unsigned)), key, bytes);
}

/** One line of an export, without its end: canonical, so that every byte of it counts. */
export const writeLine = (row: (ChainedEntry & Link) | Checkpoint): string => canonicalForm(row);

export type Flaw =
  /** The line is no JSON, or is written otherwise than we write. */
  | 'unreadable'
  /** The entry does not give its hash. */
  | 'changed'
  /** The number after the one before is not there. */
  | 'missing'
  /** The number stands behind a higher one, or the entry belongs to another place. */
  | 'moved'
  /** The hash of a checkpoint is not that of the entry, or its signature does not hold. */
  | 'checkpoint'
  /** A checkpoint was signed by a key that is not known. */
  | 'unknown-key';

export type Verification =
  | { whole: true; entries: number; checkpoints: number; keyIds: readonly string[] }
  | { whole: false; flaw: Flaw; line: number | null; institutionId: string | null; seq: number | null };

/** Keys by id; `unchecked` leaves signatures aside, where nobody has the keys. */
export type Keys = ReadonlyMap<string, KeyObject> | 'unchecked';

interface Place {
  seq: number;
  hash: string;
}

/** Takes what chains and checkpoints say, piece by piece in the order of each chain, and says what does not fit. */
export function createChainCheck(keys: Keys) {
  const ends = new Map<string, Place>();
  const hashes = new Map<string, string>();
  const keyIds = new Set<string>();
  let [entries, checkpoints] = [0, 0];

  return {
    entry({ previousHash, hash, ...entry }: ChainedEntry & Link): Flaw | undefined {
      const before = ends.get(entry.institutionId);
      if (before && entry.seq <= before.seq) return 'moved';
      if (before && entry.seq > before.seq + 1) return 'missing';
      const expected = before?.hash ?? (entry.seq === 1 ? firstPreviousHash : previousHash);
      if (previousHash !== expected || hashEntry(previousHash, entry) !== hash) return 'changed';
      ends.set(entry.institutionId, { seq: entry.seq, hash });
      hashes.set(placeOf(entry.institutionId, entry.seq), hash);
      entries += 1;
      return undefined;
    },
    /** Comes behind the entries that it speaks of. */
    checkpoint(checkpoint: Checkpoint): Flaw | undefined {
      const hash = hashes.get(placeOf(checkpoint.institutionId, checkpoint.seq));
      if (hash === undefined) return 'missing';
      if (hash !== checkpoint.hash) return 'checkpoint';
      if (keys !== 'unchecked') {
        const key = keys.get(checkpoint.keyId);
        if (!key) return 'unknown-key';
        if (!isSigned(checkpoint, key)) return 'checkpoint';
      }
      keyIds.add(checkpoint.keyId);
      checkpoints += 1;
      return undefined;
    },
    whole: (): Verification => ({ whole: true, entries, checkpoints, keyIds: [...keyIds] }),
  };
}

const placeOf = (institutionId: string, seq: number): string => `${seq} ${institutionId}`;

/** Checks an export as `GET /v1/audit/export` gives it, line by line. */
export function verifyExport(bytes: Uint8Array, keys: Keys): Verification {
  const check = createChainCheck(keys);
  let line = 0;
  let from = 0;
  while (from < bytes.length) {
    line += 1;
    const end = bytes.indexOf(0x0a, from);
    // The last line is closed too: a file that was cut off is no whole one.
    if (end === -1) return { whole: false, flaw: 'unreadable', line, institutionId: null, seq: null };
    const row = readLine(bytes.subarray(from, end));
    if (row === undefined) return { whole: false, flaw: 'unreadable', line, institutionId: null, seq: null };
    const flaw = 'signature' in row ? check.checkpoint(row) : check.entry(row);
    if (flaw) return { whole: false, flaw, line, institutionId: row.institutionId, seq: row.seq };
    from = end + 1;
  }
  return check.whole();
}

function readLine(bytes: Uint8Array): (ChainedEntry & Link) | Checkpoint | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return isRow(value) && canonicalForm(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

const hash = /^[0-9a-f]{64}$/;

/** What the arithmetic needs; all other members count by the hash or the signature alone. */
function isRow(value: unknown): value is (ChainedEntry & Link) | Checkpoint {
  if (typeof value !== 'object' || value === null) return false;
  const { institutionId, seq, hash: own, previousHash, keyId, signature } = value as Record<string, unknown>;
  if (typeof institutionId !== 'string' || !Number.isSafeInteger(seq) || typeof own !== 'string' || !hash.test(own)) return false;
  const isEntry = typeof previousHash === 'string' && hash.test(previousHash);
  return isEntry || (typeof keyId === 'string' && typeof signature === 'string');
}
