/** What codes are called on paper, in Chinese. A code without words of its own is shown as it is. */

type Words = Readonly<Record<string, string>>;

/** A name that every object has is no word of ours. */
const saying = (words: Words) => (code: string) => (Object.hasOwn(words, code) ? (words[code] as string) : code);

export const directionWords = saying({ up: '上转', down: '下转' });
export const urgencyWords = saying({ urgent: '紧急', 'same-day': '当日', routine: '常规' });
export const sexWords = saying({ male: '男', female: '女', other: '其他', unknown: '未知' });

export const statusWords = saying({
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

/** Why a referral stands as it does, or a leg of it ended; a person's own words stay as they are. */
export const reasonWords = saying({
  'no-answer': '超时无人答复',
  rerouted: '由医联体办公室改派',
  'referred-onward': '已转往其他机构',
  'patient-died': '患者死亡',
  'patient-moved': '患者迁居',
  'patient-admitted': '患者已在其他机构住院',
  completed: '已完成',
  rejected: '已拒绝',
  cancelled: '已取消',
});

export const answerWords = saying({ 'send-acceptance': '接收', 'send-decline': '拒绝', 'refer-onward': '转往其他机构' });

/** What people read out on the telephone; the messages show the same. */
export const shortNumber = (id: string): string => id.slice(-8);
