/** Exchange slip as a durable pathway. */
import { exchangeSlip as decider } from '../domain/exchange-slip/decider.ts';
import type { ExchangeSlipState } from '../domain/exchange-slip/state.ts';
import type { PathwayInput } from './kit/pathway.ts';
import { runPathway } from './kit/run-pathway.ts';

export function exchangeSlip(input: PathwayInput<ExchangeSlipState>) {
  return runPathway(decider, input, exchangeSlip);
}
