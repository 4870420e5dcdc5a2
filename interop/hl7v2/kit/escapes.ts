/** What an escape sequence of HL7 v2 (2.5.1 section 2.7, and what 2.7 adds) means as text. */
import type { Delimiters } from './delimiters.ts';

/** More spaces or lines than this lay out a page of paper. */
const MOST_REPEATED = 80;

/**
 * Returns the text for a sequence, which is given without its escape characters. Layout becomes lines and spaces, emphasis and the switching of character
 * sets are left out, and a sequence that nobody knows stays as it was written, because a text with a mark in it is better than none.
 */
export function readEscape(sequence: string, delimiters: Delimiters): string {
  switch (sequence.charAt(0)) {
    case 'F':
    case 'S':
    case 'T':
    case 'R':
    case 'E':
    case 'P':
      return sequence.length === 1 ? readDelimiter(sequence, delimiters) : asWritten(sequence, delimiters);
    // Emphasis, other character sets, and what two systems have agreed on between themselves.
    case 'H':
    case 'N':
      return sequence.length === 1 ? '' : asWritten(sequence, delimiters);
    case 'C':
    case 'M':
    case 'Z':
      return /^.[0-9A-Za-z]*$/.test(sequence) ? '' : asWritten(sequence, delimiters);
    case 'X':
      return readHexadecimal(sequence.slice(1)) ?? asWritten(sequence, delimiters);
    case '.':
      return readFormatting(sequence) ?? asWritten(sequence, delimiters);
    default:
      return asWritten(sequence, delimiters);
  }
}

const asWritten = (sequence: string, { escaping }: Delimiters): string => `${escaping}${sequence}${escaping}`;

function readDelimiter(sequence: string, { field, component, subcomponent, repetition, escaping }: Delimiters): string {
  const meanings: Record<string, string> = { F: field, S: component, T: subcomponent, R: repetition, E: escaping, P: '#' };
  return meanings[sequence] ?? '';
}

/** Bytes of UTF-8. Line breaks stay, other control characters are left out. Returns undefined for what is no text. */
function readHexadecimal(digits: string): string | undefined {
  if (!/^([0-9A-Fa-f]{2})+$/.test(digits)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(digits, 'hex'));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for exactly these
    return text.replaceAll(/\r\n?/g, '\n').replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
  } catch {
    return undefined;
  }
}

/** Returns undefined for a command that the standard does not have. */
function readFormatting(command: string): string | undefined {
  const [, name, count] = /^\.(br|sp|fi|nf|in|ti|sk|ce)([+-]?\d{1,9})?$/.exec(command) ?? [];
  const times = Math.min(Math.abs(Number(count ?? 1)), MOST_REPEATED);
  switch (name) {
    case 'br':
    case 'ce':
      return '\n';
    case 'sp':
      return '\n'.repeat(Math.max(times, 1));
    case 'sk':
      return ' '.repeat(times);
    case 'fi':
    case 'nf':
    case 'in':
    case 'ti':
      return '';
    default:
      return undefined;
  }
}
