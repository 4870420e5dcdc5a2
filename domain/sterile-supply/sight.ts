/** How far somebody sees in sterile supply: everything, what their centre has to do with, or what their rounds carry. */
export type SupplySight =
  | { over: 'alliance' }
  | { over: 'centre'; institutionId: string }
  | { over: 'rounds'; personId: string }
  | { over: 'nothing' };
