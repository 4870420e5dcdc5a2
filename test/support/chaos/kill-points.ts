/**
 * Loaded into the real API or worker (`node --import`): ends its own process with SIGKILL at a chosen point of a command's or an obligation's way.
 * Nothing of the product knows of it. Armed by a file that holds a KillOrder; the file is gone once the order has been carried out.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync, rmSync } from 'node:fs';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import pg from 'pg';
import type { CommitRequest } from '../../../workflows/kit/pathway.ts';
import { statementOf } from '../service/statement-of.ts';
import { type KillOrder, type KillPoint, type KillTarget, killFileVariable } from './kill-order.ts';

const file = process.env[killFileVariable];

interface Step {
  event: string;
  pathwayId: string;
  statements: number;
}

const arrived = new Set<KillTarget>();
let orderText = '';
let order: KillOrder | undefined;

/** The order in force; the same object as long as the file stays the same. */
function currentOrder(): KillOrder | undefined {
  let text = '';
  try {
    text = readFileSync(file as string, 'utf8');
  } catch {
    // No kill has been ordered.
  }
  if (text !== orderText) {
    orderText = text;
    order = text === '' ? undefined : (JSON.parse(text) as KillOrder);
    arrived.clear();
  }
  return order;
}

/** Goes on at once unless the order names this point of this step; then it never goes on. */
async function pass(point: KillPoint, { event, pathwayId, statements }: Step): Promise<void> {
  const order = currentOrder();
  if (order?.point !== point || (point === 'inside' && order.statements !== statements)) return;
  const target = order.targets.find((one) => (one.event === '*' || one.event === event) && (one.pathwayId ?? pathwayId) === pathwayId);
  if (!target) return;
  arrived.add(target);
  if (arrived.size === order.targets.length) {
    rmSync(file as string);
    process.kill(process.pid, 'SIGKILL');
  }
  await new Promise(() => {});
}

// --- the worker: each statement of a commit knows which commit it belongs to -----------------------

const commits = new AsyncLocalStorage<Step>();

type Commit = (request: CommitRequest<unknown>) => Promise<unknown>;

function watchCommits(options: WorkerOptions): WorkerOptions {
  const activities = options.activities as { commit: Commit };
  const commit: Commit = (request) => {
    const { name, kind } = request.event;
    const step = { event: kind === 'due' ? 'due' : name, pathwayId: request.pathwayId, statements: 0 };
    return commits.run(step, async () => {
      await pass('before', step);
      const answer = await activities.commit(request);
      await pass('returned', step);
      return answer;
    });
  };
  return { ...options, activities: { ...activities, commit } };
}

async function statementOfCommit(step: Step, text: string, send: () => Promise<unknown>): Promise<unknown> {
  if (text === 'commit') await pass('before-commit', step);
  const result = await send();
  step.statements++;
  if (text === 'commit') await pass('after-commit', step);
  else await pass('inside', step);
  return result;
}

// --- the API: between storing a command and sending it, between its answer and keeping that --------

const stored = new Map<unknown, Step>();

async function statementOfApi(text: string, values: unknown[], send: () => Promise<unknown>): Promise<unknown> {
  if (/^\s*update command set\s+response_body/.test(text)) {
    const step = values.map((value) => stored.get(value)).find((known) => known !== undefined);
    if (step) await pass('answered', step);
  }
  const result = await send();
  // Each column has one parameter, in the same order.
  const columns = /^\s*insert into "?command"? \(([^)]*)\)/
    .exec(text)?.[1]
    ?.split(',')
    .map((name) => name.trim());
  if (columns) {
    const value = (name: string) => values[columns.indexOf(name)];
    const step = { event: String(value('name')), pathwayId: String(value('pathway_id')), statements: 0 };
    stored.set(value('id'), step);
    await pass('stored', step);
  }
  return result;
}

// --- installed where a file has been named ----------------------------------------------------------

if (file) {
  const client = pg.Client.prototype as unknown as { query(...args: unknown[]): unknown };
  const query = client.query;
  client.query = function (this: unknown, ...args: unknown[]): unknown {
    const { text, values } = statementOf(args);
    const send = () => query.apply(this, args) as Promise<unknown>;
    // What is not a plain statement with a promise (the pool's own callbacks) goes its usual way.
    if (text === undefined || args.some((arg) => typeof arg === 'function')) return send();
    const step = commits.getStore();
    return step ? statementOfCommit(step, text, send) : statementOfApi(text, values, send);
  };
  const create = Worker.create.bind(Worker);
  Worker.create = (options) => create(watchCommits(options));
}
