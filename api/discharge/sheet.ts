/** The sheet that the patient takes home: what was arranged for the time after the discharge, on paper. */
import { z } from '@hono/zod-openapi';
import type { EpisodeRecord } from '../../db/discharge/episodes.ts';
import { loadSheetSurroundings } from '../../db/discharge/sheet.ts';
import { buildDischargeSheet } from '../../documents/discharge-sheet.ts';
import { renderPdf } from '../../documents/pdf/layout.ts';
import { toShortNumber } from '../../documents/words.ts';
import type { OrderState } from '../../domain/discharge/order.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { pathwayNow } from '../kit/pathway-now.ts';
import { Problem } from '../kit/problem.ts';
import { auditEpisodeRead, EpisodeById, findVisibleEpisode } from './access.ts';
import { titleOf } from './order-resource.ts';

const getDischargeSheet = operation({
  id: 'getDischargeSheet',
  method: 'get',
  path: '/v1/episodes/{id}/sheet.pdf',
  tag: 'discharge',
  summary: '打印出院后安排（给患者） / The sheet for the patient, to print',
  params: EpisodeById,
  answers: {
    200: {
      description: 'A4 in large type; rare characters have their glyphs',
      schema: z.instanceof(Uint8Array).openapi({ type: 'string', format: 'binary' }),
      contentType: 'application/pdf',
    },
  },
  find: findVisibleEpisode,
  /** Whoever is at home under a plan has something to take there. A sheet without orders, or with dates that are not theirs yet, would be worse than none. */
  async handle(request) {
    const { deps, resource } = request;
    const { id, state, plan } = resource;
    if (state.status !== 'discharged' || plan === null || state.plan === null)
      throw new Problem('transition-not-allowed', { members: { state: state.status, allowed: [] } });
    const surroundings = await loadSheetSurroundings(deps.db, resource);
    await auditEpisodeRead(request, 'discharge.sheet.read');
    const document = buildDischargeSheet({
      pathwayId: id,
      state,
      instructions: typeof plan.instructions === 'string' ? plan.instructions : '',
      titleOf: (order) => titleOf(resource, order),
      doseOf: (order) => writtenDoseOf(resource, order),
      surroundings,
      printedAt: pathwayNow(resource),
    });
    return {
      status: 200,
      body: await renderPdf(document),
      headers: { 'content-disposition': `inline; filename="discharge-${toShortNumber(id)}.pdf"` },
    };
  },
});

function writtenDoseOf({ texts }: EpisodeRecord, { id }: OrderState): string | undefined {
  const dose = texts[`order:${id}`]?.dose;
  return typeof dose === 'string' ? dose : undefined;
}

export const dischargeSheetOperations: Operation[] = [getDischargeSheet];
