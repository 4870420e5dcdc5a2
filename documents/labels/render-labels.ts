/** Labels as documents, one or a whole load's. */
import type { LabelContent } from '../../domain/sterile-supply/labels.ts';
import { renderPdfLabels } from './pdf-labels.ts';
import { renderZplLabels } from './zpl-labels.ts';

export const labelFormats = ['pdf', 'zpl'] as const;
export type LabelFormat = (typeof labelFormats)[number];

/** One document with a label a page, in the order given: a PDF in base64, or ZPL as text. `printedAt` is the date of the file. */
export async function renderLabels(labels: readonly LabelContent[], format: LabelFormat, printedAt: Date): Promise<string> {
  switch (format) {
    case 'pdf':
      return Buffer.from(await renderPdfLabels(labels, printedAt)).toString('base64');
    case 'zpl':
      return renderZplLabels(labels);
  }
}
