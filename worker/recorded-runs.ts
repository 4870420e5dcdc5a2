/** Recorded runs: read from Temporal or from files, and written to files. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Client } from '@temporalio/client';
import { workflowId } from '../domain/kit/pathway.ts';
import { pathwayKinds } from '../domain/kit/registry.ts';
import { fetchHistory, type History, listRuns } from '../platform/pathway-runs.ts';
import { type DocumentShelf, withDocuments } from '../platform/payload-codec.ts';
import { historyFromText, historyToText, replacePayloads } from './history.ts';
import type { RecordedRun } from './replay.ts';

/** An error whose message is the whole sentence for the person who typed the command. */
export class PlainError extends Error {}

/**
 * Reads the runs of a pathway, oldest first, each with every document that its history names, so that it replays by itself. There are none when
 * Temporal has nothing of the pathway any more.
 */
export async function readPathwayRuns(client: Client, target: string, shelf: Pick<DocumentShelf, 'longFormOf'>): Promise<RecordedRun[]> {
  const { runs } = await listRuns(client, target);
  const recorded: RecordedRun[] = [];
  for (const { runId } of runs) {
    const history = await fetchHistory(client, target, runId);
    if (!history) continue;
    await replacePayloads(history, (payload) => withDocuments(shelf, payload));
    recorded.push({ title: `${target}, run ${runId}`, workflowId: target, history });
  }
  return recorded;
}

/** Finds the workflow id of a pathway of which only the id is known. Throws PlainError when Temporal knows no such pathway. */
export async function getWorkflowId(client: Client, id: string): Promise<string> {
  for (const kind of pathwayKinds) {
    const target = workflowId(kind, id);
    if ((await listRuns(client, target)).runs.length > 0) return target;
  }
  throw new PlainError(`Temporal has no pathway ${id}: check the id, or it ended longer ago than histories are kept.`);
}

/** Lists the paths of the histories in a folder, ordered by name. Throws PlainError when there are none. */
export async function listHistoryFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => {
    throw new PlainError(`The folder ${folder} cannot be read.`);
  });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  if (files.length === 0) throw new PlainError(`The folder ${folder} holds no histories (*.json).`);
  return files.map((name) => join(folder, name));
}

/** Throws PlainError when the file is no history. */
export async function readRunFile(file: string): Promise<RecordedRun> {
  const text = await readFile(file, 'utf8');
  let history: History;
  try {
    history = historyFromText(text);
  } catch {
    throw new PlainError(`${file} is not a history that "carepath record" has written.`);
  }
  const started = history.events?.[0]?.workflowExecutionStartedEventAttributes;
  return { title: basename(file), workflowId: started?.workflowId || basename(file, '.json'), history };
}

/** Writes one file for each run: `name.json`, or `name-1.json`, `name-2.json` and so on when there are several. Resolves with the paths. */
export async function writeRuns(runs: readonly RecordedRun[], folder: string, name: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const [index, { history }] of runs.entries()) {
    const file = join(folder, runs.length === 1 ? `${name}.json` : `${name}-${index + 1}.json`);
    await writeFile(file, historyToText(history));
    files.push(file);
  }
  return files;
}
