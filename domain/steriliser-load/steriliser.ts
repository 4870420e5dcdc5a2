/** A steriliser: whether it may run packs, and what the head nurse may do with it. */

export const steriliserStatuses = ['in-service', 'out-of-service', 'requalifying', 'retired'] as const;
export type SteriliserStatus = (typeof steriliserStatuses)[number];

export const steriliserActs = ['take-out', 'begin-requalification', 'return-to-service', 'retire'] as const;
export type SteriliserAct = (typeof steriliserActs)[number];

/** `passed` of `of` runs of a requalification, one after the other. */
export interface Requalification {
  passed: number;
  of: number;
}

/** What is possible with a steriliser at this moment. */
export function allowedSteriliserActs(status: SteriliserStatus, { passed, of }: Requalification): SteriliserAct[] {
  switch (status) {
    case 'in-service':
      return ['take-out', 'retire'];
    case 'out-of-service':
      return ['begin-requalification', 'retire'];
    case 'requalifying':
      return ['take-out', ...(passed >= of ? (['return-to-service'] as const) : []), 'retire'];
    case 'retired':
      return [];
  }
}

export const statusAfter: Record<SteriliserAct, SteriliserStatus> = {
  'take-out': 'out-of-service',
  'begin-requalification': 'requalifying',
  'return-to-service': 'in-service',
  retire: 'retired',
};

/** What a requalification run has come to; null while its indicators are not read. */
export type RunResult = 'pass' | 'fail' | null;

/** How many runs of a requalification passed since the last one that did not. Runs that are not decided neither count nor break the row. */
export function countPassedRuns(results: readonly RunResult[]): number {
  const decided = results.filter((result) => result !== null);
  return decided.length - 1 - decided.lastIndexOf('fail');
}
