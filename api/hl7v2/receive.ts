/** Takes a message, does what it says by the same commands as the HTTP API, and answers it. HTTP and MLLP both end here. */
import { createHash } from 'node:crypto';
import { findAnsweredMessage, keepAnswer } from '../../db/hl7v2/messages.ts';
import { actingFor } from '../../db/kit/database.ts';
import type { Language } from '../../domain/kit/errors.ts';
import { type Answer, splitAnswer, writeAcknowledgement } from '../../interop/hl7v2/kit/acknowledgement.ts';
import { type Batch, type BatchFile, readBatchFile, writeBatchFile } from '../../interop/hl7v2/kit/batch.ts';
import { type CharacterSet, decode, encode } from '../../interop/hl7v2/kit/character-sets.ts';
import { type Envelope, emptyEnvelope, envelopeOf, envelopeOfHeader, readHeaderFields } from '../../interop/hl7v2/kit/envelope.ts';
import { Hl7Error, malformedError } from '../../interop/hl7v2/kit/hl7-error.ts';
import { findSegment, type Message, parseMessage, valueAt } from '../../interop/hl7v2/kit/message.ts';
import type { ReadMessage } from '../../interop/hl7v2/kit/read-message.ts';
import { listUnread } from '../../interop/hl7v2/kit/unread.ts';
import { acknowledgementProfile } from '../../interop/hl7v2/registry.ts';
import type { Caller } from '../kit/auth.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';
import type { ApiDependencies, Reply } from '../kit/operation.ts';
import { isUnavailable, Problem, problemBody } from '../kit/problem.ts';
import { actingRole } from '../policy.ts';
import { complaintsOf } from './complaints.ts';
import { isAcknowledgement, noteAcknowledgement } from './late-acknowledgement.ts';
import { understandMessage } from './registry.ts';
import type { UnderstoodMessage } from './understood-message.ts';

export interface Incoming {
  deps: ApiDependencies;
  caller: Caller;
  bytes: Uint8Array;
  /** The character set that the transport names. MSH-18 takes precedence. */
  characterSet?: CharacterSet | undefined;
  requestId: string;
  clientAddress: string;
}

export interface Answered {
  /** One message; in the enhanced mode up to two; of a batch one batch. Over MLLP each has a frame of its own. */
  parts: readonly Uint8Array[];
  characterSet: CharacterSet;
  /** The message was an acknowledgement itself, which nobody waits for an answer to. */
  isUnasked: boolean;
}

/** Never throws: every error becomes an acknowledgement, because a sender without one sends the message for ever. */
export async function receive(incoming: Incoming): Promise<Answered> {
  let file: BatchFile | undefined;
  try {
    file = readBatchFile(incoming.bytes);
  } catch (error) {
    // Nothing of it was done, and the answer names the batch by its own number.
    const at = readHeaderFields(incoming.bytes)?.at ?? (() => '');
    const envelope = { ...emptyEnvelope, sendingApplication: at(3), sendingFacility: at(4), receivingFacility: at(6), controlId: at(11) };
    const written = { characterSet: incoming.characterSet ?? 'utf-8', profile: acknowledgementProfile } as const;
    const text = writeAcknowledgement(envelope, answerTo(error, incoming, envelope.language), written);
    return { parts: [encode(text, written.characterSet)], characterSet: written.characterSet, isUnasked: false };
  }
  return file ? receiveBatchFile(incoming, file) : receiveMessage(incoming);
}

/** Some systems put line ends, spaces or the mark of UTF-8 before the header. */
function withoutLeadingBlank(bytes: Uint8Array): Uint8Array {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const from = bytes.subarray(hasMark ? 3 : 0);
  const first = from.findIndex((byte) => byte !== 0x0d && byte !== 0x0a && byte !== 0x20);
  return first <= 0 ? from : from.subarray(first);
}

/** One message after the other: a refused one holds up none behind it, and each is done once however often the batch comes. */
async function receiveBatchFile(incoming: Incoming, file: BatchFile): Promise<Answered> {
  const answers = new Map<Batch, Uint8Array[]>();
  let characterSet: CharacterSet | undefined;
  for (const batch of file.batches) {
    const ofBatch: Uint8Array[] = [];
    for (const bytes of batch.messages) {
      const answer = await receiveMessage({ ...incoming, bytes });
      characterSet ??= answer.characterSet;
      ofBatch.push(...answer.parts);
    }
    answers.set(batch, ofBatch);
  }
  const bytes = writeBatchFile(file, (batch) => answers.get(batch) ?? []);
  return { parts: [bytes], characterSet: characterSet ?? 'utf-8', isUnasked: false };
}

async function receiveMessage(given: Incoming): Promise<Answered> {
  const incoming = { ...given, bytes: withoutLeadingBlank(given.bytes) };
  let envelope: Envelope = emptyEnvelope;
  let characterSet: CharacterSet = incoming.characterSet ?? 'utf-8';
  let isUnasked = false;
  const write = (answer: Answer) => writeAcknowledgement(envelope, answer, { characterSet, profile: acknowledgementProfile });
  let text: string;
  try {
    // A message that cannot be read is answered under its own control id all the same.
    envelope = envelopeOfHeader(incoming.bytes);
    const decoded = decode(incoming.bytes, incoming.characterSet);
    characterSet = decoded.characterSet;
    const message = parseMessage(decoded.text);
    envelope = envelopeOf(message);
    isUnasked = isAcknowledgement(message) && !['AL', 'SU', 'ER'].includes(envelope.acceptAcknowledgement);
    checkHeader(message, envelope, incoming.caller);
    text = await answerOnce(incoming, message, envelope, write);
  } catch (error) {
    text = write(answerTo(error, incoming, envelope.language));
  }
  return { parts: splitAnswer(text).map((part) => encode(part, characterSet)), characterSet, isUnasked };
}

/** Throws Hl7Error (AR). */
function checkHeader(message: Message, { sendingFacility, controlId }: Envelope, caller: Caller): void {
  const msh = findSegment(message, 'MSH');
  const place = (field: number) => ({ segment: 'MSH', sequence: 1, field });
  if (!/^[\x21-\x7e]{1,199}$/.test(controlId))
    throw malformedError('101', place(10), {
      zh: '缺少消息控制 ID，或含有不可见字符',
      en: 'the message control id is missing or not of visible ASCII characters',
    });
  if (valueAt(message, msh, { field: 11 }) !== 'P')
    throw malformedError('202', place(11), { zh: '只处理正式消息（P）', en: 'only production messages (P) are processed' });
  if (!/^2\.[3-8](\.\d)?$/.test(valueAt(message, msh, { field: 12 })))
    throw malformedError('203', place(12), { zh: '只支持 2.3 至 2.8 版', en: 'only the versions 2.3 to 2.8 are supported' });
  if (sendingFacility !== caller.institutionId)
    throw malformedError('103', place(4), {
      zh: '发送机构与账号所属机构不符',
      en: 'the sending facility is not the institution of the account',
    });
}

/** A repeated message gets the answer it got; the same control id on another message is an error. */
async function answerOnce(incoming: Incoming, message: Message, envelope: Envelope, write: (answer: Answer) => string): Promise<string> {
  const { deps, caller, bytes } = incoming;
  const { sendingFacility, controlId } = envelope;
  const key = { accountId: caller.personId, sendingFacility, controlId };
  const contentHash = createHash('sha256').update(bytes).digest();
  const earlier = await findAnsweredMessage(deps.db, key);
  if (earlier) return earlier.contentHash.equals(contentHash) ? earlier.acknowledgement : write(reused);
  const answer = await answerFor(incoming, message, envelope, contentHash);
  const acknowledgement = write(answer);
  // The message is not remembered as answered, so that it is carried out when the sender sends it again.
  if (answer.acknowledgement === 'AR') return acknowledgement;
  const kept = await keepAnswer(deps.db, key, { contentHash, acknowledgement });
  return kept.contentHash.equals(contentHash) ? kept.acknowledgement : write(reused);
}

const reused: Answer = {
  acknowledgement: 'AE',
  complaints: [
    {
      condition: '205',
      place: { segment: 'MSH', sequence: 1, field: 10 },
      code: 'idempotency-key-reused',
      words: { zh: '此消息控制 ID 已用于另一条消息', en: 'this message control id was used for another message' },
    },
  ],
};

async function answerFor(incoming: Incoming, message: Message, envelope: Envelope, contentHash: Buffer): Promise<Answer> {
  let understood: UnderstoodMessage | undefined;
  try {
    if (isAcknowledgement(message)) return await noteAcknowledgement(requestOf(incoming, envelope, contentHash), message);
    understood = understandMessage(message);
    const { reply, order, notices } = await understood.carryOut(requestOf(incoming, envelope, contentHash));
    const answer = answerOf(reply, understood.read, envelope.language, order);
    return answer.acknowledgement === 'AA' ? { ...answer, notices: [...(notices ?? []), ...listUnread(message)] } : answer;
  } catch (error) {
    return answerTo(error, incoming, envelope.language, understood?.read);
  }
}

function answerOf(reply: Reply, read: ReadMessage, language: Language, order: Answer['order']): Answer {
  if (reply.status === 202) return notNow;
  if (reply.status < 400) return { acknowledgement: 'AA', ...(order ? { order } : {}) };
  return { acknowledgement: 'AE', complaints: complaintsOf(reply.body, read, language) };
}

const notNow: Answer = {
  acknowledgement: 'AR',
  complaints: [
    {
      condition: '207',
      place: null,
      code: 'unavailable',
      words: { zh: '暂时不能处理，请原样重发', en: 'it cannot be processed right now; send the same message again' },
    },
  ],
};

function answerTo(error: unknown, { deps, requestId }: Incoming, language: Language, read?: ReadMessage): Answer {
  if (error instanceof Hl7Error) return { acknowledgement: error.acknowledgement, complaints: error.complaints };
  if (error instanceof Problem && error.code !== 'unavailable')
    return { acknowledgement: 'AE', complaints: complaintsOf(problemBody(error, language, requestId), read, language) };
  if (!isUnavailable(error) && !(error instanceof Problem)) deps.log.error({ err: error, requestId }, 'message failed');
  return notNow;
}

/** The message as a request of the API: its control id is the idempotency key. */
function requestOf({ deps, caller, requestId }: Incoming, envelope: Envelope, contentHash: Buffer): KeyedRequest {
  const operationId = 'postHl7v2Message';
  const actor = { personId: caller.personId, institutionId: caller.institutionId, role: actingRole(operationId, caller.roles) };
  return {
    deps: { ...deps, db: actingFor(deps.db, actor) },
    caller,
    actor,
    requestId,
    idempotencyKey: `hl7v2:${envelope.sendingFacility}:${envelope.controlId}`,
    requestHash: contentHash,
    ifVersion: undefined,
    operationId,
    language: envelope.language,
  };
}
