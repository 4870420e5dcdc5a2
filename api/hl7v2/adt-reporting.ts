/** One message of a hospital's register on its way into the directory, and what it is named by: the institution and its control id. */
import type { RecordedBy } from '../../db/directory/fact-audit.ts';
import type { Trx } from '../../db/kit/transaction.ts';
import type { ReadAdt } from '../../interop/hl7v2/adt/read-adt.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';

export interface ReportingPart {
  trx: Trx;
  request: KeyedRequest;
  by: RecordedBy;
  source: string;
  /** MSH-10; what a message says further has a number behind it. */
  messageId: string;
  occurredAt: Date;
}

export interface Reporting extends ReportingPart {
  read: ReadAdt;
}
