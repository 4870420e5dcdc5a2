type Run = { report: string; exitCode: number };
export declare const reports: Record<'usual' | 'long' | 'commands', string>;
export declare function closingLines(runs: Run[]): string[];
export declare function sumLine(runs: Run[]): string;
