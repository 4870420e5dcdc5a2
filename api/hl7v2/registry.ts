/** Which pathway understands a message. A pathway that takes HL7 v2 from other systems stands here; the others do not. */
import type { PathwayKind } from '../../domain/kit/registry.ts';
import { malformedError } from '../../interop/hl7v2/kit/hl7-error.ts';
import { findSegment, type Message, valueAt } from '../../interop/hl7v2/kit/message.ts';
import { adtMessages } from './adt-messages.ts';
import { referralMessages } from './referral-messages.ts';
import type { MessageReader, UnderstoodMessage } from './understood-message.ts';

const messageReaders = { referral: referralMessages } satisfies Partial<Record<PathwayKind, MessageReader>>;

/** Throws Hl7Error: AR for a message type that no pathway understands. */
export function understandMessage(message: Message): UnderstoodMessage {
  const type = valueAt(message, findSegment(message, 'MSH'), { field: 9 });
  const reader = [...Object.values<MessageReader>(messageReaders), adtMessages].find(({ types }) => types.includes(type));
  if (!reader)
    throw malformedError(
      '200',
      { segment: 'MSH', sequence: 1, field: 9, component: 1 },
      { zh: '不支持此消息类型或事件', en: 'this message type or event is not supported' },
    );
  return reader.understand(message);
}
