/**
 * Measures what it costs to bring a sleeping pathway back from its history: the recorded corpus is replayed again and again by one worker, whose code is
 * warm. Processor time an event, and how often a history differed (never). See README.md.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Runtime } from '@temporalio/worker';
import { loadWorkflowBundle } from '../worker/bundle.ts';
import { listHistoryFiles, readRunFile } from '../worker/recorded-runs.ts';
import { quietRuntime, type RecordedRun, replay } from '../worker/replay.ts';
import { percentile } from './support/percentile.ts';

const { rounds: roundsText = '20' } = parseArgs({ options: { rounds: { type: 'string' } } }).values;
const rounds = Number(roundsText);
if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number, at least 1');

const root = join(import.meta.dirname, '..');
Runtime.install(quietRuntime);
const { codePath } = await loadWorkflowBundle(join(root, '.carepath', 'cache'));
const runs = await Promise.all((await listHistoryFiles(join(root, 'test', 'histories'))).map(readRunFile));
const eventsOf = (run: RecordedRun) => run.history.events?.length ?? 0;
const events = runs.reduce((sum, run) => sum + eventsOf(run), 0);

const msAnEvent: number[] = [];
let differences = 0;

/** Hands out the corpus round by round, and takes the time that each round needed. */
function* corpus(): Generator<RecordedRun> {
  // The first rounds warm the code up and are not counted.
  for (let round = -Math.ceil(rounds / 5); round < rounds; round += 1) {
    const before = process.cpuUsage();
    yield* runs;
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) msAnEvent.push((user + system) / 1_000 / events);
  }
}

for await (const { difference } of replay(codePath, corpus())) if (difference) differences += 1;

console.log(`${runs.length} histories with ${events} events, ${rounds} rounds. To repeat: npm run bench -- replay --rounds ${rounds}\n`);
console.log('| what | figure |\n| --- | --- |');
console.log(
  `| processor ms an event, median of the rounds (least) | ${percentile(msAnEvent, 0.5).toFixed(2)} (${Math.min(...msAnEvent).toFixed(2)}) |`,
);
console.log(`| histories that differed | ${differences} |`);
process.exit(differences === 0 ? 0 : 1);
