/**
 * Loaded into the real API or worker (`node --import`): ends its own process with SIGKILL at a chosen point of a command's or an obligation's way.
 * Nothing of the product knows of it. Armed by a file that holds a KillOrder; the file is gone once the order has been carried out.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, Server } from 'node:http';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import pg from 'pg';
import type { CommitRequest } from '../../../workflows/kit/pathway.ts';
import { statementOf } from '../service/statement-of.ts';
import { type KillOrder, type KillPoint, type KillTarget, killFileVariable, type MetTarget, metFileOf } from './kill-order.ts';

const file = process.env[killFileVariable];

interface Step {
  event: string;
  pathwayId: string;
  statements: number;
}

const arrived = new Map<KillTarget, MetTarget>();
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
  if (!order || !isPointOf(order, point, statements)) return;
  const isOfStep = (one: KillTarget) => (one.event === '*' || one.event === event) && (one.pathwayId ?? pathwayId) === pathwayId;
  // Who is tried again while it waits has arrived already; of two targets with one name each is another pathway's.
  const again = order.targets.find(
    (one) => isOfStep(one) && arrived.get(one)?.event === event && arrived.get(one)?.pathwayId === pathwayId,
  );
  const target = again ?? order.targets.find((one) => isOfStep(one) && !arrived.has(one));
  if (!target) return;
  arrived.set(target, { event, pathwayId, point, statements });
  if (arrived.size === order.targets.length) {
    writeFileSync(metFileOf(file as string), JSON.stringify([...arrived.values()]));
    rmSync(file as string);
    process.kill(process.pid, 'SIGKILL');
  }
  await new Promise(() => {});
}

function isPointOf(order: KillOrder, point: KillPoint, statements: number): boolean {
  if (order.point !== 'inside') return order.point === point;
  const asked = order.statements ?? 1;
  return point === 'inside' ? statements === asked : point === 'before-commit' && statements < asked;
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

// --- the API: each statement of a POST knows its path. A physical act is one transaction --------------

interface Post extends Step {
  inTransaction: boolean;
}

const posts = new AsyncLocalStorage<Post>();

function watchPosts(): void {
  const server = Server.prototype as unknown as { emit(name: string, ...args: unknown[]): boolean };
  const { emit } = server;
  server.emit = function (this: unknown, name: string, ...args: unknown[]): boolean {
    const send = () => emit.call(this, name, ...args);
    const request = args[0] as IncomingMessage;
    if (name !== 'request' || request.method !== 'POST') return send();
    return posts.run({ event: request.url ?? '', pathwayId: '', statements: 0, inTransaction: false }, send);
  };
}

async function statementOfPost(post: Post, text: string, send: () => Promise<unknown>): Promise<unknown> {
  if (text === 'begin') {
    await pass('before', post);
    post.inTransaction = true;
  }
  return post.inTransaction ? statementOfCommit(post, text, send) : send();
}

// --- the relays of the worker: between taking what is stored, bringing it to Temporal and noting that -----

/** What a relay has taken, by the id that it notes. */
const taken = new Map<unknown, Step>();

async function statementOfRelay(text: string, values: unknown[], send: () => Promise<unknown>): Promise<unknown> {
  if (/^\s*update (command set acked_at|fact_delivery set delivered_at)/.test(text)) {
    const step = values.map((value) => taken.get(value)).find((known) => known !== undefined);
    if (step) await pass('brought', step);
  }
  const result = await send();
  if (!/^\s*update (command set relay_at|fact_delivery as delivery\s+set attempts)/.test(text)) return result;
  const { rows } = result as { rows: { id?: string; factId?: string; name?: string; type?: string; pathwayId: string }[] };
  const steps = rows.map(({ id, factId, name, type, pathwayId }) => {
    const step = { event: name ?? type ?? '', pathwayId, statements: 0 };
    taken.set(id ?? factId, step);
    return step;
  });
  await Promise.all(steps.map((step) => pass('taken', step)));
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
    const commit = commits.getStore();
    if (commit) return statementOfCommit(commit, text, send);
    const post = posts.getStore();
    const sendOfPost = () => (post ? statementOfPost(post, text, send) : send());
    return /^\s*update (command set (relay|acked)_at|fact_delivery)/.test(text)
      ? statementOfRelay(text, values, sendOfPost)
      : statementOfApi(text, values, sendOfPost);
  };
  watchPosts();
  const create = Worker.create.bind(Worker);
  Worker.create = (options) => create(watchCommits(options));
}
