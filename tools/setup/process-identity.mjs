/** The identity of a process, which no other process has or will have. A pid alone is given to another process later. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * @param {number} pid
 * @returns {string | undefined} undefined when no such process runs (a zombie has ended and counts as none)
 */
export function processIdentity(pid) {
  return process.platform === 'linux' ? readFromProc(pid) : readFromPs(pid);
}

/** @param {number} pid */
function readFromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything; the fields after it are plain.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    const startedAtTick = fields[19];
    if (state === 'Z' || state === 'X') return undefined;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}:${startedAtTick}`;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function readFromPs(pid) {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const [state, ...startedAt] = (stdout ?? '').trim().split(/\s+/);
  return !state || state.startsWith('Z') ? undefined : startedAt.join(' ');
}

/**
 * Reads the command line of a process; undefined when there is no such process.
 * @param {number} pid
 */
export function processCommand(pid) {
  if (process.platform !== 'linux')
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() || undefined;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() || undefined;
  } catch {
    return undefined;
  }
}
