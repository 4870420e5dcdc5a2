/** What the slip uses of packages that bring no types. */
declare module 'linebreak' {
  /** UAX #14: where a line may end. */
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
  /** Answers once the WebAssembly build of HarfBuzz has cut the font down to the characters of the text. */
  export default function subsetFont(file: Buffer, text: string, options: SubsetOptions): Promise<Buffer>;
}
