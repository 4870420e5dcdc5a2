/** What the tables keep of a link that a decision sends or ends. */
import { insertLink, noteNumberOfLink } from '../../db/discharge/links.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { LinkInputs, SendLink } from '../../domain/discharge/link-inputs.ts';
import type { DischargeState } from '../../domain/discharge/state.ts';
import type { Projected } from '../kit/projection.ts';

/** What opens a link is found by its hash, and a number that is somebody else's is not written to again. */
export async function keepLink(trx: Trx, { pathwayId, after, event, texts }: Projected<DischargeState>): Promise<void> {
  if (event.name === 'send-link') {
    const { linkId, to } = event.input as SendLink;
    const tokenHash = Buffer.from(String(texts.tokenHash), 'hex');
    await insertLink(trx, { id: linkId, episodeId: pathwayId, patientId: after.patientId, to, tokenHash });
  }
  if (event.name === 'link-not-me') await noteNumberOfLink(trx, (event.input as LinkInputs['link-not-me']).linkId);
}
