/** What members of staff are told of their own account. No pathway sends it. */
import type { MessageTexts } from './wording.ts';

export const accountLockedTemplate = 'account-locked';

export const accountTexts: MessageTexts = {
  subject: { zh: '账号', en: 'Account' },
  staff: {
    [accountLockedTemplate]: {
      zh: { what: '连续登录失败，账号已锁定 15 分钟', todo: '在不是您本人操作时告知安全管理员' },
      en: {
        what: 'signing in has failed several times, so your account is locked for 15 minutes',
        todo: 'tell the security administrator if this was not you',
      },
    },
  },
  patient: {},
  otherNewsForPatient: {
    zh: { what: '您有新的消息', todo: '咨询您的家庭医生' },
    en: { what: 'there is news for you', todo: 'ask your family doctor' },
  },
  workOfClock: {},
};
