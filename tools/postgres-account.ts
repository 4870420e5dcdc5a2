/** The account that Postgres runs as. Postgres refuses to run as root, so under root it runs as the account `postgres`. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { PlainError, say } from './setup/say.mjs';

export interface Account {
  uid: number;
  gid: number;
}

const name = 'postgres';

/**
 * @param folder the data folder. When it exists, the account that owns it goes on using it.
 * @returns undefined when this process is not root, and Postgres can run as the same account
 */
export function choosePostgresAccount(folder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(folder, { throwIfNoEntry: false });
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return findAccount() ?? createAccount();
}

function findAccount(): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim());
  return uid && gid ? { uid: Number(uid), gid: Number(gid) } : undefined;
}

function createAccount(): Account {
  spawnSync('groupadd', ['--system', name]);
  spawnSync('useradd', ['--system', '--gid', name, '--no-create-home', '--shell', '/usr/sbin/nologin', name]);
  const account = findAccount();
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
 * Returns how to start programs as the account so that they reach the given files. A clone in /root or in a private temporary folder is closed
 * to every other account. There the programs keep one of root's rights, which lets them pass through folders.
 */
export function createRunner(account: Account | undefined, files: string[]): Runner {
  if (!account) return (command, args) => ({ command, args });
  const testAll = ['-c', 'for file; do test -r "$file" || exit 1; done', 'sh', ...files];
  if (succeeds('/bin/sh', testAll, account)) return (command, args) => ({ command, args, account });

  const wrapper = [
    `--reuid=${account.uid}`,
    `--regid=${account.gid}`,
    '--clear-groups',
    ...['inh-caps', 'ambient-caps', 'bounding-set'].map((set) => `--${set}=-all,+dac_override`),
    // Postgres asks access(2) first, which counts the right only with this bit.
    '--securebits=+no_setuid_fixup',
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
