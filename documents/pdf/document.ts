/** A document to be set as PDF: what stands on it, in the order in which it is read. It says nothing of how that looks; layout.ts does. */

export interface PdfDocument {
  /** The name of the kind of document, which the foot of each page repeats with the number. */
  documentName: string;
  title: string;
  subtitle: string;
  number: string;
  /** The line that tops every page after the first one, so that pages which got parted can be put together again. */
  runningHead: string;
  printedAt: string;
  /** How many times larger than on a form everything is set; 1 where it is left out. */
  textScale?: number;
  blocks: Block[];
  /** The instant of what the document is about, not of its printing: the same content makes the same bytes. */
  date: Date;
}

export type Block =
  | { kind: 'banner'; text: string; colour: 'green' | 'grey' }
  | { kind: 'heading'; text: string }
  /** The fields stand side by side in one row. */
  | { kind: 'fields'; fields: Field[] }
  /** The text goes on over as many pages as it needs. */
  | { kind: 'text'; label: string; text: string }
  /** `share`: the width of a column in proportion to the other columns. */
  | { kind: 'table'; columns: { title: string; share: number }[]; rows: string[][] }
  | { kind: 'signatures'; labels: string[] };

export interface Field {
  label: string;
  value: string;
  /** The value is set in bold. */
  strong?: boolean;
}
