/** Values that a field must not have, field by field, for the operations that take a body. */
import { appointmentIn, inDays } from '../builders/appointment-times.ts';
import { newReferral } from '../builders/referrals.ts';
import type { Service } from '../service/service.ts';
import { nowhere, type Objects } from './access.ts';

const huge = 'x'.repeat(20_000);
const noText = [null, 1, true, [], {}, '', '   ', '\u3000', huge];
const noId = [null, 1, [], {}, '', 'x'.repeat(101)];
const noInstant = [
  null,
  1,
  '',
  'tomorrow',
  '2026-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-01-01',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00+08:00',
  '2026-01-01T25:00:00Z',
  '2026-01-01T00:00:60Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  '+012026-01-01T00:00:00Z',
  '20260101T000000Z',
  '２０２６-01-01T00:00:00Z',
];
const noFlag = [null, 0, 1, 'true', [], {}];
const noDate = [
  null,
  1,
  '',
  '2026-02-30',
  '2025-02-29',
  '1900-02-29',
  '2026-00-10',
  '2026-1-1',
  '0000-01-01',
  '1899-12-31',
  '9999-12-31',
  '2026-01-01T00:00:00Z',
  '01/02/1956',
];

/** Consent on paper has a date and no hour. */
const noDayOrInstant = noInstant.filter((text) => text !== '2026-01-01');
const consent = { given: true, recordedAt: '2026-01-01T00:00:00Z' };
const patient = { name: '赵𬱖', birthDate: '1944-02-29', sex: 'male', phone: '13800000000', contacts: [], localIds: [] };

interface WrongFields {
  /** of the operation */
  id: string;
  /** who gets as far as the body */
  account: string;
  good(service: Service, objects: Objects): object | Promise<object>;
  /** by field */
  wrong: Record<string, unknown[]>;
}

/** A good body of each operation, and for each field what it must not be. */
export const wrongFields: readonly WrongFields[] = [
  {
    id: 'createReferral',
    account: 'gp',
    good: (service) => newReferral(service),
    wrong: {
      patientId: [...noId, 'patient-9999', "' or 1=1 --", 'x'],
      direction: [null, 'sideways', '', 1, ['up'], 'UP'],
      urgency: [null, 'soon', '', 0, 'Urgent'],
      toInstitutionId: [...noId, 'inst-none', 'inst-c01', 'inst-c02', 'inst-cssd', 'constructor'],
      toDepartmentId: [...noId, 'dept-none', 'dept-h2-cardiology', 'dept-c01-general-practice'],
      reason: noText,
      summary: noText,
      emergency: noFlag,
      draft: noFlag,
      consent: [
        null,
        true,
        'yes',
        [],
        {},
        { given: false, recordedAt: '2026-01-01T00:00:00Z' },
        { given: true },
        { ...consent, given: 'true' },
        { ...consent, by: 'x' },
        { ...consent, recordedAt: '2099-01-01T00:00:00Z' },
        ...noDayOrInstant.map((recordedAt) => ({ given: true, recordedAt })),
      ],
      managementPlan: [null, 1, '', [], { a: null }, { a: { b: 1 } }, { ['x'.repeat(101)]: 1 }, { a: [1] }, huge],
      overrideReason: noText,
      replaces: noId,
    },
  },
  {
    id: 'createPatient',
    account: 'gp',
    good: () => patient,
    wrong: {
      name: [...noText, 'x'.repeat(101)],
      birthDate: noDate,
      sex: [null, '', 'M', 1, 'MALE', '男'],
      homeInstitutionId: [...noId, 'inst-c02', 'inst-h1', 'inst-none', 'inst-cssd'],
      phone: [null, 1, '', 'abc', '1234', '1'.repeat(16), '+', '138 0000 0000 ext 5', '１３８０００００００'],
      contacts: [
        null,
        {},
        [null],
        [{}],
        [{ name: '赵丽', relation: 'child' }],
        Array.from({ length: 21 }, () => ({ name: '赵丽', relation: 'child', phone: '13800000000' })),
        [{ name: '赵丽', relation: 'child', phone: '13800000000', admin: true }],
      ],
      channel: [null, '', 'fax', 1],
      localIds: [
        null,
        {},
        [{}],
        [{ system: '', value: 'x' }],
        [{ system: 'his', value: '' }],
        Array.from({ length: 21 }, (_, index) => ({ system: 'his', value: String(index) })),
      ],
      teamId: ['team-c02'],
      id: ['patient-0001'],
      version: [7],
    },
  },
  { id: 'chooseMyChannel', account: 'gp', good: () => ({ channel: 'wecom' }), wrong: { channel: [null, '', 'phone', 'SMS', 1, ['sms']] } },
  {
    id: 'choosePatientChannel',
    account: 'gp',
    good: () => ({ channel: 'phone' }),
    wrong: { channel: [null, '', 'email', 'wecom', 1, ['sms']], phone: ['13800000000'] },
  },
  {
    id: 'reportLetter',
    account: 'nurse',
    good: () => ({ outcome: 'handed-over' }),
    wrong: { outcome: [null, '', 'agreed', 'lost', 1, ['returned']], note: noText },
  },
  {
    id: 'sendDecline',
    account: 'specialist',
    good: () => ({ reason: '专科已满' }),
    wrong: { reason: noText, patientId: noId, note: ['x'], status: ['completed'] },
  },
  {
    id: 'scheduleVisit',
    account: 'specialist',
    good: () => appointmentIn(100),
    wrong: {
      startsAt: [...noInstant, '2001-01-01T00:00:00Z', inDays(100, '02:00'), inDays(401)],
      endsAt: [...noInstant, inDays(50), inDays(100), inDays(101, '01:00')],
      slotId: [nowhere],
    },
  },
  {
    id: 'referOnward',
    account: 'specialist',
    good: () => ({ toInstitutionId: 'inst-h2', reason: '床位已满' }),
    wrong: {
      toInstitutionId: [...noId, 'inst-none', 'inst-cssd'],
      toDepartmentId: [...noId, 'dept-none', 'dept-h1-cardiology'],
      reason: noText,
    },
  },
  {
    id: 'rerouteReferral',
    account: 'office',
    good: () => ({}),
    wrong: { toInstitutionId: [...noId, 'inst-none', 'inst-cssd'], reason: noText },
  },
  { id: 'requestInformation', account: 'specialist', good: () => ({ question: '近期用药？' }), wrong: { question: noText } },
  { id: 'answerInformation', account: 'gp', good: () => ({ answer: '氨氯地平' }), wrong: { answer: noText } },
  { id: 'reopenReferral', account: 'gp', good: () => ({ reason: '误关' }), wrong: { reason: noText } },
  {
    id: 'createSlot',
    account: 'head',
    good: () => ({ departmentId: 'dept-h1-cardiology', startsAt: inDays(100), endsAt: inDays(100, '00:30') }),
    wrong: {
      departmentId: [...noId, 'dept-none', 'dept-h2-cardiology', 'dept-c01-general-practice'],
      startsAt: [...noInstant, '2001-01-01T00:00:00Z', inDays(100, '02:00'), inDays(401)],
      endsAt: [...noInstant, inDays(50), inDays(100), inDays(101, '01:00')],
      reserved: noFlag,
      releaseAt: [...noInstant, inDays(99)],
      institutionId: ['inst-h2'],
      booked: [true],
    },
  },
  {
    id: 'recordFact',
    account: 'gateway',
    good: () => ({
      type: 'patient-moved',
      source: 'his-h1',
      messageId: 'MSG1',
      occurredAt: '2026-01-01T00:00:00Z',
      patientId: 'patient-0001',
      homeInstitutionId: 'inst-c02',
    }),
    wrong: {
      type: [null, 1, '', 'patient-flew', ['patient-died'], '__proto__'],
      source: noText,
      messageId: noText,
      occurredAt: [...noInstant, '2199-01-01T00:00:00Z'],
      patientId: noId,
      localId: [
        null,
        'x',
        {},
        { system: 'urn:his', value: '' },
        { system: 'urn:his', value: '1', more: 1 },
        { system: 'urn:his', value: '1' },
      ],
      homeInstitutionId: [...noId, 'inst-none', 'inst-cssd'],
      survivorPatientId: ['patient-0002'],
    },
  },
  {
    id: 'recordReadings',
    account: 'gateway',
    good: () => ({
      readings: [
        {
          source: 'gateway-c01',
          messageId: 'M1',
          patientId: 'patient-0001',
          kind: 'blood-pressure',
          measuredAt: '2026-01-01T00:00:00Z',
          systolic: 130,
          diastolic: 80,
          unit: 'mmHg',
        },
      ],
    }),
    wrong: { readings: [null, 1, '', {}, [], [null], [[]], [{}], ['x']] },
  },
  { id: 'sendInterimNote', account: 'specialist', good: () => ({ note: '已入院观察' }), wrong: { note: noText } },
  { id: 'sendOutcome', account: 'specialist', good: () => ({ outcome: '治疗完成' }), wrong: { outcome: noText } },
  { id: 'withdraw', account: 'gp', good: () => ({ reason: '误发' }), wrong: { reason: noText } },
  {
    id: 'recordConsent',
    account: 'gp',
    good: () => ({ consent }),
    wrong: {
      consent: [null, {}, true, { ...consent, given: false }, ...noDayOrInstant.map((recordedAt) => ({ given: true, recordedAt }))],
    },
  },
  { id: 'answerCheck', account: 'gp', good: () => ({}), wrong: { note: [null, 1, '', huge] } },
  { id: 'completeTask', account: 'specialist', good: () => ({}), wrong: { note: [null, 1, '', huge], patientId: ['patient-0001'] } },
  {
    id: 'fastForward',
    account: 'sysadmin',
    good: (_service, objects) => ({ pathwayId: objects.referralId, duration: 'PT1S' }),
    wrong: {
      pathwayId: [null, 1, '', 'x', '0199a000-0000-7000-8000-000000000000', {}],
      duration: [
        null,
        1,
        '',
        'P',
        'PT',
        '1 day',
        'P1M',
        'P1Y',
        'PT0S',
        'PT0.5S',
        '-P1D',
        'P-1D',
        'P4000D',
        `P${'9'.repeat(30)}D`,
        'P1DT',
        'p1d',
        'PT1H ',
      ],
    },
  },
  { id: 'confirmSecondFactor', account: 'gp', good: () => ({ code: '000000' }), wrong: { code: [null, 1, '', '12345', 'x'.repeat(41)] } },
  {
    id: 'changeMyPassword',
    account: 'gp',
    good: () => ({ old: 'not the password of gp', new: 'green hills far away' }),
    wrong: { old: [null, 1, '', {}, 'x'.repeat(201)], new: [null, 1, {}, 'x'.repeat(1_001)] },
  },
  {
    id: 'createSession',
    account: 'gp',
    good: () => ({ username: 'gp', password: 'carepath-demo' }),
    wrong: {
      username: [null, 1, '', {}, 'x'.repeat(101)],
      password: [null, 1, '', {}, 'x'.repeat(201)],
      institutionId: noId,
      roles: [['sysadmin']],
      secondFactor: [null, 1, '', '12345', 'x'.repeat(41)],
      code: [null, 1, '', '12345', 'x'.repeat(41)],
    },
  },
];

/** Fields that are wrong together with another one: a refusal may name any of them. */
export const blamedFor: Record<string, string[]> = {
  startsAt: ['startsAt', 'endsAt', 'releaseAt'],
  toInstitutionId: ['toInstitutionId', 'direction'],
  slotId: ['slotId', 'startsAt'],
  localId: ['localId', 'patientId'],
};
