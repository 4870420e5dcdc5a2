/** The indicators of sterile supply over a period, of a centre or of all. */
import { z } from '@hono/zod-openapi';
import { findInstitution } from '../../db/directory/directory.ts';
import { loadSupplyIndicators } from '../../db/sterile-supply/supply-indicators.ts';
import { supplyIndicatorNames, supplyIndicators } from '../../domain/sterile-supply/supply-indicators.ts';
import { type Operation, type OperationRequest, operation } from '../kit/operation.ts';
import { invalidRequestProblem, Problem } from '../kit/problem.ts';
import { Id } from '../kit/schemas.ts';
import { PeriodQuery, periodOf } from './period.ts';
import { sightOf } from './posts.ts';

const FiguresSchema = z
  .strictObject({
    items: z.array(
      z.strictObject({
        name: z.enum(supplyIndicatorNames),
        numerator: z.number(),
        denominator: z.number(),
        value: z.number().nullable().openapi({ description: 'numerator ÷ denominator; null when nothing was to be counted' }),
      }),
    ),
  })
  .openapi('SupplyIndicators', {
    description: supplyIndicatorNames
      .map((name) => `${name}: ${supplyIndicators[name].words.zh} / ${supplyIndicators[name].words.en}`)
      .join('\n'),
  });

/** The centre that is asked about; null: all. The supply department's own figures are those of all. Throws Problem 404 or 422. */
async function askedCentre({ deps, caller }: Pick<OperationRequest, 'deps' | 'caller'>, asked: string | undefined): Promise<string | null> {
  const sight = sightOf(caller);
  if (sight.over === 'centre') {
    if (asked !== undefined && asked !== sight.institutionId) throw new Problem('not-found');
    return sight.institutionId;
  }
  if (asked === undefined) return null;
  const institution = await findInstitution(deps.db, asked);
  if (!institution) throw invalidRequestProblem('institutionId', { zh: '没有这个机构', en: 'no such institution' });
  return institution.kind === 'sterile-supply-department' ? null : asked;
}

const getSupplyIndicators = operation({
  id: 'getSupplyIndicators',
  method: 'get',
  path: '/v1/supply-indicators',
  tag: 'sterile-supply',
  summary: '消毒供应指标 / Indicators of sterile supply over a period',
  query: z.strictObject({ ...PeriodQuery, institutionId: Id.optional() }),
  answers: { 200: { description: 'Each by its name, with what it was counted from', schema: FiguresSchema } },
  async handle(request) {
    const { deps, query } = request;
    const period = periodOf(query);
    const institutionId = await askedCentre(request, query.institutionId);
    const figures = await loadSupplyIndicators(deps.db, { ...period, institutionId, now: new Date() });
    return {
      status: 200,
      body: {
        items: figures.map((figure) => ({ ...figure, value: figure.denominator === 0 ? null : figure.numerator / figure.denominator })),
      },
    };
  },
});

export const supplyIndicatorOperations: readonly Operation[] = [getSupplyIndicators];
