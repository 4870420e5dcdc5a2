// `node tools/closing-line.mjs usual=0 long=0 commands=1`: the failed tests of several runs and one line that counts all of them;
// each run with its exit code.
import { say } from './setup/say.mjs';
import { closingLines, reports } from './setup/test-report.mjs';

const runs = process.argv.slice(2).map((argument) => {
  const [name = '', exitCode] = argument.split('=');
  return { report: reports[/** @type {keyof typeof reports} */ (name)] ?? name, exitCode: Number(exitCode) };
});
for (const line of closingLines(runs)) say(line);
