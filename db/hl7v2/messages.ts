/** Messages of other systems that were answered, their numbers for our referrals, and how they name patients and departments. */

import { v7 as uuid } from 'uuid';
import { isUuid, spellingsOfNumber } from '../../domain/kit/uuid.ts';
import { toColumns } from '../directory/directory.ts';
import type { Database } from '../kit/database.ts';

export interface MessageKey {
  accountId: string;
  sendingFacility: string;
  controlId: string;
}

export interface AnsweredMessage {
  contentHash: Buffer;
  acknowledgement: string;
}

export async function findAnsweredMessage(
  db: Database,
  { accountId, sendingFacility, controlId }: MessageKey,
): Promise<AnsweredMessage | undefined> {
  return db
    .selectFrom('hl7v2_message')
    .select(['content_hash as contentHash', 'acknowledgement'])
    .where('account_id', '=', accountId)
    .where('sending_facility', '=', toColumns(sendingFacility))
    .where('control_id', '=', toColumns(controlId))
    .executeTakeFirst();
}

/** Of two answers to one message at once the first is kept. Returns the one that is kept. */
export async function keepAnswer(db: Database, key: MessageKey, answer: AnsweredMessage): Promise<AnsweredMessage> {
  await db
    .insertInto('hl7v2_message')
    .values({
      account_id: key.accountId,
      sending_facility: key.sendingFacility,
      control_id: key.controlId,
      content_hash: answer.contentHash,
      acknowledgement: answer.acknowledgement,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return (await findAnsweredMessage(db, key)) ?? answer;
}

export interface ReferralNumber {
  authority: string;
  value: string;
}

/**
 * The id of the referral that has this number, or will have: whoever asks first chooses it, and everybody gets the same. A number whose referral was refused
 * its creation is free again, because its sender may mend what was wrong and send it anew.
 */
export async function referralIdForNumber(db: Database, { authority, value: written }: ReferralNumber): Promise<string> {
  const value = await findSpelling(db, { authority, value: written });
  await db
    .insertInto('referral_number')
    .values({ authority, value, referral_id: uuid() })
    .onConflict((conflict) =>
      conflict
        .columns(['authority', 'value'])
        .doUpdateSet((eb) => ({ referral_id: eb.ref('excluded.referral_id') }))
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom('pathway')
              .select('pathway.id')
              .whereRef('pathway.id', '=', 'referral_number.referral_id')
              .where('pathway.status', '=', 'ended')
              .where('pathway.version', '=', 0),
          ),
        ),
    )
    .execute();
  return (await findReferralId(db, { authority, value })) as string;
}

/** A number that is known in the other case goes on in that one. */
async function findSpelling(db: Database, { authority, value }: ReferralNumber): Promise<string> {
  if (!isUuid(value)) return value;
  const row = await db
    .selectFrom('referral_number')
    .select('value')
    .where('authority', '=', toColumns(authority))
    .where('value', 'in', spellingsOfNumber(value))
    .executeTakeFirst();
  return row?.value ?? value;
}

export async function findReferralId(db: Database, { authority, value }: ReferralNumber): Promise<string | undefined> {
  const row = await db
    .selectFrom('referral_number')
    .select('referral_id as referralId')
    .where('authority', '=', toColumns(authority))
    .where('value', 'in', spellingsOfNumber(toColumns(value)))
    .executeTakeFirst();
  return row?.referralId;
}

/** By which number another system knows a referral. */
export async function numberOfReferral(db: Database, referralId: string): Promise<ReferralNumber | undefined> {
  return db
    .selectFrom('referral_number')
    .select(['authority', 'value'])
    .where('referral_id', '=', referralId)
    .orderBy('recorded_at')
    .limit(1)
    .executeTakeFirst();
}

export async function findDepartmentByCode(db: Database, institutionId: string, code: string): Promise<string | null> {
  const row = await db
    .selectFrom('department')
    .select('id')
    .where('institution_id', '=', toColumns(institutionId))
    .where('code', '=', toColumns(code))
    .executeTakeFirst();
  return row?.id ?? null;
}
