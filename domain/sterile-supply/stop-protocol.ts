/** What the steps of a stop, as they were observed, say of its protocol. Steps may have been recorded in any order; their times decide. */
import type { StopStep } from './vocabulary.ts';

export const protocolOf = {
  'soiled-first': ['arrived', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'sterile-handed', 'checked', 'signed', 'left'],
  'clean-first': ['arrived', 'hand-hygiene', 'sterile-handed', 'checked', 'soiled-stowed', 'gloves-off', 'hand-hygiene', 'signed', 'left'],
} as const satisfies Record<string, readonly StopStep[]>;
export type RoundMode = keyof typeof protocolOf;

export interface ProtocolJudgement<Step> {
  /** The steps that came at a moment at which the protocol did not allow them. */
  outOfOrder: Step[];
  /** Somebody left without any signature. */
  unsigned: boolean;
  /** The last step; undefined when there is none. */
  last: StopStep | undefined;
}

/** Judges steps that stand in the order in which they happened. A step that is done again at once is the same step. */
export function judgeProtocol<Step extends { step: StopStep }>(mode: RoundMode, steps: readonly Step[]): ProtocolJudgement<Step> {
  const protocol: readonly StopStep[] = protocolOf[mode];
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
  return { outOfOrder, unsigned: !signed && steps.some(({ step }) => step === 'left'), last: steps.at(-1)?.step };
}
