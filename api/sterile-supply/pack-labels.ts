/** The label of a pack. */
import { z } from '@hono/zod-openapi';
import { printLabels } from '../../db/sterile-supply/labels.ts';
import { type AskedPackRecord, findPack } from '../../db/sterile-supply/packs.ts';
import { type LabelFormat, labelFormats, renderLabels } from '../../documents/labels/render-labels.ts';
import { elementStringOf, type LabelContent, labelTextOf, printedCodeOf, symbolOf } from '../../domain/sterile-supply/labels.ts';
import { isReleased } from '../../domain/sterile-supply/packs.ts';
import type { Operation } from '../kit/operation.ts';
import { Id, Text } from '../kit/schemas.ts';
import { actOperation } from './act-operation.ts';
import { holdsPost, sightOf } from './posts.ts';

export const LabelRequest = z.object({ format: z.enum(labelFormats), reason: Text(2_000).optional() });

/** What a label shows, without the document. */
export const labelMembers = {
  print: z.number().int(),
  code: z.string(),
  symbol: z.enum(['gs1-datamatrix', 'datamatrix']),
  elementString: z.string().optional(),
  text: z.string(),
};

const LabelSchema = z
  .strictObject({ ...labelMembers, document: z.string().openapi({ description: 'a PDF in base64, or ZPL as text' }) })
  .openapi('PackLabel');

function labelResource(label: LabelContent) {
  const elementString = elementStringOf(label);
  return {
    print: label.print,
    code: printedCodeOf(label),
    symbol: symbolOf(label),
    ...(elementString === null ? {} : { elementString }),
    text: labelTextOf(label),
  };
}

/** Drawing takes long, so what is drawn is kept and the document is made of it after the commit. */
export const keepLabels = (labels: readonly LabelContent[], printedAt: Date) => ({ labels, printedAt: printedAt.toISOString() });

const Kept = z.object({ labels: z.array(z.custom<LabelContent>()), printedAt: z.string() });

export async function drawKeptLabels(kept: unknown, format: LabelFormat) {
  const { labels, printedAt } = Kept.parse(kept);
  const document = labels.length > 0 ? await renderLabels(labels, format, new Date(printedAt)) : '';
  return { labels: labels.map((label) => ({ packId: label.packId, ...labelResource(label) })), document };
}

export const packLabelOperations: readonly Operation[] = [
  actOperation({
    id: 'printPackLabel',
    path: '/v1/packs/{id}/labels',
    tag: 'sterile-supply',
    summary:
      '打印标签；重打须写明原因，以最新一张为准 / Print a label; every one after the first needs a reason, and only the newest counts',
    params: z.strictObject({ id: Id }),
    body: LabelRequest,
    answers: { 200: { description: 'The label and the document to print', schema: LabelSchema } },
    find: ({ deps, params: { id }, caller }) => findPack(deps.db, id, sightOf(caller)),
    // What stands on a released pack is the releaser's.
    may: ({ resource, caller }: { resource: AskedPackRecord; caller: Parameters<typeof holdsPost>[0] }) =>
      !isReleased(resource.status) || holdsPost(caller, 'r'),
    async perform({ act, resource, body: { format, reason = null } }) {
      const [label] = await printLabels(act, [resource.id], { format, reason });
      if (!label) throw new Error('A pack has its label.');
      return { status: 200, body: keepLabels([label], act.happenedAt) };
    },
    async complete(reply, { body: { format } }) {
      const { labels, document } = await drawKeptLabels(reply.body, format);
      const [{ packId: _, ...label }] = labels as [(typeof labels)[number]];
      return { ...reply, body: { ...label, document } };
    },
  }),
];
