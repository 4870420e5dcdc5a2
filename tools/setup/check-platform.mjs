// Imported before anything else: says in one sentence what an unsuitable machine lacks, before newer code is reached.

const version = process.versions.node;

if (Number(version.split('.')[0]) < 18) {
  leave(`carepath needs Node 18 or newer to set itself up and this is Node ${version}: install a current Node and run the command again.`);
}
if (process.platform === 'win32') {
  leave('carepath does not run on Windows itself: run the same command inside WSL 2.');
}

/** @param {string} sentence */
function leave(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
