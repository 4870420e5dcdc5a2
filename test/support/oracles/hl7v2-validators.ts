/** What two independent libraries say of a message: @medplum/core reads it, node-hl7-client checks it against the published segments of 2.5.1. */
import { Hl7Message } from '@medplum/core';
import { lookupTable, Message, SEGMENT_SPECS } from 'node-hl7-client';

const VERSION = '2.5.1';

export function complaintsOf(text: string): string[] {
  return [...medplum(text), ...nodeHl7(text)];
}

/** Reads it and writes it again without a difference; a copy of ours cannot be lost on the way. */
function medplum(text: string): string[] {
  const message = Hl7Message.parse(text);
  const written = message.toString().replace(/\r?$/, '\r');
  const acknowledged = message.buildAck().getSegment('MSA')?.getField(2)?.toString();
  return [
    ...(written === text ? [] : ['@medplum/core: reads something else']),
    ...(acknowledged === message.header.getField(10)?.toString() ? [] : ['@medplum/core: acknowledges something else']),
  ];
}

interface Spec {
  num: number;
  name: string;
  hl7Type?: string;
  table?: number;
  length?: { max?: number };
  usage: Partial<Record<string, string>>;
}

function nodeHl7(text: string): string[] {
  const message = new Message({ text });
  const segments = message.toString().split('\r').filter(Boolean);
  return segments.flatMap((segment) => {
    const [name = '', ...rest] = segment.split('|');
    const fields = name === 'MSH' ? ['|', ...rest] : rest;
    const spec = SEGMENT_SPECS[name] as unknown as { fields: Spec[]; versions: string[] } | undefined;
    if (!spec) return [`node-hl7-client: ${name} is no segment`];
    const beyond = fields.length > Math.max(...spec.fields.map(({ num }) => num)) ? [`node-hl7-client: ${name} has too many fields`] : [];
    return [...beyond, ...spec.fields.flatMap((field) => complaintsOfField(name, field, fields[field.num - 1] ?? ''))];
  });
}

function complaintsOfField(segment: string, { num, name, hl7Type, table, length, usage }: Spec, value: string): string[] {
  const at = `node-hl7-client: ${segment}-${num} ${name}`;
  const rule = usage[VERSION];
  if (value === '') return rule === 'R' ? [`${at} is missing`] : [];
  if (rule === undefined || rule === 'W' || rule === 'X') return [`${at} is not of ${VERSION}`];
  const complaints: string[] = [];
  const isCode = hl7Type === 'ID' && table !== undefined;
  const known = isCode ? lookupTable(VERSION, table) : undefined;
  if (known && known.length > 0 && !known.includes(value)) complaints.push(`${at} is no code of table ${table}: ${value}`);
  if ((hl7Type === 'ID' || hl7Type === 'ST') && length?.max !== undefined && value.length > length.max)
    complaints.push(`${at} is longer than ${length.max}`);
  return complaints;
}
