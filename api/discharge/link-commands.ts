/** The commands that staff give about links: sent and revoked. The hash of what opens a link stays in the command's row; its secret stands nowhere. */
import type { z } from '@hono/zod-openapi';
import type { EpisodeRecord } from '../../db/discharge/episodes.ts';
import { findLinkNumber } from '../../db/discharge/links.ts';
import type { RevokeLink, SendLink } from '../../domain/discharge/link-inputs.ts';
import { allowsLink, findLink } from '../../domain/discharge/links.ts';
import { isMobile } from '../../domain/residents/telephone.ts';
import { createPatientLinks, hashSecret } from '../../platform/patient-links.ts';
import type { CommandRequest } from '../kit/commands.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import type { RevokeLinkBody, SendLinkBody } from './bodies.ts';
import { stepsOf } from './commands.ts';
import { newIdFor } from './order-input.ts';

type SendBody = z.output<typeof SendLinkBody>;

/** A link goes as a text message. Whether the patient has agreed to one is the pathway's to say, and comes first. Throws Problem 422. */
async function checkNumber({ deps, body: { to }, resource }: CommandRequest<SendBody, EpisodeRecord>): Promise<void> {
  const { state, simulated } = resource;
  if (simulated || !allowsLink(state.plan, to)) return;
  const number = await findLinkNumber(deps.db, state.patientId, to);
  if (number === undefined || !isMobile(number))
    throw invalidRequestProblem('to', { zh: '没有可接收短信的手机号码', en: 'there is no mobile number to send it to' });
}

export const sendLinkSteps = stepsOf<SendBody, { linkId: string; tokenHash: string }>('send-link', {
  async check(request) {
    await checkNumber(request);
    const { deps, resource } = request;
    const linkId = newIdFor(resource);
    const { tokenOf } = createPatientLinks(deps.config.CAREPATH_TOKEN_SECRET, deps.config.CAREPATH_PUBLIC_URL);
    return { linkId, tokenHash: hashSecret(tokenOf(linkId)).toString('hex') };
  },
  toInput: ({ to }, { linkId }): SendLink => ({ linkId, to }),
  toTexts: (_, { tokenHash }) => ({ tokenHash }),
});

export const revokeLinkSteps = stepsOf<z.output<typeof RevokeLinkBody>, undefined>('revoke-link', {
  async check({ body: { linkId }, resource }) {
    const known = findLink(resource.state, linkId, pathwayNow(resource));
    if (!known) throw invalidRequestProblem('linkId', { zh: '没有这个链接', en: 'no such link' });
  },
  toInput: ({ linkId }): RevokeLink => ({ linkId }),
  toTexts: () => ({}),
});
