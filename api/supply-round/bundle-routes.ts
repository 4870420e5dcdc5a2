/** What works without a network: the signed bundle, the keys to check it by, and the voice code for when it is too old. */
import { createHmac } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { currentBundle } from '../../db/supply-round/bundle.ts';
import type { RoundHead } from '../../db/supply-round/rounds.ts';
import { storeVoiceCode } from '../../db/supply-round/voice-codes.ts';
import { allowedRoundActs } from '../../domain/supply-round/acts.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { Problem } from '../kit/problem.ts';
import { Text } from '../kit/schemas.ts';
import { actOperation } from '../sterile-supply/act-operation.ts';
import { ById, findVisibleRound } from './access.ts';
import { bundleSigner } from './bundle-signer.ts';

const tag = 'supply-round';

const getRoundBundle = operation({
  id: 'getRoundBundle',
  method: 'get',
  path: '/v1/rounds/{id}/bundle',
  tag,
  summary: '离线清单（JWS，ES256） / The signed bundle, for phones without a network',
  params: ById,
  answers: { 200: { description: 'A compact JWS', schema: z.strictObject({ jws: z.string() }) } },
  find: findVisibleRound,
  async handle({ deps, resource }) {
    if (resource.status === 'planned' || resource.status === 'confirmed' || resource.status === 'cancelled')
      throw new Problem('transition-not-allowed', { members: { state: resource.status, allowed: allowedRoundActs(resource) } });
    const jws = await currentBundle(deps.db, resource.id, { at: new Date(pathwayNow(resource)), sign: await bundleSigner(deps.config) });
    return { status: 200, body: { jws } };
  },
});

const CODE_DIGITS = 6;

/** The answer of a request is kept for its repetition, so the code itself follows from its id and the secret and stands nowhere. */
const codeOf = (secret: string, id: string): string => {
  const number = createHmac('sha256', secret).update(`voice code ${id}`).digest().readUInt32BE(0);
  return String(number % 10 ** CODE_DIGITS).padStart(CODE_DIGITS, '0');
};

const Issued = z.object({ code: z.string() });

const issueVoiceCode = actOperation({
  id: 'issueVoiceCode',
  path: '/v1/rounds/{id}/voice-codes',
  tag,
  summary: '口令（离线清单过期时） / A voice code for a stop, when the bundle is too old',
  params: ById,
  body: z.object({ stopId: z.uuid(), reason: Text(2_000) }),
  answers: { 200: { description: 'The code, to be told by telephone', schema: z.strictObject({ code: z.string() }) } },
  find: findVisibleRound,
  clockOffsetMs: ({ clockOffsetMs }: RoundHead) => clockOffsetMs,
  async perform({ act, body, resource, deps }) {
    const id = uuid();
    await storeVoiceCode(act, resource.id, { ...body, id, code: codeOf(deps.config.CAREPATH_TOKEN_SECRET, id) });
    return { status: 200, body: { code: id } };
  },
  // What is kept of the answer is the id of the code; only on its way out it becomes the code.
  async complete(reply, { deps }) {
    return { ...reply, body: { code: codeOf(deps.config.CAREPATH_TOKEN_SECRET, Issued.parse(reply.body).code) } };
  },
});

export const bundleOperations: readonly Operation[] = [getRoundBundle, issueVoiceCode];
