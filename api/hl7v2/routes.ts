/** HL7 v2 over HTTP: messages in, and each step of a referral as the message that tells of it. */
import { z } from '@hono/zod-openapi';
import { stepsOfReferral, surroundingsOf } from '../../db/referral/steps.ts';
import { findCharacterSet } from '../../interop/hl7v2/kit/character-sets.ts';
import { writeStepMessage } from '../../interop/hl7v2/referral/step-message.ts';
import type { RawBody } from '../kit/body.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { Problem } from '../kit/problem.ts';
import { Instant } from '../kit/schemas.ts';
import { asSeenBy, auditReferralRead, findVisibleReferral, mayReadUntil, ReferralById } from '../referral/access.ts';
import { receive } from './receive.ts';

const tag = 'hl7v2';
const MEDIA_TYPE = 'x-application/hl7-v2+er7';

const Er7 = z.custom<RawBody>().openapi({ type: 'string', example: 'MSH|^~\\&|HIS|inst-h1||…' });
const WrittenAcknowledgement = z.custom<Uint8Array>().openapi({ type: 'string', example: 'MSH|^~\\&|CAREPATH|…\rMSA|AA|17882\r' });

const post = operation({
  id: 'postHl7v2Message',
  method: 'post',
  path: '/v1/hl7v2',
  tag,
  summary: '接收 IHE 360X 消息（OMG、OSU、SIU） / Take a message of IHE 360X; MSH-10 is its idempotency key',
  keyless: true,
  raw: true,
  accepts: [MEDIA_TYPE],
  body: Er7,
  answers: {
    200: { description: 'AA, AE or AR, in the message’s own character set', schema: WrittenAcknowledgement, contentType: MEDIA_TYPE },
  },
  async handle({ deps, caller, body: { bytes, charset }, requestId, clientAddress }) {
    const characterSet = charset === undefined ? undefined : findCharacterSet(charset);
    if (charset !== undefined && characterSet === undefined) throw new Problem('unsupported-media-type');
    const answer = await receive({ deps, caller, bytes, characterSet, requestId, clientAddress });
    return { status: 200, body: Buffer.concat(answer.parts), headers: { 'content-type': `${MEDIA_TYPE}; charset=${answer.characterSet}` } };
  },
});

const MessagesSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      seq: z.number().int().openapi({ description: 'of the step in the timeline' }),
      event: z.string(),
      pcc: z.string().nullable().openapi({ description: 'the transaction of IHE 360X' }),
      happenedAt: Instant,
      to: z.string().openapi({ description: 'the institution that it is for' }),
      message: z.string(),
    }),
  ),
});

const list = operation({
  id: 'listReferralHl7v2Messages',
  method: 'get',
  path: '/v1/referrals/{id}/hl7v2',
  tag,
  summary: '转诊各步骤的 HL7 消息 / The steps of a referral as messages of IHE 360X',
  params: ReferralById,
  answers: { 200: { description: 'One message a step, in order', schema: MessagesSchema } },
  find: findVisibleReferral,
  async handle(request) {
    const { deps, caller, resource } = request;
    const until = mayReadUntil(resource.state, caller);
    const shown = asSeenBy(caller, resource);
    const [steps, surroundings] = await Promise.all([stepsOfReferral(deps.db, resource), surroundingsOf(deps.db, resource)]);
    const items = steps
      .filter(({ happenedAt }) => happenedAt.getTime() <= until)
      .flatMap((step) => writeStepMessage(shown, step, surroundings) ?? []);
    await auditReferralRead(request, 'referral.hl7v2.read');
    return { status: 200, body: { items } };
  },
});

export const hl7v2Operations: Operation[] = [list];
export const hl7v2Facade: Operation[] = [post];
