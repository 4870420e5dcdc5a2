/** Reads printed labels again with another program than the one that wrote them: the symbol's picture out of PDF or ZPL, decoded by ZXing. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { inflateSync } from 'node:zlib';
import { prepareZXingModule, type ReadResult, readBarcodes } from 'zxing-wasm/reader';

/** The decoder comes with its own file; by default it would be fetched from the network. */
prepareZXingModule({
  overrides: { wasmBinary: toArrayBuffer(readFileSync(createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm'))) },
});

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.length);
  new Uint8Array(copy).set(bytes);
  return copy;
}

interface Picture {
  width: number;
  height: number;
  isDark(x: number, y: number): boolean;
}

/** What each label's symbol holds, in the order of the pages. `symbologyIdentifier`: `]d2` for GS1 DataMatrix, `]d1` for a plain one. */
export const readPdfSymbols = (pdf: Buffer): Promise<ReadResult[]> => Promise.all(picturesOfPdf(pdf).map(decode));
export const readZplSymbols = (zpl: string): Promise<ReadResult[]> => Promise.all(picturesOfZpl(zpl).map(decode));

async function decode({ width, height, isDark }: Picture): Promise<ReadResult> {
  const scale = 6;
  const quiet = 4;
  const image = { width: (width + 2 * quiet) * scale, height: (height + 2 * quiet) * scale };
  const data = new Uint8ClampedArray(image.width * image.height * 4).fill(255);
  for (let y = 0; y < height * scale; y += 1)
    for (let x = 0; x < width * scale; x += 1)
      if (isDark(Math.floor(x / scale), Math.floor(y / scale))) {
        const at = ((y + quiet * scale) * image.width + x + quiet * scale) * 4;
        data.fill(0, at, at + 3);
      }
  const [result] = await readBarcodes(
    { data, ...image, colorSpace: 'srgb', pixelFormat: 'rgba-unorm8' } as unknown as Parameters<typeof readBarcodes>[0],
    {
      formats: ['DataMatrix'],
    },
  );
  if (!result) throw new Error('No symbol can be read.');
  return result;
}

/** The squares that a page draws, each one module. */
function picturesOfPdf(pdf: Buffer): Picture[] {
  return contentStreams(pdf).map((content) => {
    const squares = [...content.matchAll(/([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re/g)]
      .map(([, x, y, width, height]) => ({ x: Number(x), y: Number(y), width: Number(width), height: Number(height) }))
      .filter(({ width, height }) => Math.abs(width - height) < 0.01);
    const side = squares[0]?.width ?? 1;
    const left = Math.min(...squares.map(({ x }) => x));
    const top = Math.min(...squares.map(({ y }) => y));
    const dark = new Set(squares.map(({ x, y }) => `${Math.round((x - left) / side)} ${Math.round((y - top) / side)}`));
    const size = Math.round((Math.max(...squares.map(({ x }) => x)) - left) / side) + 1;
    return { width: size, height: size, isDark: (x, y) => dark.has(`${x} ${y}`) };
  });
}

/** The content of each page: the streams that draw rectangles. */
function contentStreams(pdf: Buffer): string[] {
  const streams: string[] = [];
  const text = pdf.toString('latin1');
  for (const { index, 0: head } of text.matchAll(/stream\r?\n/g)) {
    if (text.slice(index - 3, index) === 'end') continue;
    const end = text.indexOf('endstream', index);
    try {
      const content = inflateSync(pdf.subarray(index + head.length, end)).toString('latin1');
      if (/ re\n/.test(content)) streams.push(content);
    } catch {
      // Not every stream is compressed text; fonts are read by nobody here.
    }
  }
  return streams;
}

function picturesOfZpl(zpl: string): Picture[] {
  return [...zpl.matchAll(/\^GFA,(\d+),\d+,(\d+),([0-9A-F]+)/g)].map(([, total, perRow, hex = '']) => {
    const width = Number(perRow) * 8;
    const bit = (x: number, y: number) => (Number.parseInt(hex[Math.floor((y * width + x) / 4)] ?? '0', 16) >> (3 - (x % 4))) & 1;
    return { width, height: Number(total) / Number(perRow), isDark: (x, y) => bit(x, y) === 1 };
  });
}
