/** Where recorded runs come from: Temporal, or files; and how they get into files. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Client } from '@temporalio/client';
import { workflowId } from '../domain/kit/pathway.ts';
import { pathwayKinds } from '../domain/kit/registry.ts';
import { chainOf, type History, historyOf } from '../platform/pathway-runs.ts';
import { historyFromText, historyToText } from './history.ts';
import type { RecordedRun } from './replay.ts';

/** An error whose message is the whole sentence for the person who typed the command. */
export class PlainError extends Error {}

/** The runs of a pathway, oldest first; none when Temporal has nothing of it any more. */
export async function runsOfPathway(client: Client, target: string): Promise<RecordedRun[]> {
  const { runs } = await chainOf(client, target);
  const recorded: RecordedRun[] = [];
  for (const { runId } of runs) {
    const history = await historyOf(client, target, runId);
    if (history) recorded.push({ title: `${target}, run ${runId}`, workflowId: target, history });
  }
  return recorded;
}

/** The workflow id of a pathway that is known by its id alone. Throws PlainError when Temporal knows none. */
export async function findInTemporal(client: Client, id: string): Promise<string> {
  for (const kind of pathwayKinds) {
    const target = workflowId(kind, id);
    if ((await chainOf(client, target)).runs.length > 0) return target;
  }
  throw new PlainError(`Temporal has no pathway ${id}: check the id, or it ended longer ago than histories are kept.`);
}

/** The histories of a folder by their names. Throws PlainError when there are none. */
export async function historyFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => {
    throw new PlainError(`The folder ${folder} cannot be read.`);
  });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  if (files.length === 0) throw new PlainError(`The folder ${folder} holds no histories (*.json).`);
  return files.map((name) => join(folder, name));
}

export async function runOfFile(file: string): Promise<RecordedRun> {
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

/** One file a run: `name.json`, or `name-1.json`, `name-2.json` and on for a pathway of several runs. */
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
