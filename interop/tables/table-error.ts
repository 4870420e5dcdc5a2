/** Why an uploaded file is no table that can be read. */
export type TableFlaw = 'unreadable' | 'too-many-rows' | 'too-large-unpacked';

export class TableError extends Error {
  readonly flaw: TableFlaw;

  constructor(flaw: TableFlaw) {
    super(flaw);
    this.name = 'TableError';
    this.flaw = flaw;
  }
}
