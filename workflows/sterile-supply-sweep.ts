/** A sweep of sterile supply: a schedule starts it every morning, and it lives as long as its one activity. */
import * as wf from '@temporalio/workflow';
import type { SweepName } from '../domain/sterile-supply/sweeps.ts';

export interface SweepRequest {
  name: SweepName;
  /** The instant that it looks from, in milliseconds. */
  at: number;
}

interface SweepActivities {
  sweepSupply(request: SweepRequest): Promise<{ raised: number; cleared: number }>;
}

/** A sweep over every pack takes seconds; a minute is what a busy machine may need. */
const { sweepSupply } = wf.proxyActivities<SweepActivities>({
  startToCloseTimeout: '60s',
  retry: { initialInterval: '1s', maximumInterval: '60s' },
});

/** Looks from the instant at which it starts. */
export const sterileSupplySweep = (name: SweepName): Promise<{ raised: number; cleared: number }> => sweepSupply({ name, at: Date.now() });
