/** What a message says and nobody has read: an answer that says "done" names it, so that nothing is dropped in silence. */
import type { Complaint, Place } from './hl7-error.ts';
import { type Message, type Segment, wasRead } from './message.ts';

/** These name the message, the person and the transaction; what is meant by them has been acted on. */
const TECHNICAL: Readonly<Record<string, 'all' | readonly number[]>> = {
  MSH: 'all',
  EVN: 'all',
  MSA: 'all',
  RGS: 'all',
  SFT: 'all',
  // Who the person is stands in the register; only a death is news in an order.
  PID: Array.from({ length: 40 }, (_, index) => index + 1).filter((field) => field !== 29 && field !== 30),
  PD1: 'all',
  // Numbers, the time of the transaction, and who has entered it.
  ORC: [1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 17, 18, 19, 21],
  OBR: [1, 2, 3, 4, 6, 7, 8, 14, 16, 18, 22, 25],
  OBX: [1, 2, 3, 4, 11, 14, 16, 23],
  SCH: [1, 2, 6, 12, 16, 20, 25, 26, 27],
  TQ1: [1],
  NTE: [1, 2, 4],
  PV1: [1],
  DG1: [1],
  AL1: [1],
  IAM: [1],
  AIS: [1, 2],
};

/** A sender with more to say than this gets one line for the rest. */
const MOST_NOTICES = 40;

/** Each field, or each repetition of a field, that nobody has read, and each segment of which nothing was read; in the order of the message. */
export function listUnread(message: Message): Complaint[] {
  const places = message.segments.flatMap((segment) => unreadOf(message, segment));
  const shown = places.slice(0, MOST_NOTICES).map((place) => toNotice(place));
  return places.length > MOST_NOTICES ? [...shown, toNotice(null)] : shown;
}

function unreadOf(message: Message, segment: Segment): Place[] {
  const { delimiters } = message;
  const { name, sequence, fields } = segment;
  const known = TECHNICAL[name];
  if (known === 'all') return [];
  // What the first order asks for has been acted on; a further one is news.
  const technical = name === 'OBR' && sequence > 1 ? known?.filter((field) => field !== 4) : known;
  const written = fields.flatMap((text, field) =>
    field === 0 || text === '' || text === '""' || technical?.includes(field)
      ? []
      : text.split(delimiters.repetition).flatMap((each, index) => (each === '' ? [] : [{ field, repetition: index + 1 }])),
  );
  const unread = written.filter(({ field, repetition }) => !wasRead(message, segment, field, repetition));
  if (technical === undefined && unread.length === written.length) return [{ segment: name, sequence }];
  return unread.map(({ field, repetition }) => ({ segment: name, sequence, field, ...(repetition > 1 ? { repetition } : {}) }));
}

const toNotice = (place: Place | null): Complaint => ({
  condition: '0',
  place,
  code: 'content-not-kept',
  words: place
    ? {
        zh: '消息已处理；此处内容未被采用，请另行告知',
        en: 'the message was processed; what stands here was not kept, tell it in another way',
      }
    : { zh: '消息已处理；另有内容未被采用', en: 'the message was processed; further contents were not kept' },
});
