/** The acknowledgement of a message: AA for done, AE for understood and not done, AR for not understood or not now; with the place of each complaint. */
import { v4 as uuid } from 'uuid';
import type { Language, Words } from '../../../domain/kit/errors.ts';
import { type CharacterSet, namesInMsh18 } from './character-sets.ts';
import type { Envelope } from './envelope.ts';
import { type Complaint, conditions, type NegativeAcknowledgement, type Place } from './hl7-error.ts';
import { joinSegments, writeHeader, writeSegment, writeTimestamp } from './write-message.ts';

/** carepath's own name as an application and as an authority that assigns numbers. */
export const APPLICATION = 'CAREPATH';
/** The version of HL7 v2 that is read and written. */
export const VERSION = '2.5.1';

/** An order that was taken on: the sender's number as its components, and our id, by which the sender can refer to the order. */
export interface AcceptedOrder {
  placerNumber: readonly string[];
  fillerId: string;
}

export interface Answer {
  acknowledgement: 'AA' | NegativeAcknowledgement;
  complaints?: readonly Complaint[];
  /** What was not taken over of a message that was done. */
  notices?: readonly Complaint[];
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

/** What the sender can do about a refusal, in ERR-7. The same MSH-10 gets the same AE again, so that a mended message needs a new one. */
const waysOut = {
  AE: {
    zh: '更正所指之处后，用新的 MSH-10 重发；无法更正的，请在系统中办理或致电对方机构',
    en: 'correct what ERR-2 names and send it under a new MSH-10; what cannot be corrected is done in the application or by telephone',
  },
  AR: { zh: '更正所指之处后重发', en: 'correct what ERR-2 names and send it again' },
  unavailable: { zh: '稍后原样重发', en: 'send the same message again later' },
} as const satisfies Record<string, Words>;

const wayOutOf = ({ code }: Complaint, acknowledgement: Answer['acknowledgement']): Words | undefined => {
  if (acknowledgement === 'AA') return undefined;
  return code === 'unavailable' ? waysOut.unavailable : waysOut[acknowledgement];
};

const writeComplaint = (complaint: Complaint, language: Language, acknowledgement: Answer['acknowledgement']): string => {
  const { condition, place, code, words } = complaint;
  return writeSegment('ERR', {
    2: place ? toLocation(place) : undefined,
    3: [condition, conditions[condition], 'HL70357'],
    // W: what was not taken over of a message that was done.
    4: acknowledgement === 'AA' ? 'W' : 'E',
    5: [code, '', '99CAREPATH'],
    7: wayOutOf(complaint, acknowledgement)?.[language],
    8: words[language].slice(0, LONGEST_USER_MESSAGE),
  });
};

/** Says whether a sender asks for an acknowledgement (HL7 table 0155): always, never, or only of an error or of a success. */
const isWanted = (condition: string, failed: boolean): boolean =>
  condition === 'AL' || (condition === 'ER' && failed) || (condition === 'SU' && !failed);

/**
 * Writes the answer to a message, as the sender wants it. In the original mode that is AA, AE or AR. In the enhanced mode (MSH-15 or MSH-16) it is CA, CE or
 * CR where the sender asks to be told that the message was stored, and behind it AA, AE or AR where they ask for what became of it: two messages, of which
 * the first ends before the next MSH. Whoever wants neither gets the second, because a refusal must not be lost.
 *
 * @param profile the message profile in MSH-21
 */
export function writeAcknowledgement(envelope: Envelope, answer: Answer, written: { characterSet: CharacterSet; profile: string }): string {
  const { acceptAcknowledgement, applicationAcknowledgement } = envelope;
  const failed = answer.acknowledgement !== 'AA';
  const [commit, application] = [isWanted(acceptAcknowledgement, failed), isWanted(applicationAcknowledgement, failed)];
  if (!commit) return writeOne(envelope, answer, answer.acknowledgement, written);
  // Where nothing follows, the first answer is the only word that the sender gets.
  const { order: _, ...withoutOrder } = answer;
  if (!application) return writeOne(envelope, withoutOrder, commitOf[answer.acknowledgement], written);
  // What could not be understood is not stored either, so that nothing became of it.
  if (answer.acknowledgement === 'AR') return writeOne(envelope, answer, 'CR', written);
  return writeOne(envelope, { acknowledgement: 'AA' }, 'CA', written) + writeOne(envelope, answer, answer.acknowledgement, written);
}

const commitOf = { AA: 'CA', AE: 'CE', AR: 'CR' } as const;

/** The messages of an answer, one by one: over MLLP each has a frame of its own. */
export const splitAnswer = (text: string): string[] => text.split(/(?<=\r)(?=MSH)/);

/** An order that was taken on is answered with ORG^O20, whose ORC-3 is our id of it; everything else with the general acknowledgement. HL7 2.5.1 has both, so no Z segment is needed. */
function writeOne(
  { sendingApplication, sendingFacility, receivingFacility, event, controlId, language }: Envelope,
  { acknowledgement, complaints = [], notices = [], order }: Answer,
  code: string,
  { characterSet, profile }: { characterSet: CharacterSet; profile: string },
): string {
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
    ...[...complaints, ...notices].map((each) => writeComplaint(each, language, acknowledgement)),
    ...orc,
  ]);
}
