/** Voice codes of the dispatcher, by which a hand-over goes on after the bundle has run out: checked when the scan arrives. */
import type { Trx } from '../../kit/transaction.ts';
import { isVoiceCodeOf } from '../../supply-round/voice-codes.ts';
import type { ObservedScan } from './resolve-scans.ts';

/** The scans that name a voice code which the dispatcher gave for their stop. A code that several scans name is checked once. */
export async function findVoicedScans(trx: Trx, scans: readonly ObservedScan[]): Promise<Set<string>> {
  const checked = new Map<string, boolean>();
  const voiced = new Set<string>();
  for (const { id, stop, body } of scans) {
    if (!stop || body.voiceCode === undefined) continue;
    const key = `${stop.id} ${body.voiceCode}`;
    if (!checked.has(key)) checked.set(key, await isVoiceCodeOf(trx, stop.id, body.voiceCode));
    if (checked.get(key)) voiced.add(id);
  }
  return voiced;
}
