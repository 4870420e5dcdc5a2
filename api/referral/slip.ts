/** The slip that goes with the patient: a referral on paper. */
import { z } from '@hono/zod-openapi';
import type { ReferralRecord } from '../../db/referral/referrals.ts';
import { loadSlipSurroundings } from '../../db/referral/slip.ts';
import { renderPdf } from '../../documents/pdf/layout.ts';
import { buildReferralSlip } from '../../documents/referral-slip.ts';
import { toShortNumber } from '../../documents/words.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { auditReferralRead, findVisibleReferral, isFormer, ReferralById } from './access.ts';

const getReferralSlip = operation({
  id: 'getReferralSlip',
  method: 'get',
  path: '/v1/referrals/{id}/slip.pdf',
  tag: 'referral',
  summary: '打印转诊单 / The slip, to print',
  params: ReferralById,
  answers: {
    200: {
      description: 'A4; rare characters have their glyphs',
      schema: z.instanceof(Uint8Array).openapi({ type: 'string', format: 'binary' }),
      contentType: 'application/pdf',
    },
  },
  /** An institution that was asked before gets no slip, because the slip shows what came after. */
  async find(request): Promise<ReferralRecord | undefined> {
    const record = await findVisibleReferral(request);
    return record && !isFormer(record.state, request.caller) ? record : undefined;
  },
  async handle(request) {
    const { deps, resource } = request;
    const surroundings = await loadSlipSurroundings(deps.db, resource);
    await auditReferralRead(request, 'referral.slip.read');
    return {
      status: 200,
      body: await renderPdf(buildReferralSlip(resource, surroundings, pathwayNow(resource))),
      headers: { 'content-disposition': `inline; filename="referral-${toShortNumber(resource.id)}.pdf"` },
    };
  },
});

export const referralSlipOperations: Operation[] = [getReferralSlip];
