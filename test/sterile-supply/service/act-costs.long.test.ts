/**
 * What each physical act costs. Counted are the statements of the act's own transaction, with the reading of its answer; beside them stand those of the
 * whole request, which also has `begin` and `commit`, what looks the thing up for the caller, and the row by which a repeated request gets its first answer.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { operations } from '../../../api/app.ts';
import { type Walk, walkEveryAct } from '../../support/builders/every-act.ts';
import { createRoundGround } from '../../support/builders/supply-round.ts';
import { walkWorstActs } from '../../support/builders/worst-acts.ts';
import { costOf, watchStatements } from '../../support/service/count-statements.ts';
import { type Service, startService } from '../../support/service/service.ts';

const MOST_STATEMENTS = 12;

let service: Service;
beforeAll(async () => {
  watchStatements();
  service = await startService({ checkAnswers: false });
});
afterAll(() => service?.stop());

interface Cost {
  act: string[];
  request: number;
}

const acts = operations.filter(({ isAct }) => isAct);

/** The operation that a path belongs to. */
function operationOf(path: string): string {
  const matches = ({ path: template }: { path: string }) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  return acts.find(matches)?.id ?? `no act: ${path}`;
}

async function costsOfActs(many: number, firstCentre: number): Promise<Map<string, Cost>> {
  const costs = new Map<string, Cost>();
  const ground = createRoundGround(service, { prefix: `costs-${many}` });
  const walk: Walk = {
    ground,
    many,
    firstCentre,
    act: async (account, path, body = {}, variant) => {
      const { answer, act, request } = await costOf(() => service.post(account, path, body));
      expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
      const name = `${operationOf(path)}${variant === undefined ? '' : `: ${variant}`}`;
      if (act.length >= (costs.get(name)?.act.length ?? 0)) costs.set(name, { act, request: request.length });
      return answer.body;
    },
  };
  await walkEveryAct(walk);
  await walkWorstActs(walk);
  return costs;
}

test(`each physical act costs at most ${MOST_STATEMENTS} statements, and with many things the same as with two`, {
  timeout: 300_000,
}, async () => {
  const two = await costsOfActs(2, 20);
  const many = await costsOfActs(12, 30);
  const table = [...many].map(([name, cost]) => ({ name, two: two.get(name)?.act.length, many: cost.act.length, request: cost.request }));
  console.log(
    ['| act | statements: of two things | of twelve | whole request |', '| --- | --- | --- | --- |']
      .concat(table.map((row) => `| ${row.name} | ${row.two} | ${row.many} | ${row.request} |`))
      .join('\n'),
  );
  const counted = new Set([...many.keys()].map((name) => name.split(':')[0]));
  expect(acts.map(({ id }) => id).filter((id) => !counted.has(id))).toEqual([]);
  expect(table.filter((row) => row.two !== row.many)).toEqual([]);
  for (const [name, { act }] of [...two, ...many])
    expect(act.length, `${name}:\n${act.map((text) => text.slice(0, 110)).join('\n')}`).toBeLessThanOrEqual(MOST_STATEMENTS);
});
