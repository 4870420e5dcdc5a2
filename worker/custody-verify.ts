/** `carepath custody verify`: checks an export of the custody ledger, with nothing but the file. */
import { readFile } from 'node:fs/promises';
import { type Verification, verifyCustody } from '../db/sterile-supply/custody-chain.ts';
import { PlainError } from './recorded-runs.ts';

/** Writes one sentence. @returns the exit code: 0 when the chain is whole, else 1 */
export async function verifyCustodyFile(path: string, out: { write(text: string): unknown }): Promise<number> {
  const verification = verifyCustody(await readExport(path));
  out.write(`${describe(verification)}\n`);
  return verification.whole ? 0 : 1;
}

async function readExport(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch {
    throw new PlainError(`There is no file ${path} that can be read.`);
  }
}

function describe(verification: Verification): string {
  if (!verification.whole) return `BROKEN ${placeOf(verification)}: ${flaws[verification.flaw]}.`;
  const { events, first, last } = verification;
  return events === 0 ? 'WHOLE: no events.' : `WHOLE: ${events} events, seq ${first} to ${last}, each hash and each link fits.`;
}

function placeOf({ seq, eventId }: { seq: number | null; eventId: string | null }): string {
  const place = [...(seq === null ? [] : [`seq ${seq}`]), ...(eventId === null ? [] : [`event ${eventId}`])];
  return place.length === 0 ? 'document' : `at ${place.join(', ')}`;
}

const flaws: Record<Extract<Verification, { whole: false }>['flaw'], string> = {
  'not-json': 'the file is no JSON in UTF-8',
  'not-a-custody-export': 'the file is no EPCIS document with a list of events',
  'no-chain': 'the event has no carepath:chain with seq, previous and hash',
  'hash-differs': 'the event does not give its hash, so it is not as it was sealed',
  'previous-differs': 'previous is not the hash of the event before',
  'seq-differs': 'the number does not follow that of the event before, so an event is missing or stands in another place',
  'seal-differs':
    'every event is as it was sealed, but the document is not: its own members were changed, or events at its end are missing',
};
