import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Runtime } from '@temporalio/worker';
import { expect, onTestFinished, test, vi } from 'vitest';
import { endReasons } from '../../domain/discharge/codes.ts';
import { deciders } from '../../domain/kit/registry.ts';
import { bundleWorkflows, loadWorkflowBundle } from '../../worker/bundle.ts';
import { historyFromText, historyToText } from '../../worker/history.ts';
import { listHistoryFiles, readRunFile } from '../../worker/recorded-runs.ts';
import { quietRuntime, type ReplayResult, replay } from '../../worker/replay.ts';
import { payloadText } from '../support/oracles/payload-text.ts';

const corpus = fileURLToPath(new URL('../histories', import.meta.url));
const incompatibleWorkflow = fileURLToPath(new URL('../histories/incompatible-workflow.ts', import.meta.url));

Runtime.install(quietRuntime);

/** Bundles are built and all histories replayed, on two cores that others use too. */
vi.setConfig({ testTimeout: 180_000 });

async function replayCorpus(codePath: string): Promise<ReplayResult[]> {
  const runs = await Promise.all((await listHistoryFiles(corpus)).map(readRunFile));
  const results: ReplayResult[] = [];
  for await (const result of replay(codePath, runs)) results.push(result);
  expect(results.map(({ title }) => title)).toEqual(runs.map(({ title }) => title));
  return results;
}

/** All payloads of a history, decoded. */
function payloadsOf(history: string): string {
  return [...history.matchAll(/"data":"([^"]+)"/g)].map(([, data]) => payloadText(Buffer.from(data as string, 'base64'))).join('\n');
}

async function textsOfCorpus(): Promise<string[]> {
  return Promise.all((await listHistoryFiles(corpus)).map((file) => readFile(file, 'utf8')));
}

test('every recorded history replays to its last event with the present workflows', async () => {
  const { codePath } = await loadWorkflowBundle('.carepath/cache');
  const differing = (await replayCorpus(codePath)).filter(({ difference }) => difference);
  expect(differing).toEqual([]);
});

test('the gate can fail: a workflow that waits before its first commit takes none of them, and the first differing event is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'carepath-replay-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const codePath = join(folder, 'incompatible.js');
  await writeFile(codePath, (await bundleWorkflows(incompatibleWorkflow)).code);
  const results = await replayCorpus(codePath);
  for (const { difference } of results) expect(difference?.event).toEqual({ id: expect.any(Number), type: expect.any(String) });
  // Where the timer was not, the Update was accepted.
  const withdrawn = results.find(({ title }) => title === 'draft-withdrawn.json');
  expect(withdrawn?.difference?.event).toEqual({ id: 5, type: 'WorkflowExecutionUpdateAccepted' });
});

test('the recorded histories reach every ending and everything on the way there', async () => {
  const decisions = (await textsOfCorpus()).map(payloadsOf);
  const ended = decisions.filter((text) => text.includes('"over":true'));
  for (const status of ['completed', 'rejected', 'cancelled'])
    expect([status, ended.some((text) => text.includes(`"status":"${status}"`))]).toEqual([status, true]);
  const events = new Set(decisions.flatMap((text) => [...text.matchAll(/"event":"([\w-]+)"/g)].map(([, event]) => event as string)));
  const wanted = [
    ...['expire', 'reroute', 'withdraw', 'confirm-cancellation', 'record-consent', 'call-repeat', 'report-no-show', 'reschedule-visit'],
    ...['refer-onward', 'answer-information', 'reopen', 'patient-moved', 'patient-died', 'cancel-appointment'],
    ...['send-interim-note', 'check-due', 'answer-check', 'review-result', 'over', 'request-information'],
    ...['enrol', 'window-open', 'overdue', 'expired', 'search-begun', 'report-search', 'lost', 'join-follow-up', 'follow-up-joined'],
    ...['visit-recorded', 'referral-started', 'patient-admitted', 'pause-review'],
    ...['identity-check-decided', 'merger-retracted'],
  ];
  expect(wanted.filter((event) => !events.has(event))).toEqual([]);
  const last = (await Promise.all((await listHistoryFiles(corpus)).map(readRunFile))).map(({ history }) => history.events?.at(-1));
  const endings = last.map((event) =>
    event?.workflowExecutionCompletedEventAttributes
      ? 'over'
      : event?.workflowExecutionContinuedAsNewEventAttributes
        ? 'continued'
        : 'neither',
  );
  expect(new Set(endings)).toEqual(new Set(['over', 'continued']));
});

/** How an episode, a crisis reading and a pathway of sterile supply may end, by their last status or the reason of it. */
const endingsByKind: Record<string, readonly string[]> = {
  discharge: endReasons,
  'exchange-slip': ['closed', 'cancelled'],
  'supply-round': ['closed', 'cancelled'],
  'steriliser-load': ['released', 'confirmed', 'failed', 'rejected'],
  recall: ['closed'],
  discrepancy: ['closed'],
  'crisis-reading': ['confirmed', 'refuted', 'withdrawn', 'joined', 'died'],
};

/** The status in an entry of the timeline, whichever way round its members stand; a recipient of a message has a `to` as well. */
const statusReached = /"to":"([\w-]+)","from":|"from":(?:null|"[\w-]+"),"to":"([\w-]+)"/g;

/** Every episode ends as ended; the reason says how. */
const reasonOfEnd = /"endReason":"([\w-]+)"/g;

const endingOf = (payloads: string): string | undefined =>
  [...payloads.matchAll(reasonOfEnd)].at(-1)?.[1] ?? [...payloads.matchAll(statusReached)].map(([, one, other]) => one ?? other).at(-1);

/** What their recordings do without: it takes a scan that contradicts another one, and packs that are allocated after the confirmation. */
const notRecorded = ['discrepancy-reopened', 'round-allocated', 'death-retracted', 'merger-retracted'];

test('episodes, crisis readings and each kind of sterile supply are recorded to each of their endings, through what they may hear on the way', async () => {
  const recorded = await Promise.all(
    (await listHistoryFiles(corpus)).map(async (file) => {
      const events = (await readRunFile(file)).history.events ?? [];
      const text = await readFile(file, 'utf8');
      const isOver = events.at(-1)?.workflowExecutionCompletedEventAttributes !== undefined;
      return {
        kind: events[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? '',
        ending: isOver ? endingOf(payloadsOf(text)) : undefined,
        heard: [...`${text}${payloadsOf(text)}`.matchAll(/"(?:signalName|name)": ?"([\w-]+)"/g)].map(([, name]) => name),
      };
    }),
  );
  for (const { kind, commands, facts } of deciders.filter((decider) => decider.kind in endingsByKind)) {
    const ofKind = recorded.filter((one) => one.kind === kind);
    expect([kind, new Set(ofKind.map(({ ending }) => ending))]).toEqual([kind, new Set(endingsByKind[kind])]);
    const heard = new Set(ofKind.flatMap((one) => one.heard));
    const missing = [...commands, ...facts].filter((name) => !heard.has(name) && !notRecorded.includes(name));
    expect([kind, missing]).toEqual([kind, []]);
  }
});

test('recorded histories name no machine and hold nothing that a person wrote', async () => {
  for (const text of await textsOfCorpus()) {
    expect(text.match(/"identity":"(?!recorded")[^"]*"/g)).toBeNull();
    expect(text).not.toMatch(/\d+@[\w.-]+-[0-9a-f]{32}/); // a worker's own queue
    // Every text that was typed while they were recorded is Chinese; so are the clauses of the documents that travel with an enrolment and an episode.
    const payloads = payloadsOf(text);
    if (/"(protocols|templates)":/.test(payloads)) expect(payloads).not.toMatch(/临床原因|皮疹|出院记录\d|patientName/);
    else expect(payloads).not.toMatch(/[\u3400-\u9fff]/);
  }
});

test('a history as text is the same history', async () => {
  for (const text of await textsOfCorpus()) expect(historyToText(historyFromText(text))).toBe(text);
  expect(() => historyFromText('{"events":[]}')).toThrow();
});
