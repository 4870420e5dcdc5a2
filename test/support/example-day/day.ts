/** What the example day of the machine is about, filled act by act. */
import type { MadePack, Named } from '../builders/sterile-supply.ts';

export interface Day {
  types: Record<'dressing' | 'a' | 'b1' | 'b2' | 'c2' | 'c3' | 'e' | 'f' | 'g', Named>;
  s1: Named;
  s2: Named;
  used: { c01: Named[]; c02: Named[]; c03: Named[] };
  boxes: { sterile1: Named; sterile2: Named; soiled1: Named; soiled2: Named };
  packs: Record<'a1' | 'b1' | 'b2' | 'c1' | 'c2' | 'c3' | 'c4' | 'e1' | 'f1' | 'g1' | 'x1', MadePack>;
  round: { id: string };
  stops: Record<'c01' | 'c02' | 'c03', string>;
  slips: Record<'c01' | 'c02' | 'c03', { id: string; lines: Array<{ id: string; direction: string }> }>;
  loadC: { id: string; indicatorIds: string[] };
  recallId: string;
}

export const vehicle: Named = { id: 'vehicle-1', code: 'vehicle-1' };
