/** Hospital information systems of both sides, sending HL7 v2 over HTTP. */

import { randomUUID } from 'node:crypto';
import type { Caller } from '../../../api/kit/auth.ts';
import type { Service } from '../service/service.ts';
import { inDays } from './appointment-times.ts';

export interface HisSystem {
  caller: Caller;
  institutionId: string;
  /** Sends over HTTP; the acknowledgement as text. */
  send(message: string | Uint8Array, charset?: string): Promise<HisAnswer>;
}

export interface HisAnswer {
  status: number;
  contentType: string;
  bytes: Uint8Array;
  /** decoded as UTF-8 */
  text: string;
}

const ANSWER_WITHIN_MS = 60_000;

/** A machine account of an institution. */
export async function hisOf(service: Service, institutionId: string): Promise<HisSystem> {
  const personId = `person-gateway-${institutionId}`;
  await service.db
    .insertInto('person')
    .values({ id: personId, username: null, password_hash: null, name: '接口', phone: null, email: 'his@alliance.invalid' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await service.db
    .insertInto('post')
    .values({ person_id: personId, institution_id: institutionId, department_id: null, role: 'gateway' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const caller = { personId, institutionId, roles: ['gateway'] };
  const { token } = await service.tokens.issue(caller);
  async function sendOnce(message: string | Uint8Array, charset?: string): Promise<HisAnswer> {
    const response = await service.app.request('/v1/hl7v2', {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': `x-application/hl7-v2+er7${charset ? `; charset=${charset}` : ''}`,
      },
      body: typeof message === 'string' ? message : new Uint8Array(message),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      bytes,
      text: new TextDecoder().decode(bytes),
    };
  }

  return {
    caller,
    institutionId,
    async send(message, charset) {
      // A busy machine may ask for the same message again: a patient system sends it.
      for (const deadline = Date.now() + ANSWER_WITHIN_MS; ; ) {
        const answer = await sendOnce(message, charset);
        if (!read(answer).errors.some(({ code }) => code === 'unavailable') || Date.now() > deadline) return answer;
      }
    },
  };
}

/** A resident of a centre with no referral yet; as PID-3 names them. */
export async function newPatient(service: Service, homeInstitutionId = 'inst-c01'): Promise<{ id: string; pid: string }> {
  const id = `patient-${randomUUID()}`;
  await service.db
    .insertInto('patient')
    .values({
      id,
      name: '王秀英',
      birth_date: '1951-03-08',
      sex: 'female',
      home_institution_id: homeInstitutionId,
      team_id: null,
      phone: null,
      contacts: '[]',
    })
    .execute();
  return { id, pid: `${id}^^^CAREPATH^PI` };
}

let numbers = 0;
export const newNumber = (): string => `REF${++numbers}-${randomUUID().slice(0, 8)}`;
export const newControlId = (): string => randomUUID().slice(0, 18);

export interface MessageParts {
  from: string;
  to: string;
  controlId?: string;
  patient?: string;
  /** PID from its field 5 on; by default the person of `newPatient`. */
  person?: string;
  number?: string;
  /** replaces or adds MSH fields by number */
  msh?: Record<number, string>;
}

export const AUTHORITY = '1.3.6.1.4.1.99999.1';
const utc = (iso: string): string => `${iso.replaceAll(/[-:T]/g, '').slice(0, 14)}+0000`;

function msh(type: string, { from, to, controlId = newControlId(), msh: over = {} }: MessageParts): string {
  const fields = [
    'MSH',
    '^~\\&',
    'HIS',
    from,
    'CAREPATH',
    to,
    '20260101080000+0800',
    '',
    type,
    controlId,
    'P',
    '2.5.1',
    '',
    '',
    'NE',
    'NE',
    '',
    'UNICODE UTF-8',
    '',
    '',
    '360X',
  ];
  for (const [number, value] of Object.entries(over)) fields[Number(number) - 1] = value;
  return fields.join('|');
}

/** As whom `newPatient` writes its residents. */
const wangXiuying = '王秀英^^^^^^L||19510308|F';
const pid = ({ patient = 'patient-0001^^^CAREPATH^PI', person = wangXiuying }: MessageParts): string => `PID|1||${patient}||${person}`;
const ei = (number: string): string => `${number}^^${AUTHORITY}^ISO`;
const lines = (...segments: string[]): string => `${segments.filter(Boolean).join('\r')}\r`;

export interface RequestParts extends MessageParts {
  priority?: string;
  department?: string;
  reason?: string;
  consent?: string;
  plan?: string;
}

const CONSENT = 'OBX|1|CWE|59284-0^Consent Document^LN||Y^Yes^HL70136||||||F|||20260101080000+0800';

export function request(parts: RequestParts): string {
  const {
    number = newNumber(),
    priority = 'R',
    department = 'cardiology',
    reason = '血压持续升高，请会诊',
    consent = CONSENT,
    plan,
  } = parts;
  return lines(
    msh('OMG^O19^OMG_O19', parts),
    pid(parts),
    `ORC|NW|${ei(number)}`,
    `TQ1|1||||||||${priority}`,
    `OBR|1|${ei(number)}||${department}^^99CAREPATH|||||||||||||||||||||||||||^${reason}`,
    consent,
    plan === undefined ? '' : `OBX|2|TX|18776-5^Plan of care note^LN||${plan}||||||F`,
  );
}

const order = (type: string, parts: MessageParts, orc: string, ...more: string[]): string =>
  lines(msh(type, parts), pid(parts), orc, ...more);
const numberOf = ({ number = '' }: MessageParts): string =>
  /^[0-9a-f-]{36}$/.test(number) ? `${number}^CAREPATH` : number === '' ? '' : ei(number);
const orc = (control: string, parts: MessageParts, status: string, reason = ''): string =>
  `ORC|${control}|${numberOf(parts)}|||${status}|||||||||||${reason === '' ? '' : `^${reason}`}`;
const OSU = 'OSU^O51^OSU_O51';
const OMG = 'OMG^O19^OMG_O19';

export const accept = (parts: MessageParts): string => order(OSU, parts, orc('OK', parts, 'IP'));
export const decline = (parts: MessageParts, reason = '专科已满'): string => order(OSU, parts, orc('UA', parts, 'CA', reason));
export const cancel = (parts: MessageParts, reason = '患者要求'): string => order(OSU, parts, orc('CA', parts, '', reason));
export const confirmCancel = (parts: MessageParts): string => order(OSU, parts, orc('CR', parts, 'CA'));
export const withdraw = (parts: MessageParts, reason = '误发'): string => order(OSU, parts, orc('DC', parts, '', reason));
export const outcome = (parts: MessageParts, text = '治疗完成'): string =>
  order(OMG, parts, orc('RE', parts, 'CM'), 'OBR|1|||57133-1^^LN', `OBX|1|TX|11488-4^Consult note^LN||${text}||||||F`);
export const interim = (parts: MessageParts, text = '已入院观察'): string =>
  order(OMG, parts, orc('RE', parts, 'A'), 'OBR|1|||57133-1^^LN', `OBX|1|TX|11488-4^Consult note^LN||${text}||||||P`);

const sch = (parts: MessageParts, reason = ''): string => {
  const fields = Array.from({ length: 26 }, () => '');
  fields[5] = 'X';
  fields[6] = reason === '' ? '' : `^${reason}`;
  fields[25] = numberOf(parts);
  return `SCH|${fields.join('|')}`;
};
const siu = (event: string, parts: MessageParts, reason = '', ...more: string[]): string =>
  lines(msh(`SIU^${event}^SIU_S12`, parts), sch(parts, reason), ...more, pid(parts), 'RGS|1|A');
const tq1 = (start: string, end: string): string => `TQ1|1||||||${utc(start)}|${utc(end)}`;
const defaultSlot = { start: inDays(100), end: inDays(100, '01:00') };

export const appointment = (parts: MessageParts, slot = defaultSlot): string => siu('S12', parts, '', tq1(slot.start, slot.end));
export const reschedule = (parts: MessageParts, slot = { start: inDays(131), end: inDays(131, '01:00') }): string =>
  siu('S13', parts, '', tq1(slot.start, slot.end));
export const cancelAppointment = (parts: MessageParts, reason = '医生外出'): string => siu('S15', parts, reason);
export const noShow = (parts: MessageParts): string => siu('S26', parts);

export interface Acknowledged {
  code: string;
  controlId: string;
  errors: { place: string; condition: string; code: string; text: string }[];
  /** ORC-3 of an ORG^O20 */
  referralId: string | undefined;
}

export function read({ text }: { text: string }): Acknowledged {
  const segments = text.split('\r').map((segment) => segment.split('|'));
  const msa = segments.find(([name]) => name === 'MSA') ?? [];
  const errors = segments
    .filter(([name]) => name === 'ERR')
    .map((err) => ({ place: err[2] ?? '', condition: err[3]?.split('^')[0] ?? '', code: err[5]?.split('^')[0] ?? '', text: err[8] ?? '' }));
  const acknowledgedOrder = segments.find(([name]) => name === 'ORC');
  return { code: msa[1] ?? '', controlId: msa[2] ?? '', errors, referralId: acknowledgedOrder?.[3]?.split('^')[0] };
}
