/** What the tables of an exchange slip have to do with a decision. */
import type { ExchangeSlipState } from '../../domain/exchange-slip/state.ts';
import type { Projection } from '../kit/projection.ts';

export const exchangeSlipProjection: Projection<ExchangeSlipState> = {
  project: async () => {},
};
