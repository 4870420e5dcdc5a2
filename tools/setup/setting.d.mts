export declare function setting(name: string): string | undefined;
