// `node tools/closing-line.mjs usual=0 long=0 commands=1`: one closing line for several runs of tests, each with its exit code.
import { say } from './setup/say.mjs';
import { reports, sumLine } from './setup/test-report.mjs';

const runs = process.argv.slice(2).map((argument) => {
  const [name = '', exitCode] = argument.split('=');
  return { report: reports[/** @type {keyof typeof reports} */ (name)] ?? name, exitCode: Number(exitCode) };
});
say(sumLine(runs));
