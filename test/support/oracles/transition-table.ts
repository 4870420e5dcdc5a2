/** The published transition table (test/fixtures/referral-transitions.csv), and how to get a referral into each of its states. */

import { readFileSync } from 'node:fs';
import { appointmentIn } from '../builders/appointment-times.ts';

export interface Row {
  tid: string;
  actor: 'initiator' | 'recipient';
  trigger: string;
  from: string;
  to: string;
  businessStatus: string;
}

const csv = readFileSync(new URL('../../fixtures/referral-transitions.csv', import.meta.url), 'utf8');

export const rows: Row[] = csv
  .split(/\r?\n/)
  .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('tid,'))
  .map((line) => {
    const [tid = '', actor = '', trigger = '', from = '', to = '', businessStatus = ''] = line.split(',');
    return { tid, actor: actor as Row['actor'], trigger, from, to, businessStatus };
  });

export const states = [...new Set(rows.flatMap(({ from, to }) => [from, to]))];
export const triggers = [...new Set(rows.map(({ trigger }) => trigger))];
export const actors = ['initiator', 'recipient'] as const;

export const findLegalRow = (from: string, actor: string, trigger: string): Row | undefined =>
  rows.find((row) => row.from === from && row.actor === actor && row.trigger === trigger);

/** The shortest way from a draft, by the table itself. */
export function findShortestWay(state: string): Row[] {
  const ways = new Map<string, Row[]>([['draft', []]]);
  for (const [reached, way] of ways) for (const row of rows) if (row.from === reached && !ways.has(row.to)) ways.set(row.to, [...way, row]);
  const way = ways.get(state);
  if (!way) throw new Error(`The table leads nowhere near ${state}.`);
  return way;
}

const bodies: Record<string, unknown> = {
  'send-decline': { reason: '专科已满' },
  'request-cancellation': { reason: '患者要求' },
  'cancel-appointment': { reason: '医生外出' },
  'schedule-visit': appointmentIn(100),
  'reschedule-visit': appointmentIn(131),
  'send-interim-note': { note: '已入院观察' },
  'send-outcome': { outcome: '治疗完成' },
  'answer-check': { outcome: 'arrived', note: '已到院' },
};

export const bodyOf = (trigger: string): unknown => bodies[trigger] ?? {};
export const accountOf = (actor: 'initiator' | 'recipient'): string => (actor === 'initiator' ? 'gp' : 'specialist');
