export declare class PlainError extends Error {}
export declare function say(line: string): void;
export declare function runStep<T>(title: string, work: (progress: (detail: string) => void) => Promise<T>): Promise<T>;
