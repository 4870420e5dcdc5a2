/** Who comes by a link: counted by address, let in by the link and by a session that a code has begun. */

import { randomUUID } from 'node:crypto';
import { type EpisodeRecord, findEpisode } from '../../db/discharge/episodes.ts';
import {
  askForCode as askForStoredCode,
  countLinkCall,
  findLinkByHash,
  isSessionOfLink,
  type LinkRow,
  tryCode,
} from '../../db/discharge/links.ts';
import { auditDenied } from '../../db/kit/audit.ts';
import { findLink } from '../../domain/discharge/links.ts';
import type { Actor } from '../../domain/kit/pathway.ts';
import { createPatientLinks, hashSecret, isLinkToken, newSession } from '../../platform/patient-links.ts';
import type { ApiDependencies, OperationRequest } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { Problem } from '../kit/problem.ts';

/** A link that holds, with what it opens. */
export interface OpenedLink {
  link: LinkRow;
  record: EpisodeRecord;
  /** Milliseconds, on the clock of the episode. */
  expiresAt: number;
}

type Asked = Pick<ApiDependencies, 'config' | 'db'>;

/** Of whoever has not opened the link yet. */
type AskedBy = Pick<OperationRequest, 'deps' | 'actor' | 'requestId'>;

const linksOf = ({ config }: Pick<ApiDependencies, 'config'>) =>
  createPatientLinks(config.CAREPATH_TOKEN_SECRET, config.CAREPATH_PUBLIC_URL);

const tooMany = (seconds: number): Problem => new Problem('too-many-requests', { headers: { 'retry-after': String(seconds) } });

/** Counts the call. Resolves with undefined for a link that is unknown, expired, revoked or over. Throws Problem 429. */
export async function openLink(deps: Asked, token: string, clientAddress: string): Promise<OpenedLink | undefined> {
  const waitSeconds = await countLinkCall(deps.db, linksOf(deps).addressHashOf(clientAddress));
  if (waitSeconds > 0) throw tooMany(waitSeconds);
  const link = isLinkToken(token) ? await findLinkByHash(deps.db, hashSecret(token)) : undefined;
  const record = link && (await findEpisode(deps.db, link.episodeId));
  const known = record && findLink(record.state, link.id, pathwayNow(record));
  return known && { link, record, expiresAt: known.expiresAt };
}

/** As timeline and audit show whoever speaks by a link. */
export const actorOfLink = ({ link, record }: OpenedLink): Actor => ({
  personId: `link:${link.id}`,
  institutionId: record.state.centreId,
  role: 'patient',
});

export const callerOfLink = ({ link, record }: OpenedLink) => ({
  personId: `link:${link.id}`,
  institutionId: record.state.centreId,
  roles: ['patient'],
});

/** Throws Problem 429. */
export async function askForCode({ deps, actor }: AskedBy, { link, record }: OpenedLink): Promise<void> {
  const asked = await askForStoredCode(deps.db, link, { codeId: randomUUID(), at: pathwayNow(record), actor });
  if ('againInMs' in asked) throw tooMany(Math.max(1, Math.ceil(asked.againInMs / 1_000)));
}

/** Whoever has opened a link has this long before they need another code. */
const SESSION_MS = 30 * 60_000;

export interface LinkSession {
  session: string;
  expiresAt: string;
}

/** Throws Problem 401, and leaves a trace of it. */
export async function openSession(
  { deps, actor, requestId }: AskedBy,
  opened: OpenedLink,
  given: { code: string; birthYear: number },
): Promise<LinkSession> {
  const { link, record } = opened;
  const { isCode } = linksOf(deps);
  const at = pathwayNow(record);
  const session = newSession();
  const expiresAt = Math.min(at + SESSION_MS, opened.expiresAt);
  const isIn = await tryCode(deps.db, {
    actor,
    linkId: link.id,
    at,
    sessionHash: hashSecret(session),
    expiresAt,
    isRight: (codeId) => isCode(codeId, given.code) && given.birthYear === link.birthYear,
  });
  if (isIn) return { session, expiresAt: new Date(expiresAt).toISOString() };
  const by = actorOfLink(opened);
  await auditDenied(deps.db, { actor: by, action: 'openLinkSession', targetId: record.id, code: 'wrong-code', requestId });
  throw new Problem('wrong-code');
}

export const isSession = async (deps: Asked, { link, record }: OpenedLink, session: string | undefined): Promise<boolean> =>
  session !== undefined && isSessionOfLink(deps.db, link.id, hashSecret(session), pathwayNow(record));

/** The session in a header `Authorization: Link …`. */
export function sessionIn(authorization: string): string | undefined {
  const [scheme, session, ...more] = authorization.split(' ');
  return scheme?.toLowerCase() === 'link' && session && more.length === 0 ? session : undefined;
}
