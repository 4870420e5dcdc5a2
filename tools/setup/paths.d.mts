export declare const root: string;
export declare const dataFolder: string;
export declare const logFolder: string;
export declare const runFolder: string;
export declare const serversFile: string;
export declare function cacheFolder(): string;
export declare function makeFolder(folder: string): void;
export declare function shortenPath(path: string): string;
