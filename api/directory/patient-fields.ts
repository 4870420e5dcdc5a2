/** The fields of a resident's record as callers write them, and what is checked of them beyond their form. */
import { z } from '@hono/zod-openapi';
import type { Words } from '../../domain/kit/errors.ts';
import { findIdentityFlaw, type IdentityFlaw, toIdentityNumber } from '../../domain/residents/identity-number.ts';
import { isTelephone } from '../../domain/residents/telephone.ts';
import { localDateOf } from '../../domain/time/local-date.ts';
import { toMessage } from '../kit/field-words.ts';
import { invalidRequestProblem } from '../kit/problem.ts';
import { Text } from '../kit/schemas.ts';

const EARLIEST_BIRTH = '1900-01-01';

/** A telephone number is kept as it is written; what it is compared by is made of it. */
export const Phone = Text(50)
  .refine(isTelephone, toMessage({ zh: '须为手机号，或带区号的固定电话', en: 'a mobile number, or a landline with its area code' }))
  .openapi({ example: '13800000000' });

export const IdentityNumber = Text(40)
  .transform(toIdentityNumber)
  .openapi({ type: 'string', example: '11010519491231002X', description: '15 or 18 characters, kept in upper case' });

export const ContactBody = z.strictObject({ name: Text(100), relation: Text(50), phone: Phone });
export const LocalId = z.strictObject({ system: Text(200), value: Text(100) });

/** Throws Problem 422. */
export function checkBirth(date: string): void {
  if (date < EARLIEST_BIRTH)
    throw invalidRequestProblem('birthDate', { zh: `早于 ${EARLIEST_BIRTH}`, en: `lies before ${EARLIEST_BIRTH}` });
  if (date > localDateOf(Date.now())) throw invalidRequestProblem('birthDate', { zh: '在将来', en: 'lies in the future' });
}

const flawWords: Record<IdentityFlaw, Words> = {
  form: { zh: '须为 15 位或 18 位的居民身份证号', en: 'an identity number of 15 digits or 18 characters' },
  'check-digit': { zh: '身份证号的校验码不正确', en: 'the check digit is wrong' },
  'birth-date': { zh: '身份证号中的出生日期与 birthDate 不一致', en: 'says another date of birth than birthDate' },
  sex: { zh: '身份证号中的性别与 sex 不一致', en: 'says another sex than sex' },
};

/** Throws Problem 422 at `identityNumber`, also when it is the birth date or the sex that has changed. */
export function checkIdentity(
  identityNumber: string | null,
  { birthDate, sex }: { birthDate: string; sex: 'male' | 'female' | 'other' | 'unknown' },
): void {
  const flaw = identityNumber === null ? undefined : findIdentityFlaw(identityNumber, { birthDate, sex });
  if (flaw) throw invalidRequestProblem('identityNumber', flawWords[flaw]);
}
