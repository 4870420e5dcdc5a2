/** Writes what the person at the terminal reads: lines, the progress of long steps, and one sentence for a failure. */

/** An error whose message is the whole sentence for the person: what is wrong and what to do. */
export class PlainError extends Error {}

// A reader that has gone away (a closed terminal, `| head`) must not end the service with a stack trace.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

/** Clears the line that counts the seconds, which is shown again within a moment. */
const clearLine = process.stderr.isTTY ? '\r\x1b[2K' : '';
let stepsShown = 0;

/** @param {string} line */
export function say(line) {
  if (stepsShown > 0) process.stderr.write(clearLine);
  process.stdout.write(`${line}\n`);
}

/**
 * Runs a long step and shows that it goes on: a line that counts the seconds on a terminal, a line every 15 s elsewhere.
 * @template T
 * @param {string} title e.g. "Installing the dependencies"
 * @param {(progress: (detail: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function runStep(title, work) {
  // Standard output stays free for what the command was asked for.
  const out = process.stderr;
  const begun = Date.now();
  let detail = '';
  const show = () => {
    const state = `${title}: ${Math.round((Date.now() - begun) / 1000)} s${detail && `, ${detail}`}`;
    out.write(out.isTTY ? `${clearLine}${state.slice(0, (out.columns || 80) - 1)}` : `${state}\n`);
  };

  out.write(out.isTTY ? title : `${title}\n`);
  stepsShown += 1;
  const timer = setInterval(show, out.isTTY ? 200 : 15_000);
  try {
    const result = await work((text) => {
      detail = text;
    });
    out.write(`${clearLine}${title}: done in ${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
    return result;
  } catch (error) {
    out.write(`${clearLine}${title}: not done${detail && ` (${detail})`}\n`);
    throw error;
  } finally {
    stepsShown -= 1;
    clearInterval(timer);
  }
}
