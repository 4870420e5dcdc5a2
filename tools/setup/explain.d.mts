export declare function explain(error: unknown): number;
