/** What is still missing before a recall may be signed. */

export const missingParts = ['acknowledgement', 'lines', 'cause', 'service', 'report'] as const;
export type MissingPart = (typeof missingParts)[number];

export interface RecallStanding {
  drill: boolean;
  /** Holders of lines that have not acknowledged. */
  unacknowledged: number;
  openLines: number;
  cause: string | null;
  report: string | null;
  steriliserStatus: string;
}

/** In the order in which they are listed. A drill takes no steriliser out of service, so it waits for none. */
export function findMissing({ drill, unacknowledged, openLines, cause, report, steriliserStatus }: RecallStanding): MissingPart[] {
  const missing: Record<MissingPart, boolean> = {
    acknowledgement: unacknowledged > 0,
    lines: openLines > 0,
    cause: cause === null,
    service: !drill && steriliserStatus !== 'in-service' && steriliserStatus !== 'retired',
    report: report === null,
  };
  return missingParts.filter((part) => missing[part]);
}
