/** The pathway's own clock, in milliseconds: a demonstration may have pushed it forward. */
export const pathwayNow = ({ clockOffsetMs }: { clockOffsetMs: number }): number => Date.now() + clockOffsetMs;
