/** Downloads the official archive as the Temporal SDK does: one request asks for its address, a second one fetches it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { interruption } from './interruption.mjs';
import { extractFromTar } from './tar.mjs';
import { temporalVersion } from './temporal-version.mjs';

const host = 'temporal.download';

/** When there is no answer, or no further byte, for so long, this gives up and the next way is tried. */
const patienceMilliseconds = 5_000;

/**
 * @param {string} folder
 * @param {(detail: string) => void} progress
 */
export async function downloadOfficial(folder, progress) {
  const arch = { x64: 'amd64', arm64: 'arm64' }[/** @type {string} */ (process.arch)];
  if (!arch) throw new Error(`there is no official download for ${process.arch}`);
  const description = await download(`https://${host}/cli/v${temporalVersion}?platform=${process.platform}&arch=${arch}`);
  const { archiveUrl, fileToExtract } = JSON.parse(description.toString());
  if (!String(archiveUrl).startsWith('https://')) throw new Error(`${host} gave no address`);
  const archive = await download(archiveUrl, (received, total) =>
    progress(`${toMegabytes(received)}${total ? ` of ${toMegabytes(total)}` : ''} MB`),
  );
  writeFileSync(join(folder, 'temporal'), extractFromTar(gunzipSync(archive), String(fileToExtract)), { mode: 0o755 });
}

/** @param {number} bytes */
const toMegabytes = (bytes) => Math.round(bytes / 1_000_000);

/**
 * @param {string} url
 * @param {(received: number, total: number) => void} [progress]
 */
async function download(url, progress) {
  const silence = new AbortController();
  const stop = () => silence.abort();
  interruption.addEventListener('abort', stop, { once: true });
  let timer = setTimeout(stop, patienceMilliseconds);
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || !response.body) throw new Error(`${new URL(url).host} answers ${response.status}`);
    const total = Number(response.headers.get('content-length') ?? 0);
    const chunks = [];
    let received = 0;
    const reader = response.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      clearTimeout(timer);
      timer = setTimeout(stop, patienceMilliseconds);
      chunks.push(part.value);
      received += part.value.length;
      progress?.(received, total);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (silence.signal.aborted || !(error instanceof Error) || error.message === 'fetch failed') {
      throw new Error(`${new URL(url).host} does not answer`);
    }
    throw error;
  } finally {
    clearTimeout(timer);
    interruption.removeEventListener('abort', stop);
  }
}
