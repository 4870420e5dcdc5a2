/** The public keys by which what carepath has signed is checked: bundles of rounds, checkpoints of the audit. */
import { z } from '@hono/zod-openapi';
import { listAuditKeys } from '../../db/audit/checkpoints.ts';
import { auditKeyOf } from '../../platform/audit-key.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { publicJwkOf } from '../supply-round/bundle-signer.ts';

const JwkSchema = z.discriminatedUnion('kty', [
  z
    .strictObject({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('ES256'),
    })
    .openapi({ title: 'ES256' }),
  z
    .strictObject({
      kty: z.literal('OKP'),
      crv: z.literal('Ed25519'),
      x: z.string(),
      kid: z.string(),
      use: z.literal('sig'),
      alg: z.literal('EdDSA'),
    })
    .openapi({ title: 'EdDSA' }),
]);

const getSigningKeys = operation({
  id: 'getSigningKeys',
  method: 'get',
  path: '/v1/keys',
  tag: 'audit',
  summary: '验签公钥（JWK Set） / The keys by which bundles of rounds (ES256) and checkpoints of the audit (EdDSA) are checked',
  answers: {
    200: {
      description: 'A JWK Set; keys of before that have signed checkpoints among them',
      schema: z.strictObject({ keys: z.array(JwkSchema) }),
    },
  },
  async handle({ deps }) {
    const { keyId, publicJwk } = auditKeyOf(deps.config);
    const before = (await listAuditKeys(deps.db)).filter((key) => key.keyId !== keyId);
    const ofAudit = [{ keyId, publicJwk }, ...before].map((key) => ({
      ...key.publicJwk,
      kid: key.keyId,
      use: 'sig' as const,
      alg: 'EdDSA' as const,
    }));
    return { status: 200, body: { keys: [await publicJwkOf(deps.config), ...ofAudit] } };
  },
});

export const keyOperations: readonly Operation[] = [getSigningKeys];
