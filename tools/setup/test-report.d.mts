export declare function closingLine(report: string, exitCode: number): string;
