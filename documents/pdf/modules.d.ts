/** The types of what the PDF engine uses of packages that bring none. */
declare module 'linebreak' {
  /** Finds where a line may end, by UAX #14. */
  export default class LineBreaker {
    constructor(text: string);
    nextBreak(): { position: number; required: boolean } | null;
  }
}

declare module 'fontkit' {
  export interface Font {
    characterSet: number[];
    glyphForCodePoint(codePoint: number): { id: number; path: { commands: unknown[] } };
  }
  export function create(file: Uint8Array): Font;
}

declare module 'subset-font' {
  interface SubsetOptions {
    targetFormat: 'sfnt';
    variationAxes?: Record<string, number>;
    dropTables?: string[];
  }
  /** Resolves with the font cut down to the characters of the text, by HarfBuzz built for WebAssembly. */
  export default function subsetFont(file: Buffer, text: string, options: SubsetOptions): Promise<Buffer>;
}
