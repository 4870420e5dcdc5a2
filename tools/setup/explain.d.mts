export declare function explainError(error: unknown): number;
