/** Answers to messages: AA done, AE understood and not done, AR not understood or not now; each complaint with its place. */
import { v4 as uuid } from 'uuid';
import type { Language } from '../../domain/kit/errors.ts';
import { type CharacterSet, nameInMsh18 } from './character-sets.ts';
import { type Complaint, conditions, type Place, type Refusing } from './hl7-error.ts';
import { firstOf, type Message, valueAt } from './message.ts';
import { header, message, segment, timestamp } from './write-message.ts';

export const APPLICATION = 'CAREPATH';
export const VERSION = '2.5.1';
export const PROFILE = '360X';

/** What an answer repeats of the message; every field may be missing in one that could not be read. */
export interface Envelope {
  sendingApplication: string;
  sendingFacility: string;
  receivingFacility: string;
  event: string;
  controlId: string;
  language: Language;
}

export function envelopeOf(read: Message): Envelope {
  const msh = firstOf(read, 'MSH');
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

export const noEnvelope: Envelope = {
  sendingApplication: '',
  sendingFacility: '',
  receivingFacility: '',
  event: '',
  controlId: '',
  language: 'zh',
};

/** The order that a new referral has become: the sender's number, and ours to find it by. */
export interface AcceptedOrder {
  placerNumber: readonly string[];
  referralId: string;
}

export interface Answer {
  acknowledgement: 'AA' | Refusing;
  complaints?: readonly Complaint[];
  order?: AcceptedOrder;
}

const location = ({ segment, sequence, field, repetition, component }: Place): string[] => [
  segment,
  String(sequence),
  field === undefined ? '' : String(field),
  // HL7 wants the repetition where there is a component, and nothing else by default.
  repetition !== undefined ? String(repetition) : component === undefined ? '' : '1',
  component === undefined ? '' : String(component),
];

const LONGEST_USER_MESSAGE = 250;

const complaintSegment = ({ condition, place, code, words }: Complaint, language: Language): string =>
  segment('ERR', {
    2: place ? location(place) : undefined,
    3: [condition, conditions[condition], 'HL70357'],
    4: 'E',
    5: [code, '', '99CAREPATH'],
    8: words[language].slice(0, LONGEST_USER_MESSAGE),
  });

/**
 * A new referral is answered with ORG^O20, whose ORC-3 is our referral id; everything else with the general acknowledgement. Both are what
 * HL7 2.5.1 has for them; no Z segment is needed.
 */
export function acknowledgement(
  envelope: Envelope,
  { acknowledgement: code, complaints = [], order }: Answer,
  characterSet: CharacterSet,
): string {
  const { sendingApplication, sendingFacility, receivingFacility, event, controlId, language } = envelope;
  const msh = header({
    3: APPLICATION,
    4: receivingFacility,
    5: sendingApplication,
    6: sendingFacility,
    7: timestamp(Date.now()),
    9: order ? ['ORG', 'O20', 'ORG_O20'] : ['ACK', event, 'ACK'],
    10: uuid().replaceAll('-', '').slice(0, 20),
    11: 'P',
    12: VERSION,
    18: nameInMsh18[characterSet],
    21: PROFILE,
  });
  const orc = order ? [segment('ORC', { 1: 'OK', 2: order.placerNumber, 3: [order.referralId, APPLICATION], 5: 'SC' })] : [];
  return message([msh, segment('MSA', { 1: code, 2: controlId }), ...complaints.map((each) => complaintSegment(each, language)), ...orc]);
}
