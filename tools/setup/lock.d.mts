interface Holder {
  pid: number;
  identity: string | undefined;
  note?: string;
}
type Lock = { held: true; note: (text: string) => void; release: () => void } | { held: false; holder: Holder };
export declare function tryLock(file: string): Lock;
export declare function withLock<T>(file: string, whileWaiting: string, work: () => Promise<T>): Promise<T>;
