/** What the steps of a stop, as they were observed, say of its protocol. Steps may have been recorded in any order; their times decide. */
import type { StopStep } from '../sterile-supply/vocabulary.ts';
import { protocolOf, type RoundMode } from './protocol.ts';

export interface ProtocolJudgement<Step> {
  /** The steps that came at a moment at which the protocol did not allow them. */
  outOfOrder: Step[];
  /** The last step; undefined when there is none. */
  last: StopStep | undefined;
}

/**
 * Judges steps that stand in the order in which they happened. A step that is done again at once is the same step; leaving without a signature is no
 * matter of the order.
 */
export function judgeProtocol<Step extends { step: StopStep }>(mode: RoundMode, steps: readonly Step[]): ProtocolJudgement<Step> {
  const protocol = protocolOf[mode];
  const signed = steps.some(({ step }) => step === 'signed');
  const outOfOrder: Step[] = [];
  let next = 0;
  for (const one of steps) {
    const { step } = one;
    if (step === protocol[next]) next += 1;
    else if (step === protocol[next - 1]) continue;
    else if (step === 'left' && !signed && protocol[next] === 'signed') next = protocol.length;
    else {
      outOfOrder.push(one);
      const later = protocol.indexOf(step, next);
      if (later >= 0) next = later + 1;
    }
  }
  return { outOfOrder, last: steps.at(-1)?.step };
}
