/**
 * Over a long history no read of the contract goes through everything that there is: the plans of its statements scan no table that grows with the years.
 * The history here is as short as it can be for Postgres to plan as it would for a long one.
 */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSupplyHistory } from '../../../bench/support/supply-history.ts';
import { costOf, watchStatements } from '../../support/service/count-statements.ts';
import { type Service, startService } from '../../support/service/service.ts';

const PACKS = 30_000;

/** What has rows for each pack. Tables that this history leaves empty or short are read whole by any plan. */
const growing = ['pack', 'supply_event', 'custody', 'load_pack', 'set_instance'];

let service: Service;
let loadId: string;
beforeAll(async () => {
  watchStatements();
  service = await startService({ worker: false, checkAnswers: false });
  loadId = await writeSupplyHistory(service.db, PACKS);
});
afterAll(() => service?.stop());

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

async function scannedTables(statement: { text: string; values: unknown[] }): Promise<string[]> {
  const { rows } = await service.pool.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `explain (format json) ${statement.text}`,
    statement.values,
  );
  return rows
    .flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => nodesOf(Plan)))
    .flatMap((node) =>
      node['Node Type'] === 'Seq Scan' && growing.includes(node['Relation Name'] ?? '') ? [node['Relation Name'] ?? ''] : [],
    );
}

const today = () => new Date().toISOString().slice(0, 10);

const reads: [account: string, path: () => string][] = [
  ['technician', () => '/v1/packs'],
  ['technician', () => '/v1/packs?status=released'],
  ['technician', () => '/v1/packs?status=at-centre'],
  ['technician', () => `/v1/packs?loadId=${loadId}`],
  ['technician', () => '/v1/packs?holderId=inst-c05'],
  ['technician', () => '/v1/packs?setTypeId=dressing-set'],
  ['technician', () => `/v1/packs?expiresBefore=${today()}`],
  ['technician', () => '/v1/packs/bench-77'],
  ['technician', () => '/v1/packs/bench-77/dispensable?for=inst-c01'],
  ['nurse-c05', () => '/v1/shelf'],
  ['headnurse', () => '/v1/shelf?institutionId=inst-c05'],
  ['technician', () => '/v1/set-instances?status=used'],
  ['technician', () => '/v1/set-instances?holderId=inst-c05'],
  ['headnurse', () => '/v1/trace?packId=bench-77'],
  ['headnurse', () => '/v1/trace?setInstanceId=bench-77'],
  ['headnurse', () => `/v1/trace?loadId=${loadId}`],
  ['technician', () => '/v1/loads'],
  ['technician', () => '/v1/loads?steriliserId=steriliser-1&status=released'],
  ['technician', () => `/v1/loads/${loadId}`],
  // What a failed indicator recalls is a large part of a history as short as this one: `npm run bench -- supply` reads it over a long one.
  ['technician', () => `/v1/load-indicators?loadId=${loadId}`],
  ['technician', () => '/v1/load-indicators?steriliserId=steriliser-1&kind=bi'],
  ['technician', () => '/v1/sterilisers'],
  ['dispatcher', () => '/v1/rounds'],
  ['dispatcher', () => '/v1/stops?institutionId=inst-c05'],
  ['dispatcher', () => '/v1/slips?institutionId=inst-c05'],
  ['headnurse', () => '/v1/recalls'],
  ['headnurse', () => '/v1/discrepancies'],
  ['headnurse', () => '/v1/supply-alerts'],
  ['headnurse', () => '/v1/climate-breaches'],
  ['dispatcher', () => '/v1/worklist'],
];

test('no read of sterile supply scans what grows with the years', { timeout: 600_000 }, async () => {
  await sql`analyze`.execute(service.db);
  const found: Record<string, string[]> = {};
  for (const [account, path] of reads) {
    const { answer, statements } = await costOf(() => service.get(account, path()));
    expect(answer.status, `${path()}: ${JSON.stringify(answer.body)}`).toBe(200);
    for (const statement of statements.filter(({ text }) => /^\s*(select|with)/i.test(text))) {
      const tables = await scannedTables(statement);
      if (tables.length > 0)
        found[`${account} ${path().replace(loadId, '…')}: ${statement.text.replace(/\s+/g, ' ').slice(0, 80)}`] = tables;
    }
  }
  expect(found).toEqual({});
});
