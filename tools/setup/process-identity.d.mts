export declare function processIdentity(pid: number): string | undefined;
export declare function processCommand(pid: number): string | undefined;
