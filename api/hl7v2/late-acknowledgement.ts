/** An acknowledgement that comes as a message of its own: in the enhanced mode a system stores what we send, and says later what became of it. */
import { noteLateAnswer } from '../../db/hl7v2/deliveries.ts';
import type { Answer } from '../../interop/hl7v2/kit/acknowledgement.ts';
import { wrongValueError } from '../../interop/hl7v2/kit/hl7-error.ts';
import { findSegment, type Message, valueAt } from '../../interop/hl7v2/kit/message.ts';
import type { KeyedRequest } from '../kit/keyed-request.ts';

/** General acknowledgements, and answers to orders and schedules. */
const TYPES = ['ACK', 'ORG', 'ORR', 'SRR', 'MCF'];

export const isAcknowledgement = (message: Message): boolean =>
  TYPES.includes(valueAt(message, findSegment(message, 'MSH'), { field: 9 })) && findSegment(message, 'MSA') !== undefined;

/** Throws Hl7Error (AE) at MSA-2 for one that answers no message of ours to this institution, and at MSA-1 for a code that is none. */
export async function noteAcknowledgement(request: KeyedRequest, message: Message): Promise<Answer> {
  const msa = findSegment(message, 'MSA');
  const err = findSegment(message, 'ERR');
  const code = valueAt(message, msa, { field: 1 }).toUpperCase();
  const place = [1, 2, 3, 5].map((component) => valueAt(message, err, { field: 2, component })).join('^');
  const complaint = {
    code,
    condition: valueAt(message, err, { field: 3 }).slice(0, 20) || null,
    place: /^[\w^]{1,40}$/.test(place) ? place.replace(/\^+$/, '') || null : null,
  };
  const answered = { institutionId: request.caller.institutionId, controlId: valueAt(message, msa, { field: 2 }) };
  const isKnown = await note(request, answered, complaint);
  if (isKnown) return { acknowledgement: 'AA' };
  throw wrongValueError(
    '204',
    { segment: 'MSA', sequence: 1, field: 2 },
    { zh: '没有向贵机构发送过此控制 ID 的消息', en: 'no message with this control id was sent to your institution' },
  );
}

async function note(
  { deps: { db }, actor }: KeyedRequest,
  answered: { institutionId: string; controlId: string },
  complaint: { code: string; condition: string | null; place: string | null },
): Promise<boolean> {
  switch (complaint.code) {
    case 'AA':
    case 'CA':
      return noteLateAnswer(db, answered, { accepted: true }, actor);
    case 'AE':
    case 'CE':
      return noteLateAnswer(db, answered, { trouble: { kind: 'refused', ...complaint } }, actor);
    case 'AR':
    case 'CR':
      return noteLateAnswer(db, answered, { trouble: { kind: 'rejected', ...complaint } }, actor);
    default:
      throw wrongValueError('103', { segment: 'MSA', sequence: 1, field: 1 }, { zh: '不是确认代码', en: 'is no acknowledgement code' });
  }
}
