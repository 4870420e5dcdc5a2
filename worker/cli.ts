/** The process of the command line `carepath`. */
import { runCommandLine } from './command-line.ts';

const { env: environment, stdout: out, stderr: err } = process;
process.exitCode = await runCommandLine(process.argv.slice(2), { environment, out, err });
