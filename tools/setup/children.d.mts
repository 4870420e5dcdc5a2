export declare function recordChild(child: { name: string; pid: number; stopSignal?: NodeJS.Signals }): void;
export declare function forgetChild(pid: number): void;
export declare function signalGroup(pid: number, signal: NodeJS.Signals): void;
export declare function stopOrphans(how?: { kill?: boolean }): Promise<void>;
export declare function stopOwnChildren(): Promise<void>;
