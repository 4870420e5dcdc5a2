export declare const reports: Record<'usual' | 'long' | 'commands', string>;
export declare function closingLine(report: string, exitCode: number): string;
export declare function sumLine(runs: { report: string; exitCode: number }[]): string;
