/** What was written of an episode's orders and of their evidence, by what it is of: the words that a decision leaves outside of the state. */
import type { DischargeState } from './state.ts';

type Texts = Readonly<Record<string, Record<string, unknown>>>;

/** Of a command: `ofOrders` by the order's id, `ofEvidence` likewise. */
export interface WrittenTexts {
  ofOrders?: Texts | undefined;
  ofEvidence?: Texts | undefined;
}

/** The evidence has the place that the decision gave it. */
export const listEpisodeTexts = (
  before: DischargeState,
  after: DischargeState,
  { ofOrders = {}, ofEvidence = {} }: WrittenTexts,
): [of: string, body: Record<string, unknown>][] => [
  ...Object.entries(ofOrders).map(([orderId, body]): [string, Record<string, unknown>] => [`order:${orderId}`, body]),
  ...Object.entries(ofEvidence).flatMap(([orderId, body]): [string, Record<string, unknown>][] => {
    const [earlier, now] = [before, after].map(({ orders }) => orders.find(({ id }) => id === orderId)?.evidence.length ?? 0);
    return now !== undefined && earlier !== undefined && now > earlier ? [[`evidence:${orderId}:${now - 1}`, body]] : [];
  }),
];
