/** The templates of discharge orders: by disease, what is asked of whom within which days after the discharge. */
import { z } from '@hono/zod-openapi';
import { loadDocumentsInForce } from '../../db/discharge/documents-in-force.ts';
import { orderKinds } from '../../domain/discharge/rules.ts';
import type { DischargeTemplates, TemplateItem } from '../../domain/discharge/templates.ts';
import { type Cited, citedTextOf } from '../../domain/kit/citation.ts';
import { operation } from '../kit/operation.ts';
import { DateOnly } from '../kit/schemas.ts';

const Title = z.strictObject({ zh: z.string(), en: z.string() });
const cited = { source: z.string(), clause: z.string(), signOff: z.enum(['pending']).nullable() };

const ItemSchema = z
  .strictObject({
    item: z.string(),
    kind: z.enum(orderKinds),
    title: Title,
    /** days after the discharge; null where the window is that of the kind, of the sutures or of a course */
    fromDay: z.number().int().nullable(),
    toDay: z.number().int().nullable(),
    window: z.enum(['days', 'default', 'sutures', 'course']),
    /** until the other item of the template is due */
    repeat: z.strictObject({ everyDays: z.number().int(), untilItem: z.string() }).nullable(),
    ...cited,
  })
  .openapi('DischargeTemplateItem');

const TemplateSchema = z
  .strictObject({
    template: z.string(),
    title: Title,
    /** the visit is due so many days after the discharge at the latest */
    visitByDay: z.number().int(),
    items: z.array(ItemSchema),
    ...cited,
  })
  .openapi('DischargeTemplate');

const TemplatesSchema = z
  .strictObject({ version: z.number().int(), effectiveFrom: DateOnly, items: z.array(TemplateSchema) })
  .openapi('DischargeTemplates');

const citation = ({ sources }: DischargeTemplates, { source, clause, signOff }: Cited) => ({
  source: citedTextOf(sources, source),
  clause,
  signOff: signOff ?? null,
});

const toItem = (document: DischargeTemplates, item: TemplateItem): z.infer<typeof ItemSchema> => ({
  item: item.id,
  kind: item.kind,
  title: item.title,
  fromDay: item.window.kind === 'days' ? item.window.fromDay : null,
  toDay: item.window.kind === 'days' ? item.window.toDay : null,
  window: item.window.kind,
  repeat: item.repeat ? { everyDays: item.repeat.everyDays, untilItem: item.repeat.until } : null,
  ...citation(document, item),
});

export const listDischargeTemplates = operation({
  id: 'listDischargeTemplates',
  method: 'get',
  path: '/v1/discharge-templates',
  tag: 'discharge',
  summary: '出院医嘱模板 / Templates of discharge orders',
  answers: { 200: { description: 'All templates of the version in force', schema: TemplatesSchema } },
  async handle({ deps }) {
    const { templates: document } = await loadDocumentsInForce(deps.db);
    const { version, effectiveFrom, templates } = document;
    const items = templates.map((template) => ({
      template: template.id,
      title: template.title,
      visitByDay: template.visitByDay,
      items: template.items.map((item) => toItem(document, item)),
      ...citation(document, template),
    }));
    return { status: 200, body: { version, effectiveFrom, items } };
  },
});
