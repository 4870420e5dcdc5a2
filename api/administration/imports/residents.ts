/** Residents from a file, each named by an id of the centre's own system. */
import { z } from '@hono/zod-openapi';
import { v7 as uuid } from 'uuid';
import { listOpenInstitutions } from '../../../db/administration/places.ts';
import { createResidents, findByLocalIds, findResembling, type StandingResident } from '../../../db/administration/residents.ts';
import { correctPatient, lockPatient } from '../../../db/directory/correct-patient.ts';
import { choosePatientChannel } from '../../../db/directory/patients.ts';
import { appendAudit } from '../../../db/kit/audit.ts';
import { patientChannels } from '../../../domain/messages/channels.ts';
import { channelOfPhone } from '../../../domain/residents/telephone.ts';
import { localDateOf } from '../../../domain/time/local-date.ts';
import { LocalId, Phone } from '../../directory/patient-fields.ts';
import { toMessage } from '../../kit/field-words.ts';
import { DateOnly, Id, SexSchema, Text } from '../../kit/schemas.ts';
import { unknownInstitution } from '../fields.ts';
import { codesByWords, defineImport, givenTwice, type Judgement, judged, notYours, refused, repeated } from './import-rules.ts';

const EARLIEST_BIRTH = '1900-01-01';
const DAY_MS = 86_400_000;

/** Spreadsheets keep a date as the number of days since the end of 1899; people also write 1956/3/1. */
function toDate(text: string): string {
  if (/^\d{4,5}$/.test(text)) return new Date(Date.UTC(1899, 11, 30) + Number(text) * DAY_MS).toISOString().slice(0, 10);
  const [, year, month, day] = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]00:00:00.*)?$/.exec(text) ?? [];
  return year && month && day ? `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}` : text;
}

const BirthDate = z
  .string()
  .overwrite(toDate)
  .pipe(DateOnly)
  .refine(
    (date) => date >= EARLIEST_BIRTH && date <= localDateOf(Date.now()),
    toMessage({ zh: `须在 ${EARLIEST_BIRTH} 与今天之间`, en: `must lie between ${EARLIEST_BIRTH} and today` }),
  );

const ResidentRow = z.strictObject({
  localIdSystem: LocalId.shape.system,
  localIdValue: LocalId.shape.value,
  name: Text(100),
  birthDate: BirthDate,
  sex: SexSchema,
  homeInstitutionId: Id,
  phone: Phone.optional(),
  channel: z.enum(patientChannels).optional(),
});
type ResidentRow = z.output<typeof ResidentRow>;

const sexes = codesByWords({
  male: { zh: '男', en: 'male' },
  female: { zh: '女', en: 'female' },
  other: { zh: '其他', en: 'other' },
  unknown: { zh: '未知', en: 'unknown' },
});
const channels = codesByWords({
  sms: { zh: '短信', en: 'text message' },
  phone: { zh: '电话', en: 'telephone call' },
  wechat: { zh: '微信', en: 'WeChat' },
  app: { zh: '应用', en: 'app' },
  paper: { zh: '信函', en: 'letter' },
});

const localIdOf = ({ localIdSystem: system, localIdValue: value }: ResidentRow) => ({ system, value });
const personOf = ({ name, birthDate, sex }: ResidentRow): string => JSON.stringify([name, birthDate, sex]);
const registered = { zh: '可能已有此人的档案，请单独登记', en: 'may be in the register already; register them one by one' };

/** What the file says otherwise; what it leaves out stays. */
const changesOf = (row: ResidentRow, before: StandingResident) => ({
  ...(row.name === before.name ? {} : { name: row.name }),
  ...(row.birthDate === before.birthDate ? {} : { birthDate: row.birthDate }),
  ...(row.sex === before.sex ? {} : { sex: row.sex }),
  ...(row.phone === undefined || row.phone === before.phone ? {} : { phone: row.phone }),
});

export const residentImport = defineImport<ResidentRow>({
  schema: ResidentRow,
  codes: { sex: sexes, channel: channels },
  async judge(trx, rows, { caller }) {
    const open = await listOpenInstitutions(trx, [...new Set(rows.map(({ homeInstitutionId }) => homeInstitutionId))]);
    const standing = await findByLocalIds(trx, rows.map(localIdOf));
    const resembling = await findResembling(
      trx,
      rows.map(({ phone = null, ...row }) => ({ ...row, phone })),
    );
    const [again, personAgain] = [repeated(rows, (row) => JSON.stringify(localIdOf(row))), repeated(rows, personOf)];
    return rows.map((row, place): Judgement => {
      const before = standing[place];
      if (again.has(row)) return refused('localIdValue', givenTwice);
      if (personAgain.has(row)) return refused('name', givenTwice);
      if (!open.has(row.homeInstitutionId)) return refused('homeInstitutionId', unknownInstitution);
      if (!caller.roles.includes('office') && row.homeInstitutionId !== caller.institutionId) return refused('homeInstitutionId', notYours);
      if (!before) return resembling.has(place) ? refused('name', registered) : judged('create');
      if (before.mergedInto !== null)
        return refused('localIdValue', { zh: '该档案已并入另一份', en: 'the record has become part of another one' });
      if (before.homeInstitutionId !== row.homeInstitutionId)
        return refused('homeInstitutionId', {
          zh: '该居民属于另一机构，迁移须另行登记',
          en: 'is a resident of another institution; a move is recorded apart',
        });
      const isChanged = Object.keys(changesOf(row, before)).length > 0 || (row.channel !== undefined && row.channel !== before.channel);
      return judged(isChanged ? 'change' : 'same', before);
    });
  },
  async apply(trx, rows, { actor, requestId }) {
    const now = new Date();
    const created = rows
      .filter(({ result }) => result === 'create')
      .map(({ phone = null, channel = channelOfPhone(phone), name, birthDate, sex, homeInstitutionId, ...row }) => ({
        ...{ id: uuid(), name, birthDate, sex, homeInstitutionId, phone, channel, teamId: null, contacts: [] },
        localIds: [{ system: row.localIdSystem, value: row.localIdValue }],
      }));
    await createResidents(trx, created, now);
    const changed = rows.filter(({ result }) => result === 'change');
    const standing = await findByLocalIds(trx, changed.map(localIdOf));
    for (const [place, row] of changed.entries()) {
      const known = standing[place];
      if (!known) continue;
      const before = await lockPatient(trx, known.id);
      await correctPatient(trx, before, changesOf(row, known), { actor, reason: '导入 / import' });
      if (row.channel !== undefined) await choosePatientChannel(trx, known.id, row.channel, undefined);
    }
    const entry = (action: 'patient.create' | 'patient.correct') => (id: string) => ({
      ...{ happenedAt: now, actor, institutionId: actor.institutionId, action, targetType: 'patient', targetId: id, patientId: id },
      ...{ outcome: 'done' as const, code: null, requestId },
    });
    const entries = [
      ...created.map(({ id }) => entry('patient.create')(id)),
      ...standing.flatMap((known) => (known ? [entry('patient.correct')(known.id)] : [])),
    ];
    for (let from = 0; from < entries.length; from += 1_000) await appendAudit(trx, ...entries.slice(from, from + 1_000));
  },
});
