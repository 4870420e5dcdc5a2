export declare function extractFromTar(archive: Buffer, name: string): Buffer;
