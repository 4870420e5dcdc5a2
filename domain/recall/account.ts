/** How a line of a recall may end by what somebody says of its pack. */
import type { LineEnd, LineHolder } from './holders.ts';

/** What people account for; `reprocessed` is for lines that are born ended. */
export const accountedEnds = ['retrieved', 'used', 'disposed', 'not-found'] as const satisfies readonly LineEnd[];
export type AccountedEnd = (typeof accountedEnds)[number];

/** Used is what was opened, and infection control follows up its patient; what was opened cannot come back sterile or be lost. */
export function mayEndAs(end: AccountedEnd, { state, holder }: { state: 'open' | 'ended'; holder: LineHolder }): boolean {
  if (state === 'ended') return false;
  switch (end) {
    case 'used':
      return holder.type === 'infection';
    case 'retrieved':
    case 'not-found':
      return holder.type !== 'infection';
    case 'disposed':
      return true;
  }
}
