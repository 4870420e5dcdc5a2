/** The command line's process. */
import { carepath } from './command-line.ts';

const { env: environment, stdout: out, stderr: err } = process;
process.exitCode = await carepath(process.argv.slice(2), { environment, out, err });
