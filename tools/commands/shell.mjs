/** Runs commands as somebody at a terminal does, and sees that each leaves no process behind. */
import { spawn, spawnSync } from 'node:child_process';
import { signalGroup } from '../setup/children.mjs';
import { interruption } from '../setup/interruption.mjs';
import { readSetting } from '../setup/setting.mjs';

/** @typedef {(title: string, work: () => Promise<void>) => Promise<void>} Check runs the work and reports one line */
/** @typedef {ReturnType<typeof createShell>} Shell */

const longestMilliseconds = 600_000;

/** @param {string} folder the fresh copy in which all commands run */
export function createShell(folder) {
  const environment = strangersEnvironment();

  /**
   * Starts a command in a process group of its own, as a terminal does.
   * @param {string} command
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} [extra]
   */
  function start(command, args, extra = {}) {
    interruption.throwIfAborted();
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...environment, ...extra },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const kill = () => {
      if (child.pid) signalGroup(child.pid, 'SIGKILL');
      for (const { pid } of processesOf(folder)) process.kill(pid, 'SIGKILL');
    };
    interruption.addEventListener('abort', kill, { once: true });
    const tooLong = setTimeout(kill, longestMilliseconds);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        output += text;
      });
    }
    /** @type {Promise<number>} */
    const ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(tooLong);
        interruption.removeEventListener('abort', kill);
        resolve(code ?? 1);
      });
    });
    return {
      ended,
      output: () => output,
      /** What Ctrl-C does: the whole group gets the signal. */
      interrupt() {
        if (child.pid) signalGroup(child.pid, 'SIGINT');
      },
    };
  }

  /**
   * Runs a command to its end.
   * @param {string} command
   * @param {string[]} args
   * @param {{ succeeds?: boolean }} [expected]
   */
  async function run(command, args, { succeeds = true } = {}) {
    const started = start(command, args);
    const code = await started.ended;
    if ((code === 0) !== succeeds) throw new Error(`it ended with ${code}:\n${lastLines(started.output())}`);
    leavesNothing();
    return spoken(started.output());
  }

  /** Throws when a process that was started here still runs. */
  function leavesNothing() {
    const left = processesOf(folder);
    if (left.length > 0) throw new Error(`it left processes behind: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
  }

  return {
    folder,
    start,
    leavesNothing,
    /**
     * @param {string[]} args
     * @param {{ succeeds?: boolean }} [expected]
     */
    npm: (args, expected) => run('npm', args, expected),
    /** @param {string} line as it is pasted into a terminal whose servers go on running */
    async paste(line) {
      const started = start('sh', ['-c', line]);
      const code = await started.ended;
      if (code !== 0) throw new Error(`it ended with ${code}:\n${lastLines(started.output())}`);
      return spoken(started.output());
    },
  };
}

/** @param {string} output */
function spoken(output) {
  return {
    output,
    /** @param {RegExp} pattern */
    says(pattern) {
      if (!pattern.test(output)) throw new Error(`it does not say ${pattern}:\n${lastLines(output)}`);
    },
    /** @param {RegExp} pattern */
    saysLast(pattern) {
      const last = output.trimEnd().split('\n').at(-1) ?? '';
      if (!pattern.test(last)) throw new Error(`its last line is not ${pattern}:\n${lastLines(output)}`);
    },
  };
}

/** @param {string} output */
const lastLines = (output) => output.trimEnd().split('\n').slice(-25).join('\n');

/** The environment without settings of carepath: the commands run on their defaults. */
function strangersEnvironment() {
  const ours = /^(CAREPATH_|DATABASE_URL|TEMPORAL_ADDRESS|TEMPORAL_NAMESPACE)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const temporal = readSetting('TEMPORAL_CLI') ?? process.env.CAREPATH_TEMPORAL_BINARY;
  return { ...Object.fromEntries(kept), ...(temporal ? { TEMPORAL_CLI: temporal } : {}) };
}

/**
 * The running processes that were started in the folder: each has a path of it on its command line.
 * @param {string} folder
 */
function processesOf(folder) {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 50_000_000 });
  return stdout
    .split('\n')
    .filter((line) => line.includes(folder))
    .map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().split(' ').slice(1).join(' ') }));
}
