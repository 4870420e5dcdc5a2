/** A message whose meaning is known: what it says, and how that is done. */
import type { AcceptedOrder } from '../../interop/hl7v2/kit/acknowledgement.ts';
import type { Complaint } from '../../interop/hl7v2/kit/hl7-error.ts';
import type { Message } from '../../interop/hl7v2/kit/message.ts';
import type { ReadMessage } from '../../interop/hl7v2/kit/read-message.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';
import type { Reply } from '../kit/operation.ts';

export interface UnderstoodMessage {
  /** Complaints find the place of what is wrong here. */
  read: ReadMessage;
  /** Does by the command of the HTTP API what the message says. Throws Hl7Error or Problem. */
  carryOut(request: KeyedRequest): Promise<{ reply: Reply; order?: AcceptedOrder; notices?: Complaint[] }>;
}

export interface MessageReader {
  /** The message types in MSH-9, such as OMG. */
  types: readonly string[];
  /** Throws Hl7Error when the message makes no sense. */
  understand(message: Message): UnderstoodMessage;
}
