/** The acknowledgement of a message: AA for done, AE for understood and not done, AR for not understood or not now; with the place of each complaint. */
import { v4 as uuid } from 'uuid';
import type { Language } from '../../../domain/kit/errors.ts';
import { type CharacterSet, namesInMsh18 } from './character-sets.ts';
import { type Complaint, conditions, type NegativeAcknowledgement, type Place } from './hl7-error.ts';
import { findSegment, type Message, valueAt } from './message.ts';
import { joinSegments, writeHeader, writeSegment, writeTimestamp } from './write-message.ts';

/** carepath's own name as an application and as an authority that assigns numbers. */
export const APPLICATION = 'CAREPATH';
/** The version of HL7 v2 that is read and written. */
export const VERSION = '2.5.1';

/** What an acknowledgement repeats of its message. Every field is '' where the message could not be read. */
export interface Envelope {
  sendingApplication: string;
  sendingFacility: string;
  receivingFacility: string;
  event: string;
  controlId: string;
  language: Language;
}

export function envelopeOf(read: Message): Envelope {
  const msh = findSegment(read, 'MSH');
  const at = (field: number, component = 1) => valueAt(read, msh, { field, component });
  return {
    sendingApplication: at(3),
    sendingFacility: at(4),
    receivingFacility: at(6),
    event: at(9, 2),
    controlId: at(10),
    language: at(19).toLowerCase().startsWith('en') ? 'en' : 'zh',
  };
}

/**
 * Reads the header alone, byte by byte, whatever the character set and the rest of the message are: what is not of ASCII in it is left out. Never throws.
 */
export function envelopeOfHeader(bytes: Uint8Array): Envelope {
  const [header = ''] = Buffer.from(bytes.subarray(0, 4_096))
    .toString('latin1')
    .split(/[\r\n]/, 1);
  if (!header.startsWith('MSH')) return emptyEnvelope;
  const separator = header.charAt(3);
  const fields = separator === '' ? [] : header.split(separator);
  const component = fields[1]?.charAt(0) || '^';
  // The separator itself is field 1, so field n stands at n - 1.
  const at = (field: number, index = 1) => {
    const text = fields[field - 1]?.split(component)[index - 1]?.trim() ?? '';
    return /^[\x20-\x7e]{0,199}$/.test(text) && !/[|^~\\&]/.test(text) ? text : '';
  };
  return {
    sendingApplication: at(3),
    sendingFacility: at(4),
    receivingFacility: at(6),
    event: at(9, 2),
    controlId: at(10),
    language: at(19).toLowerCase().startsWith('en') ? 'en' : 'zh',
  };
}

export const emptyEnvelope: Envelope = {
  sendingApplication: '',
  sendingFacility: '',
  receivingFacility: '',
  event: '',
  controlId: '',
  language: 'zh',
};

/** An order that was taken on: the sender's number as its components, and our id, by which the sender can refer to the order. */
export interface AcceptedOrder {
  placerNumber: readonly string[];
  fillerId: string;
}

export interface Answer {
  acknowledgement: 'AA' | NegativeAcknowledgement;
  complaints?: readonly Complaint[];
  order?: AcceptedOrder;
}

const toLocation = ({ segment, sequence, field, repetition, component }: Place): string[] => [
  segment,
  String(sequence),
  field === undefined ? '' : String(field),
  // HL7 wants a repetition wherever a component is named, and the first one is meant unless the place says otherwise.
  repetition !== undefined ? String(repetition) : component === undefined ? '' : '1',
  component === undefined ? '' : String(component),
];

/** The length that HL7 2.5.1 gives ERR-8, in characters. */
const LONGEST_USER_MESSAGE = 250;

const writeComplaint = ({ condition, place, code, words }: Complaint, language: Language): string =>
  writeSegment('ERR', {
    2: place ? toLocation(place) : undefined,
    3: [condition, conditions[condition], 'HL70357'],
    4: 'E',
    5: [code, '', '99CAREPATH'],
    8: words[language].slice(0, LONGEST_USER_MESSAGE),
  });

/**
 * Writes the answer to a message. An order that was taken on is answered with ORG^O20, whose ORC-3 is our id of it; everything else with the
 * general acknowledgement. HL7 2.5.1 has both, so no Z segment is needed.
 *
 * @param profile the message profile in MSH-21
 */
export function writeAcknowledgement(
  envelope: Envelope,
  { acknowledgement: code, complaints = [], order }: Answer,
  { characterSet, profile }: { characterSet: CharacterSet; profile: string },
): string {
  const { sendingApplication, sendingFacility, receivingFacility, event, controlId, language } = envelope;
  const msh = writeHeader({
    3: APPLICATION,
    4: receivingFacility,
    5: sendingApplication,
    6: sendingFacility,
    7: writeTimestamp(Date.now()),
    9: order ? ['ORG', 'O20', 'ORG_O20'] : ['ACK', event, 'ACK'],
    10: uuid().replaceAll('-', '').slice(0, 20),
    11: 'P',
    12: VERSION,
    18: namesInMsh18[characterSet],
    21: profile,
  });
  const orc = order ? [writeSegment('ORC', { 1: 'OK', 2: order.placerNumber, 3: [order.fillerId, APPLICATION], 5: 'SC' })] : [];
  return joinSegments([
    msh,
    writeSegment('MSA', { 1: code, 2: controlId }),
    ...complaints.map((each) => writeComplaint(each, language)),
    ...orc,
  ]);
}
