/** Just enough of the tar format to take one file out of an archive. */

const block = 512;

/**
 * @param {Buffer} archive
 * @param {string} name
 * @returns {Buffer}
 */
export function fileFromTar(archive, name) {
  for (let at = 0; at + block <= archive.length; ) {
    const entry = text(archive, at, 100);
    const size = Number.parseInt(text(archive, at + 124, 12), 8) || 0;
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
function text(archive, start, length) {
  return archive
    .toString('latin1', start, start + length)
    .replace(/\0.*$/s, '')
    .trim();
}
