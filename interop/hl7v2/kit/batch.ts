/**
 * Files and batches (HL7 2.5.1 section 2.10.3): FHS, BHS, messages, BTS, FTS. Each message in them is a message like any other; only a batch that is not whole
 * is refused as a whole, because its last message may be cut off.
 */
import { readHeaderFields } from './envelope.ts';
import { type Hl7Error, malformedError, type Place } from './hl7-error.ts';
import { joinSegments, writeSegment, writeTimestamp } from './write-message.ts';

/** A header of a file or of a batch, as an answer repeats it. */
export interface BatchHeader {
  sendingApplication: string;
  sendingFacility: string;
  receivingFacility: string;
  /** FHS-11 or BHS-11 */
  controlId: string;
}

export interface Batch {
  header: BatchHeader | null;
  messages: Uint8Array[];
}

export interface BatchFile {
  header: BatchHeader | null;
  batches: Batch[];
}

/** More than this takes longer than a sender waits for its answer. */
const MOST_MESSAGES = 200;

const LF = 10;
const CR = 13;

/** The bytes of each message, header and trailer: a line of theirs begins only behind a line end, which is no part of a character in UTF-8 or GB18030. */
function splitParts(bytes: Uint8Array): { name: string; bytes: Uint8Array }[] {
  const starts: { name: string; at: number }[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const before = bytes[at - 1];
    if (at > 0 && before !== CR && before !== LF) continue;
    const name = Buffer.from(bytes.subarray(at, at + 3)).toString('latin1');
    const end = bytes[at + 3];
    const isLetter = end !== undefined && /[A-Za-z0-9]/.test(String.fromCharCode(end));
    if (['FHS', 'BHS', 'MSH', 'BTS', 'FTS'].includes(name) && !isLetter) starts.push({ name, at });
  }
  return starts.map(({ name, at }, index) => ({ name, bytes: bytes.subarray(at, starts[index + 1]?.at ?? bytes.length) }));
}

/** Undefined for a message that stands by itself. Throws Hl7Error (AR) for a batch that is not whole. */
export function readBatchFile(bytes: Uint8Array): BatchFile | undefined {
  const name = Buffer.from(bytes.subarray(0, 3)).toString('latin1');
  if (name !== 'FHS' && name !== 'BHS') return undefined;
  const parts = splitParts(bytes);
  const file: BatchFile = { header: null, batches: [] };
  let open: Batch | undefined;
  let ended = false;
  for (const [index, part] of parts.entries()) {
    if (ended) throw outOfOrder(part.name);
    switch (part.name) {
      case 'FHS':
        if (index > 0) throw outOfOrder('FHS');
        file.header = headerOf(part.bytes);
        break;
      case 'BHS':
        if (open?.header) throw outOfOrder('BHS');
        open = { header: headerOf(part.bytes), messages: [] };
        file.batches.push(open);
        break;
      case 'MSH':
        if (!open) {
          open = { header: null, messages: [] };
          file.batches.push(open);
        }
        open.messages.push(part.bytes);
        break;
      case 'BTS':
        if (!open) throw outOfOrder('BTS');
        checkCount('BTS', part.bytes, open.messages.length);
        open = undefined;
        break;
      default:
        if (open?.header) throw missing('BTS');
        checkCount('FTS', part.bytes, file.batches.length);
        ended = true;
    }
  }
  if (open?.header) throw missing('BTS');
  if (file.header && !ended) throw missing('FTS');
  if (file.batches.reduce((sum, { messages }) => sum + messages.length, 0) > MOST_MESSAGES)
    throw malformedError('100', null, { zh: `一批不得超过 ${MOST_MESSAGES} 条消息`, en: `more than ${MOST_MESSAGES} messages in a batch` });
  return file;
}

function headerOf(bytes: Uint8Array): BatchHeader {
  const at = readHeaderFields(bytes)?.at ?? (() => '');
  return { sendingApplication: at(3), sendingFacility: at(4), receivingFacility: at(6), controlId: at(11) };
}

/** Field 1 of a trailer says how many there are; it may be left out. */
function checkCount(name: 'BTS' | 'FTS', bytes: Uint8Array, count: number): void {
  const [line = ''] = Buffer.from(bytes)
    .toString('latin1')
    .split(/[\r\n]/, 1);
  const written = line.charAt(3) === '' ? '' : (line.split(line.charAt(3))[1] ?? '').trim();
  if (written !== '' && Number(written) !== count)
    throw malformedError(
      '102',
      { ...placeOfTrailer(name), field: 1 },
      {
        zh: `声明 ${/^\d{1,9}$/.test(written) ? written : '?'} 条，实收 ${count} 条；请整批重发`,
        en: `says another number than the ${count} that have come; send the whole batch again`,
      },
    );
}

const placeOfTrailer = (segment: string): Place => ({ segment, sequence: 1 });

const missing = (name: string): Hl7Error =>
  malformedError('100', placeOfTrailer(name), {
    zh: `缺少 ${name} 段，批次不完整；请整批重发`,
    en: `the ${name} segment is missing, so the batch is not whole; send all of it again`,
  });

const outOfOrder = (name: string): Hl7Error =>
  malformedError('100', placeOfTrailer(name), { zh: `${name} 段的位置不对`, en: `the ${name} segment stands in a wrong place` });

/** @param header of what is answered; `control` names it to the sender */
function writeBatchHeader(name: 'FHS' | 'BHS', { sendingApplication, sendingFacility, receivingFacility, controlId }: BatchHeader): string {
  const fields = writeSegment('', {
    1: '',
    2: 'CAREPATH',
    3: receivingFacility,
    4: sendingApplication,
    5: sendingFacility,
    6: writeTimestamp(Date.now()),
    11: controlId,
  });
  return `${name}|^~\\&${fields.slice(1)}`;
}

/** Writes the answers to a batch as a batch of the same shape; each answer is encoded already. */
export function writeBatchFile(file: BatchFile, answersOf: (batch: Batch) => readonly Uint8Array[]): Buffer {
  const line = (text: string) => Buffer.from(joinSegments([text]));
  const batches = file.batches.flatMap((batch) => {
    const answers = answersOf(batch);
    if (!batch.header) return answers;
    return [line(writeBatchHeader('BHS', batch.header)), ...answers, line(`BTS|${batch.messages.length}`)];
  });
  if (!file.header) return Buffer.concat(batches);
  return Buffer.concat([line(writeBatchHeader('FHS', file.header)), ...batches, line(`FTS|${file.batches.length}`)]);
}
