// `node tools/complete-lock-file.mjs`, by hand after a change of the dependencies: adds to package-lock.json the optional packages
// of other platforms that the registry in use did not offer. Without them `npm ci` refuses the lock file, here and everywhere.
// They have no integrity hash, as nobody could fetch them; the platforms they are for are read from their names.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/paths.mjs';

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64'];
const libraries = { gnu: 'glibc', musl: 'musl' };

const file = join(root, 'package-lock.json');
/** @type {{ packages: Record<string, { version?: string, dev?: boolean, optional?: boolean, optionalDependencies?: Record<string, string> }> }} */
const lock = JSON.parse(readFileSync(file, 'utf8'));

let added = 0;
for (const [path, { dev, optionalDependencies = {} }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (isLocked(path, name)) continue;
    lock.packages[`node_modules/${name}`] = { version, ...platformOf(name), ...(dev ? { dev } : {}), optional: true };
    added += 1;
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms added.`);

/**
 * Looks as npm does: beside the dependant, then in every folder above it.
 * @param {string} dependant
 * @param {string} name
 */
function isLocked(dependant, name) {
  for (let folder = dependant; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${folder && `${folder}/`}node_modules/${name}`]) return true;
    if (folder === '') return false;
  }
}

/** @param {string} name e.g. @biomejs/cli-linux-x64-musl */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  const libc = Object.entries(libraries).flatMap(([word, library]) => (words.includes(word) ? [library] : []));
  return { ...(cpu.length ? { cpu } : {}), ...(libc.length ? { libc } : {}), ...(os.length ? { os } : {}) };
}
