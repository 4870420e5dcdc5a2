/** The Chinese words for a referral's codes, as papers and the register show them. A code that has no words here is shown as it is. */
import type { PastAppointment } from '../domain/referral/state.ts';
import { toShanghaiMinute } from '../domain/time/shanghai.ts';
import { createTranslation } from './words.ts';

export const toDirectionWords = createTranslation({ up: '上转', down: '下转' });
export const toUrgencyWords = createTranslation({ urgent: '紧急', 'same-day': '当日', routine: '常规' });

const toStatusWords = createTranslation({
  draft: '草稿（未发出）',
  received: '待接收',
  accepted: '已接收',
  'in-progress/5.1.1': '已预约就诊',
  'in-progress/5.1.2': '未到诊',
  'in-progress/5.1.3': '预约已取消',
  'in-progress/5.1.4': '诊疗中（已有阶段小结）',
  'in-progress/5.2': '已申请取消，待确认',
  completed: '已完成',
  rejected: '已拒绝',
  cancelled: '已取消',
});

/** Says why a referral stands as it does, or why a leg of it has ended. What a person wrote instead of a code stays as it is. */
export const toReasonWords = createTranslation({
  'no-answer': '超时无人答复',
  rerouted: '由医联体办公室改派',
  'referred-onward': '已转往其他机构',
  'patient-died': '患者死亡',
  'patient-moved': '患者迁居',
  'patient-admitted': '患者已在其他机构住院',
  'visit-in-error': '所依据的随访系误录',
  completed: '已完成',
  rejected: '已拒绝',
  cancelled: '已取消',
});

export const toAnswerWords = createTranslation({ 'send-acceptance': '接收', 'send-decline': '拒绝', 'refer-onward': '转往其他机构' });

/** A referral that nobody has answered stands as rejected, and is not called so: nobody has rejected it. */
export const toStateWords = (status: string, reason: string | null): string =>
  status === 'rejected' && reason === 'no-answer' ? '超时无人答复，已结束' : toStatusWords(status);

const toAppointmentEndWords = createTranslation({ kept: '已到诊', missed: '未到诊', cancelled: '预约已取消' });

/** Says what has become of an appointment. Instants are in milliseconds. */
export const toPastAppointmentWords = ({ startsAt, endsAt, end }: PastAppointment): string =>
  `${toAppointmentEndWords(end)}（${toShanghaiMinute(startsAt)} 至 ${toShanghaiMinute(endsAt)}）`;
