export declare function fileFromTar(archive: Buffer, name: string): Buffer;
