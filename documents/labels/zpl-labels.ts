/**
 * Labels in ZPL II, for label printers of 203 dpi (8 dots a millimetre). The symbol goes as a picture, because not every printer knows GS1 DataMatrix;
 * the text goes as UTF-8 in the printer's font 1, which has to be one with Chinese characters (`^CW1,E:…`, set once at the printer).
 */
import { type LabelContent, labelLinesOf, printedCodeOf } from '../../domain/sterile-supply/labels.ts';
import { buildSymbol, type Modules } from './symbol.ts';

const DOTS = 8;
const PAGE = { width: 70 * DOTS, height: 50 * DOTS };
const MARGIN = 2 * DOTS;
const SYMBOL = 16 * DOTS;
const TEXT_LEFT = MARGIN + SYMBOL + 2 * DOTS;
const WARNING_HEIGHT = 34;

export const renderZplLabels = (labels: readonly LabelContent[]): string => labels.map(renderLabel).join('');

function renderLabel(label: LabelContent): string {
  const { cycle, people, warnings } = labelLinesOf(label);
  const texts: { text: string; size: number }[] = [
    { text: label.name.zh, size: 28 },
    { text: label.name.en, size: 22 },
    { text: printedCodeOf(label), size: 26 },
    ...cycle.map((text) => ({ text, size: 19 })),
  ];
  let y = MARGIN;
  const fieldAt = (left: number, text: string, size: number): string => {
    const field = `^FO${left},${y}^A1N,${size},${size}^FB${PAGE.width - MARGIN - left},1^FH^FD${escapeField(text)}^FS`;
    y += Math.round(size * 1.2);
    return field;
  };
  const fields = texts.map(({ text, size }) => fieldAt(TEXT_LEFT, text, size));
  y = Math.max(y, MARGIN + SYMBOL + DOTS);
  fields.push(...people.map((text) => fieldAt(MARGIN, text, 19)));
  const bars = warnings.map((text, index) => {
    const top = PAGE.height - MARGIN - (warnings.length - index) * WARNING_HEIGHT;
    const width = PAGE.width - 2 * MARGIN;
    return `^FO${MARGIN},${top}^GB${width},${WARNING_HEIGHT},${WARNING_HEIGHT}^FS^FO${MARGIN + 6},${top + 4}^A1N,26,26^FR^FB${width - 12},1^FH^FD${escapeField(text)}^FS`;
  });
  return ['^XA^CI28', `^PW${PAGE.width}^LL${PAGE.height}`, renderPicture(buildSymbol(label)), ...fields, ...bars, '^XZ\n'].join('\n');
}

/** The characters by which ZPL knows its commands, and the one that begins a code, are given by their codes. */
const escapeField = (text: string): string =>
  text.replaceAll(/\p{Cc}+/gu, ' ').replaceAll(/[_^~\\]/g, (character) => `_${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** ^GFA: bytes in all, the same once more, bytes a row, then the rows in hexadecimal, a bit a dot. */
function renderPicture(modules: Modules): string {
  const side = Math.max(1, Math.floor(SYMBOL / modules.length));
  const rows = modules.flatMap((cells) => {
    const bits = cells.flatMap((dark) => Array.from({ length: side }, () => (dark ? '1' : '0'))).join('');
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
    const hex = (padded.match(/.{4}/g) ?? []).map((nibble) => Number.parseInt(nibble, 2).toString(16).toUpperCase()).join('');
    return Array.from({ length: side }, () => hex);
  });
  const bytesPerRow = (rows[0] ?? '').length / 2;
  const total = bytesPerRow * rows.length;
  return `^FO${MARGIN},${MARGIN}^GFA,${total},${total},${bytesPerRow},${rows.join('')}^FS`;
}
