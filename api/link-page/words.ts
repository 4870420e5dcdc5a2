/** The words of the pages of a link: plain Chinese, for somebody of seventy-five who has just come home from hospital. */
import type { StopReason } from '../../domain/discharge/order-reports.ts';
import type { Symptom } from '../../domain/discharge/rules.ts';
import type { LinkOrder } from '../discharge/link-orders.ts';

export const reasonWords: Readonly<Record<StopReason, string>> = {
  'side-effect': '吃了或用了不舒服',
  cost: '费用高',
  'feels-well': '觉得已经好了',
  'feels-worse': '觉得更不好了',
  'hard-to-get': '买不到或不方便去',
  forgot: '忘记了',
  other: '其他原因',
};

export const symptomWords: Readonly<Record<Symptom, string>> = {
  'chest-pain': '胸口痛、胸口闷',
  'breathless-at-rest': '坐着不动也喘不上气',
  syncope: '晕倒过',
  'altered-consciousness': '叫不醒、说胡话、人糊涂',
  'face-arm-speech': '嘴歪、手脚没力、说话不清',
  'heavy-bleeding': '出血很多',
  'low-glucose': '心慌、出冷汗、手抖（可能血糖低）',
  'weight-gain': '三天里重了4斤以上',
  oedema: '脚肿、腿肿',
  fever: '发烧',
  'wound-infection': '伤口红、肿、流脓',
  'leg-swelling': '一条腿肿、痛',
  'severe-pain': '痛得厉害',
  vomiting: '呕吐',
  palpitations: '心跳很快、很乱',
  'breathless-on-exertion': '走几步就喘',
  other: '别的不舒服',
};

export const stateWords: Readonly<Record<LinkOrder['state'], string>> = {
  waiting: '还没到时间',
  open: '现在可以办',
  late: '日期已过，请尽快',
  done: '✓ 已完成',
};

/** What is said on the next page about what was just sent. */
export const notices = {
  sent: '验证码已用短信发送，请查看手机短信。10 分钟内有效。',
  done: '已收到，谢谢您告诉我们。',
  stopped: '已收到。医生会打电话和您商量，请先不要自己改药。',
  called: '已收到。护士会在下一个工作日结束前给您打电话。',
} as const;
export type Notice = keyof typeof notices;
export const isNotice = (text: string | undefined): text is Notice => text !== undefined && Object.hasOwn(notices, text);
