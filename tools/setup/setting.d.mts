export declare function readSetting(name: string): string | undefined;
