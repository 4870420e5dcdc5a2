/** Spoils HL7 v2 messages as real senders do, by their grammar: segments, fields, repetitions, components, escapes, delimiters, versions and bytes. */
import type { Random } from '../../../domain/kit/random.ts';

type Change = (message: string, random: Random) => string;

const segmentsOf = (message: string): string[] => message.split('\r').filter(Boolean);
const join = (segments: readonly string[]): string => segments.map((segment) => `${segment}\r`).join('');

/** Changes one field, MSH-1 and MSH-2 among them, where a segment has any. */
const inField =
  (change: (field: string, random: Random) => string): Change =>
  (message, random) => {
    const segments = segmentsOf(message);
    const at = random.integer(0, Math.max(0, segments.length - 1));
    const fields = (segments[at] ?? '').split('|');
    const place = random.integer(1, Math.max(1, fields.length - 1));
    fields[place] = change(fields[place] ?? '', random);
    segments[at] = fields.join('|');
    return join(segments);
  };

const inSegments =
  (change: (segments: string[], random: Random) => string[]): Change =>
  (message, random) =>
    join(change(segmentsOf(message), random));

const strangeValues = [
  '',
  '""',
  ' ',
  '0',
  '-1',
  '20260230080000+0800',
  '20261399',
  '99999999999999',
  '1e309',
  'NaN',
  'null',
  '__proto__',
  '^^^^',
  '~~~',
  '&&&',
  'a^b&c~d^e',
  '\\.br\\',
  '\\.sp+3\\',
  '\\X0B0A\\',
  '\\XZZ\\',
  '\\',
  '\\E',
  '\\F\\S\\T\\R\\E\\',
  '\\H\\重\\N\\',
  '\u0000',
  '\u000b',
  '\u001c',
  '\u0085',
  '\ud800',
  '𠮷野家',
  '١٢٣',
  '２０２６',
  "'; drop table patient; --",
  '%s%n',
  '<!DOCTYPE x [<!ENTITY a "b">]>',
  'x'.repeat(5_000),
  '中'.repeat(3_000),
  `${'^'.repeat(500)}x`,
  `${'~'.repeat(500)}x`,
];

const changes: readonly Change[] = [
  inField((_, random) => random.pick(strangeValues)),
  inField((field, random) => `${field}${random.pick(strangeValues)}`),
  inField((field) => `${field}~${field}`),
  inField((field) => field.split('^').reverse().join('^')),
  inField((field, random) => field.slice(0, random.integer(0, field.length))),
  inField((field, random) => field.replaceAll(/\d/g, () => String(random.integer(0, 9)))),
  inSegments((segments, random) => segments.filter((_, at) => at !== random.integer(0, segments.length - 1))),
  inSegments((segments, random) => segments.flatMap((segment) => (random.integer(0, 3) === 0 ? [segment, segment] : [segment]))),
  inSegments((segments, random) => segments.toSorted(() => random.integer(-1, 1))),
  inSegments((segments, random) => [
    ...segments,
    random.pick(['ZZZ|1|本院', 'NTE|1||备注', 'OBX|9|NM|8867-4^^LN||72|/min|||||F', 'PID|2||x', 'AL1|1', 'DG1|1||I10']),
  ]),
  inSegments((segments, random) => segments.map((segment) => `${segment}${'|'.repeat(random.integer(0, 40))}`)),
  inSegments((segments) => ['FHS|^~\\&', 'BHS|^~\\&', ...segments, 'BTS|1', 'FTS|1']),
  (message, random) => message.replaceAll('\r', random.pick(['\n', '\r\n', '\n\r', '\r\r', ''])),
  (message, random) =>
    message.replace('2.5.1', random.pick(['2.1', '2.3', '2.3.1', '2.4', '2.6', '2.7', '2.8', '2.8.2', '3.0', '', '2.5.1^CHN'])),
  (message, random) =>
    message.replace('UNICODE UTF-8', random.pick(['GB 18030-2000', 'GBK', 'ASCII', '8859/1', '', 'UNICODE UTF-8~GB 18030-2000', '??'])),
  (message, random) => message.replace('^~\\&', random.pick(['^~\\&#', '^~&', '|~\\&', '@~\\&', '^^^^', '', '^~\\&\\'])),
  (message, random) => message.replace(/^MSH\|/, `MSH${random.pick(['!', '^', '\t', 'M', '中', ''])}`),
  (message, random) => message.replace('|NE|NE|', random.pick(['|AL|AL|', '|ER|SU|', '|||', '|XX|XX|'])),
  (message, random) => message.replace(/\|(OMG|OSU|SIU|OML|ADT)\^/, `|${random.pick(['ADT', 'ORU', 'MDM', 'ACK', 'XXX', ''])}^`),
  (message, random) => message.slice(0, random.integer(0, message.length)),
  (message, random) => `${random.pick(['\ufeff', '\r', ' ', '\u000b', 'x'])}${message}`,
  (message) => `${message}${message}`,
  (message, random) => {
    const at = random.integer(0, Math.max(0, message.length - 1));
    return `${message.slice(0, at)}${String.fromCharCode(random.integer(1, 300))}${message.slice(at + random.integer(0, 2))}`;
  },
];

/** One to four changes. */
export function mutateMessage(message: string, random: Random): string {
  let changed = message;
  for (let left = random.integer(1, 4); left > 0; left -= 1) changed = random.pick(changes)(changed, random);
  return changed;
}
