/** Takes one file out of a tar archive. It knows no more of the format than that needs. */

const block = 512;

/**
 * @param {Buffer} archive
 * @param {string} name
 * @returns {Buffer}
 */
export function extractFromTar(archive, name) {
  for (let at = 0; at + block <= archive.length; ) {
    const entry = readText(archive, at, 100);
    const size = Number.parseInt(readText(archive, at + 124, 12), 8) || 0;
    if (entry.replace(/^\.\//, '') === name) {
      const content = archive.subarray(at + block, at + block + size);
      if (content.length < size) break;
      return content;
    }
    at += block + Math.ceil(size / block) * block;
  }
  throw new Error(`the archive holds no complete ${name}`);
}

/**
 * @param {Buffer} archive
 * @param {number} start
 * @param {number} length
 */
function readText(archive, start, length) {
  return archive
    .toString('latin1', start, start + length)
    .replace(/\0.*$/s, '')
    .trim();
}
