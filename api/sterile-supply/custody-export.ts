/** The custody ledger for an inspector: EPCIS 2.0, chained by hashes. */
import { z } from '@hono/zod-openapi';
import { loadCustodyExport, MOST_EVENTS } from '../../db/sterile-supply/custody-export.ts';
import { sealLedger } from '../../db/sterile-supply/custody-seal.ts';
import { type Operation, operation } from '../kit/operation.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { PeriodQuery, periodOf } from './period.ts';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

const EpcisDocument = z
  .looseObject({
    '@context': z.unknown(),
    type: z.literal('EPCISDocument'),
    schemaVersion: z.literal('2.0'),
    creationDate: z.string(),
    epcisBody: z.strictObject({
      eventList: z.array(
        z.looseObject({
          type: z.literal('ObjectEvent'),
          eventID: z.string(),
          'carepath:chain': z
            .strictObject({ seq: z.number().int(), previous: Hash, hash: Hash })
            .openapi({ description: 'hash: SHA-256 of the RFC 8785 form of the event without `hash`; previous: that of the event before' }),
        }),
      ),
    }),
    'carepath:seal': z.strictObject({ events: z.number().int(), hash: Hash }),
  })
  .openapi('CustodyExport');

const getCustodyExport = operation({
  id: 'exportCustody',
  method: 'get',
  path: '/v1/custody-export',
  tag: 'sterile-supply',
  summary:
    '流转账本导出（EPCIS 2.0，含哈希链，不含患者标识） / The custody ledger as EPCIS 2.0 with its hash chain, without patient references',
  query: z.strictObject(PeriodQuery),
  answers: {
    200: {
      description:
        'Everything that happened or was recorded in the period, and whatever else the chain has between the first and the last of it. `carepath custody verify FILE` checks it alone',
      schema: EpcisDocument,
      contentType: 'application/ld+json',
    },
  },
  async handle({ deps, query, actor }) {
    const period = periodOf(query);
    await sealLedger(deps.db, actor);
    const document = await loadCustodyExport(deps.db, period, new Date());
    if (!document)
      throw invalidRequestProblem('to', {
        zh: `该时段超过 ${MOST_EVENTS} 条记录，请分段导出`,
        en: `the period holds more than ${MOST_EVENTS} events: ask for it in parts`,
      });
    return { status: 200, body: document };
  },
});

export const custodyExportOperations: readonly Operation[] = [getCustodyExport];
