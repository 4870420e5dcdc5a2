/** `carepath audit verify`: checks an export of the audit with nothing but the file and the public keys, or the chains in the database. */
import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Flaw, type Keys, type Verification, verifyExport } from '../db/audit/chain.ts';
import { loadAuditKeys, verifyDatabase } from '../db/audit/verify-database.ts';
import type { Database } from '../db/kit/database.ts';
import { PlainError } from './recorded-runs.ts';

interface Out {
  write(text: string): unknown;
}

/** Without keys the signatures are left aside, and it says so. @returns the exit code: 0 when everything fits, else 1 */
export async function verifyAuditFile(path: string, keysPath: string | undefined, out: Out): Promise<number> {
  const keys = keysPath === undefined ? 'unchecked' : readKeys(await readBytes(keysPath), keysPath);
  return report(verifyExport(await readBytes(path), keys), keys, out);
}

/** Keys from elsewhere than the database, where somebody has them: whoever holds the database could have put their own in. */
export async function verifyAuditDatabase(db: Database, keysPath: string | undefined, out: Out): Promise<number> {
  const keys = keysPath === undefined ? await loadAuditKeys(db) : readKeys(await readBytes(keysPath), keysPath);
  return report(await verifyDatabase(db, keys), keys, out);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch {
    throw new PlainError(`There is no file ${path} that can be read.`);
  }
}

const JwkSet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

/** A JWK Set as `GET /v1/keys` answers it; keys of other kinds are not for this. */
function readKeys(bytes: Uint8Array, path: string): Keys {
  try {
    const { keys } = JwkSet.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const audit = keys.filter(({ kty }) => kty === 'OKP');
    return new Map(audit.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
  } catch {
    throw new PlainError(`${path} is no JWK Set as GET /v1/keys answers it.`);
  }
}

function report(verification: Verification, keys: Keys, out: Out): number {
  out.write(`${describe(verification, keys)}\n`);
  return verification.whole ? 0 : 1;
}

function describe(verification: Verification, keys: Keys): string {
  if (!verification.whole) return `BROKEN${placeOf(verification)}: ${flaws[verification.flaw]}.`;
  const { entries, checkpoints, keyIds } = verification;
  const signed = keys === 'unchecked' ? `${checkpoints} checkpoints, whose signatures need --keys` : `${checkpoints} signed checkpoints`;
  return `WHOLE: ${entries} entries, each hash and each link fits; ${signed}${keyIds.length > 0 ? ` (key ${keyIds.join(', ')})` : ''}.`;
}

function placeOf({ line, institutionId, seq }: Extract<Verification, { whole: false }>): string {
  const place = [
    ...(line === null ? [] : [`line ${line}`]),
    ...(institutionId === null ? [] : [`chain ${institutionId}`]),
    ...(seq === null ? [] : [`seq ${seq}`]),
  ];
  return place.length === 0 ? '' : ` at ${place.join(', ')}`;
}

const flaws: Record<Flaw, string> = {
  unreadable: 'the line is not as it was written',
  changed: 'changed: the entry or its link does not give its hash',
  missing: 'missing: an entry that belongs here is not there, or has no seal',
  moved: 'moved: the entry stands in the place of another',
  checkpoint: 'checkpoint: its hash is not that of the entry, or its signature does not hold',
  'unknown-key': 'checkpoint: it was signed by a key that is not among those given',
};
