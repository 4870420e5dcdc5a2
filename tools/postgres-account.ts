/** Postgres refuses to run as root. When this process is root, it runs as the account `postgres` instead. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { PlainError, say } from './setup/say.mjs';

export interface Account {
  uid: number;
  gid: number;
}

const name = 'postgres';

/**
 * @param folder the data folder; an existing one is kept by the account that owns it
 * @returns undefined when this process is not root
 */
export function postgresAccount(folder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return lookUp() ?? create();
}

function lookUp(): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim());
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

function create(): Account {
  spawnSync('groupadd', ['--system', name]);
  spawnSync('useradd', ['--system', '--gid', name, '--no-create-home', '--shell', '/usr/sbin/nologin', name]);
  const account = lookUp();
  if (!account) {
    throw new PlainError(
      `Postgres may not run as root and the account "${name}" cannot be made: run the command as a normal user, or set DATABASE_URL to a Postgres of your own.`,
    );
  }
  say(`Made the system account "${name}", because Postgres may not run as root.`);
  return account;
}

type Runner = (command: string, args: string[]) => { command: string; args: string[]; account?: Account };

/**
 * How to start programs as the account so that they reach the given files. A clone in /root or in a private temporary folder is
 * closed to every other account; there they keep one of root's rights, to pass through folders.
 */
export function runnerFor(account: Account | undefined, files: string[]): Runner {
  if (!account) return (command, args) => ({ command, args });
  const testAll = ['-c', 'for file; do test -r "$file" || exit 1; done', 'sh', ...files];
  if (succeeds('/bin/sh', testAll, account)) return (command, args) => ({ command, args, account });

  const wrapper = [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    ...['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+dac_override`),
    '--securebits=+no_setuid_fixup', // so that access(2), which Postgres asks first, counts the right too
  ];
  if (succeeds('setpriv', [...wrapper, '/bin/sh', ...testAll])) {
    return (command, args) => ({ command: 'setpriv', args: [...wrapper, command, ...args] });
  }
  throw new PlainError(
    `Postgres may not run as root, and the account "${name}" cannot reach ${files.at(-1)}: put the clone into a folder that is open to other accounts (such as /srv), run the command as a normal user, or set DATABASE_URL.`,
  );
}

function succeeds(command: string, args: string[], account?: Account): boolean {
  return spawnSync(command, args, { ...account, stdio: 'ignore' }).status === 0;
}
