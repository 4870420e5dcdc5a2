export declare const checks: Record<'biome' | 'eslint' | 'tsc' | 'depcruise' | 'knip', { does: string; args: string[] }>;
export declare function runCheck(
  name: keyof typeof checks,
  options?: { node?: string; folder?: string; args?: string[] },
): { passed: boolean; output: string };
