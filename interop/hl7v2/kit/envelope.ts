/** What an acknowledgement repeats of its message, and in which way the sender wants to be answered. It is read from the header alone. */
import type { Language } from '../../../domain/kit/errors.ts';
import { findSegment, type Message, valueAt } from './message.ts';

/** Every field is '' where the message could not be read. */
export interface Envelope {
  sendingApplication: string;
  sendingFacility: string;
  receivingFacility: string;
  event: string;
  controlId: string;
  language: Language;
  /** MSH-15 and MSH-16, HL7 table 0155: whether the sender asks to be told that the message is stored, and what became of it. Both are '' in the original mode. */
  acceptAcknowledgement: string;
  applicationAcknowledgement: string;
}

type ReadHeader = (field: number, component?: number) => string;

const buildEnvelope = (at: ReadHeader): Envelope => ({
  sendingApplication: at(3),
  sendingFacility: at(4),
  receivingFacility: at(6),
  event: at(9, 2),
  controlId: at(10),
  language: at(19).toLowerCase().startsWith('en') ? 'en' : 'zh',
  acceptAcknowledgement: at(15).toUpperCase(),
  applicationAcknowledgement: at(16).toUpperCase(),
});

export const emptyEnvelope: Envelope = buildEnvelope(() => '');

export function envelopeOf(read: Message): Envelope {
  const msh = findSegment(read, 'MSH');
  return buildEnvelope((field, component = 1) => valueAt(read, msh, { field, component }));
}

/**
 * Reads the header alone, byte by byte, whatever the character set and the rest of the message are: what is not of ASCII in it is left out. Never throws.
 */
export function envelopeOfHeader(bytes: Uint8Array): Envelope {
  const header = readHeaderFields(bytes);
  return header?.name === 'MSH' ? buildEnvelope(header.at) : emptyEnvelope;
}

/** The fields of the first segment, of a message (MSH) or of a batch (FHS, BHS); undefined where the bytes begin with something else. Never throws. */
export function readHeaderFields(bytes: Uint8Array): { name: string; at: ReadHeader } | undefined {
  const [header = ''] = Buffer.from(bytes.subarray(0, 4_096))
    .toString('latin1')
    .split(/[\r\n]/, 1);
  const name = header.slice(0, 3);
  if (!/^[A-Z][A-Z0-9]{2}$/.test(name)) return undefined;
  const separator = header.charAt(3);
  const fields = separator === '' ? [] : header.split(separator);
  const component = fields[1]?.charAt(0) || '^';
  return {
    name,
    // In a header the separator itself is field 1, so field n stands at n - 1.
    at(field, index = 1) {
      const text = fields[field - 1]?.split(component)[index - 1]?.trim() ?? '';
      return /^[\x20-\x7e]{0,199}$/.test(text) && !/[|^~\\&]/.test(text) ? text : '';
    },
  };
}
