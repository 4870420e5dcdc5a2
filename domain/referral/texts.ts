/** The words of a referral that people read: its messages and the lines of its timeline. */
import type { MessageTexts, PathwayTexts } from '../messages/wording.ts';
import type { ReferralLine } from './events.ts';
import type { ReferralTaskName } from './tasks.ts';

/** Who loses an appointment within three days has to hear of it today: by then other plans have been made for it. */
const CANCELLATION_NEAR_SECONDS = 3 * 86_400;

const messages = {
  subject: { zh: '转诊', en: 'Referral' },
  staff: {
    'referral-received': {
      zh: { what: '收到新的转诊', todo: '登录系统答复（接收或拒绝）' },
      en: { what: 'a new referral has arrived', todo: 'sign in and accept or decline it' },
    },
    'referral-accepted': {
      zh: { what: '转诊已被接收' },
      en: { what: 'the referral has been accepted' },
    },
    'referral-declined': {
      zh: { what: '转诊被拒绝', todo: '查看原因，另行安排患者就诊' },
      en: { what: 'the referral has been declined', todo: 'read the reason and arrange other care' },
    },
    'referral-withdrawn': {
      zh: { what: '转诊已撤回，无需再处理' },
      en: { what: 'the referral has been withdrawn; nothing is left to do' },
    },
    'visit-in-error': {
      zh: { what: '转诊所依据的一次随访系误录，转诊继续有效', todo: '登录系统查看，必要时重新评估' },
      en: {
        what: 'a visit behind the referral was entered in error; the referral goes on',
        todo: 'sign in, read why and look at it again',
      },
    },
    'referral-cancelled': {
      zh: { what: '转诊已取消，无需再处理' },
      en: { what: 'the referral has been cancelled; nothing is left to do' },
    },
    'referral-rerouted': {
      zh: { what: '原机构未答复，转诊已转交下一家机构' },
      en: { what: 'nobody answered, so the referral went on to the next institution' },
    },
    'referred-onward': {
      zh: { what: '接收机构已将转诊转往另一家机构' },
      en: { what: 'the recipient has referred onward to another institution' },
    },
    'referral-expired': {
      zh: { what: '各机构均未答复，转诊已结束', todo: '另行安排患者就诊并确认' },
      en: { what: 'no institution answered and the referral has ended', todo: 'arrange other care and confirm' },
    },
    'referral-reopened': {
      zh: { what: '转诊已重新开启', todo: '登录系统处理' },
      en: { what: 'the referral has been reopened', todo: 'sign in and deal with it' },
    },
    'information-requested': {
      zh: { what: '接收方需要补充信息', todo: '登录系统答复' },
      en: { what: 'the recipient needs more information', todo: 'sign in and answer' },
    },
    'information-answered': {
      zh: { what: '补充信息已答复', todo: '继续处理转诊' },
      en: { what: 'the question has been answered', todo: 'go on with the referral' },
    },
    'visit-scheduled': {
      zh: { what: '已预约就诊', todo: '通知患者' },
      en: { what: 'a visit has been scheduled', todo: 'tell the patient' },
    },
    'visit-rescheduled': {
      zh: { what: '就诊时间已更改', todo: '通知患者' },
      en: { what: 'the visit has been moved', todo: 'tell the patient' },
    },
    'no-show': {
      zh: { what: '患者未按预约就诊', todo: '联系患者' },
      en: { what: 'the patient did not come to the visit', todo: 'contact the patient' },
    },
    'appointment-cancelled': {
      zh: { what: '预约已取消', todo: '关注新的预约' },
      en: { what: 'the appointment has been cancelled', todo: 'look out for a new one' },
    },
    'slot-withdrawn': {
      zh: { what: '号源停用，预约已取消', todo: '与患者商定新的就诊时间' },
      en: { what: 'the slot was withdrawn and the appointment is cancelled', todo: 'agree on a new time with the patient' },
    },
    'interim-note': {
      zh: { what: '收到阶段小结', todo: '登录系统查看' },
      en: { what: 'there is an interim note', todo: 'sign in and read it' },
    },
    'outcome-sent': {
      zh: { what: '诊疗结果已回传', todo: '登录系统查看并确认' },
      en: { what: 'the outcome is there', todo: 'sign in, read and review it' },
    },
    'cancellation-requested': {
      zh: { what: '转出方申请取消转诊', todo: '确认取消或回传结果' },
      en: { what: 'the initiator asks to cancel the referral', todo: 'confirm or send the outcome' },
    },
    'cancellation-confirmed': {
      zh: { what: '转诊取消已确认' },
      en: { what: 'the cancellation has been confirmed' },
    },
    'call-repeat': {
      zh: { what: '紧急转诊仍无人答复', todo: '立即答复' },
      en: { what: 'an emergency referral is still unanswered', todo: 'answer at once' },
    },
    'check-due': {
      zh: { what: '到了核查转诊结果的时间', todo: '联系患者并填写核查结果' },
      en: { what: 'it is time to check what became of the referral', todo: 'contact the patient and record the answer' },
    },
    'consent-missing': {
      zh: { what: '尚未登记知情同意', todo: '补录知情同意' },
      en: { what: 'consent has not been recorded yet', todo: 'record it' },
    },
  },
  patient: {
    'referral-received': {
      sending: 'with-others',
      duties: ['place', 'contact'],
      zh: '[【{centre}】]您好，为您办理的转诊申请已发往[{place}|接收机构][（{address}）][，电话{telephone}]。目前请不要前往，时间确定后会再通知您。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, your referral has been sent to [{place}|the hospital][ ({address})][, telephone {telephone}]. Please do not go there yet: we will tell you when to come. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
      inBundle: {
        zh: '转诊申请已发往[{place}|接收机构][（{address}）][，电话{telephone}]，时间另行通知，请先不要前往。',
        en: 'Your referral has been sent to [{place}|the hospital][ ({address})][, telephone {telephone}]; please wait until we tell you when to come.',
      },
    },
    'referral-emergency': {
      sending: 'at-once',
      duties: ['place', 'contact', 'emergency-number'],
      zh: '[【{centre}】]您好，请您现在就去[{place}|最近的医院]急诊[（{address}）][，电话{telephone}]，那里已收到您的资料。如感觉加重或无法自行前往，请立即拨打120。请带上身份证和正在吃的药。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, please go now to the emergency room of [{place}|the nearest hospital][ ({address})][, telephone {telephone}]; they know that you are coming. If you feel worse or cannot get there, call 120 at once. Please bring your identity card and the medicines you take. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
    },
    'referral-accepted': {
      sending: 'at-once',
      duties: ['place', 'contact'],
      zh: '[【{centre}】]您好，[{place}|接收机构][（{address}）][，电话{telephone}]已同意接收您的转诊。时间确定后会再通知您，目前请不要前往。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, [{place}|the hospital][ ({address})][, telephone {telephone}] has accepted your referral. We will tell you when to come; please do not go there yet. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
    },
    'visit-scheduled': {
      sending: 'at-once',
      duties: ['place', 'date', 'contact'],
      zh: '[【{centre}】]您好，已为您约好就诊时间[：{date}][，地点：{place}][（{address}）][，电话{telephone}]。请提前15分钟到服务台报到，带上身份证、社保卡、正在吃的药和近期的检查报告。如不能前来，[请尽早致电{contact}改约|请尽早联系您的家庭医生改约]。[编号{number}]',
      en: '[{centre}: ]Hello, an appointment has been made for you[: {date}][, at {place}][ ({address})][, telephone {telephone}]. Please be at the reception 15 minutes before, with your identity and insurance cards, medicines and recent reports. If you cannot come, [please call {contact} soon|please ask your family doctor soon] for another time.[ No. {number}]',
    },
    'visit-rescheduled': {
      sending: 'at-once',
      duties: ['place', 'date', 'contact'],
      zh: '[【{centre}】]您好，您的就诊时间已更改[为：{date}][，地点：{place}][（{address}）][，电话{telephone}]，原来的时间请不要前往。请提前15分钟到服务台报到，带上身份证、社保卡、正在吃的药和近期的检查报告。如不能前来，[请尽早致电{contact}改约|请尽早联系您的家庭医生改约]。[编号{number}]',
      en: '[{centre}: ]Hello, your appointment has been moved[ to {date}][, at {place}][ ({address})][, telephone {telephone}]; not at the old time. Please be at the reception 15 minutes before, with your identity and insurance cards, medicines and recent reports. If you cannot come, [please call {contact} soon|please ask your family doctor soon] for another time.[ No. {number}]',
    },
    'visit-reminder': {
      sending: 'with-others',
      duties: ['place', 'date', 'contact'],
      zh: '[【{centre}】]您好，提醒您按约就诊[：{date}][，地点：{place}][（{address}）][，电话{telephone}]。请提前15分钟到服务台报到，带上身份证、社保卡、正在吃的药和近期的检查报告。如不能前来，[请尽早致电{contact}改约|请尽早联系您的家庭医生改约]。[编号{number}]',
      en: '[{centre}: ]Hello, a reminder of your appointment[: {date}][, at {place}][ ({address})][, telephone {telephone}]. Please be at the reception 15 minutes before, with your identity and insurance cards, medicines and recent reports. If you cannot come, [please call {contact} soon|please ask your family doctor soon] for another time.[ No. {number}]',
      inBundle: {
        zh: '提醒您按约就诊[：{date}][，{place}][（{address}）][，电话{telephone}]，请提前15分钟报到，带身份证、社保卡、正在吃的药和近期报告。',
        en: 'A reminder of your appointment[: {date}][, {place}][ ({address})][, telephone {telephone}]. Please come 15 minutes early, with identity and insurance cards, medicines and recent reports.',
      },
    },
    'no-show': {
      sending: 'with-others',
      duties: ['contact'],
      zh: '[【{centre}】]您好，我们没能在约好的时间见到您，也许您临时有事。我们很愿意为您重新约时间，[请致电{contact}|请联系您的家庭医生]。如感到不适请及时就医，情况紧急请拨打120。[编号{number}]',
      en: '[{centre}: ]Hello, we did not meet you at the time of your appointment; something may have come up. We are glad to find another time: [please call {contact}|please ask your family doctor]. If you feel unwell please see a doctor; in an emergency call 120.[ No. {number}]',
      inBundle: {
        zh: '我们没能在约好的时间见到您，很愿意为您重新约时间。如感到不适请及时就医，情况紧急请拨打120。',
        en: 'We did not meet you at the time of your appointment and are glad to find another one. If you feel unwell please see a doctor; in an emergency call 120.',
      },
    },
    'appointment-cancelled': {
      sending: 'with-others',
      atOnceBeforeSeconds: CANCELLATION_NEAR_SECONDS,
      duties: ['date', 'contact'],
      zh: '[【{centre}】]您好，您的就诊预约[（{date}）][（{place}）]已取消，请不要前往，给您带来不便请谅解。如有新的时间会再通知您。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, your appointment[ of {date}][ at {place}] has been cancelled: please do not come. We are sorry for the trouble, and will tell you of any new time. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
      inBundle: {
        zh: '您的就诊预约[（{date}）][（{place}）]已取消，请不要前往，给您带来不便请谅解。如有新的时间会再通知您。',
        en: 'Your appointment[ of {date}][ at {place}] has been cancelled: please do not come. We are sorry for the trouble, and will tell you of any new time.',
      },
    },
    'referral-rerouted': {
      sending: 'with-others',
      duties: ['place', 'contact'],
      zh: '[【{centre}】]您好，您的转诊申请已改由[{place}|另一家机构][（{address}）][，电话{telephone}]办理，让您久等了。目前请不要前往，时间确定后会再通知您。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, your referral has gone on to [{place}|another hospital][ ({address})][, telephone {telephone}]; we are sorry that it took so long. Please do not go there yet: we will tell you when to come. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
      inBundle: {
        zh: '转诊申请已改由[{place}|另一家机构][（{address}）][，电话{telephone}]办理，让您久等了。时间另行通知，请先不要前往。',
        en: 'Your referral has gone on to [{place}|another hospital][ ({address})][, telephone {telephone}]; we are sorry for the wait. Please do not go there until we tell you when.',
      },
    },
    'referred-onward': {
      sending: 'with-others',
      duties: ['place', 'contact'],
      zh: '[【{centre}】]您好，原接收机构已将您的转诊申请转往[{place}|另一家机构][（{address}）][，电话{telephone}]。目前请不要前往，时间确定后会再通知您。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, your referral has been passed on to [{place}|another hospital][ ({address})][, telephone {telephone}]. Please do not go there yet: we will tell you when to come. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
      inBundle: {
        zh: '转诊申请已由原接收机构转往[{place}|另一家机构][（{address}）][，电话{telephone}]，时间另行通知，请先不要前往。',
        en: 'Your referral has been passed on to [{place}|another hospital][ ({address})][, telephone {telephone}]. Please do not go there until we tell you when.',
      },
    },
    'referral-declined': {
      sending: 'at-once',
      duties: ['contact'],
      zh: '[【{centre}】]您好，您的转诊申请这次没有安排成功，您的家庭医生会为您另行安排并与您联系。如感觉加重，请及时就医，情况紧急请拨打120。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, your referral could not be arranged this time. Your family doctor will arrange other care and call you. If you feel worse please see a doctor; in an emergency call 120. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
    },
    'referral-expired': {
      sending: 'at-once',
      duties: ['contact'],
      zh: '[【{centre}】]您好，您的转诊申请还没有得到答复，让您久等了。您的家庭医生会为您另行安排并与您联系。如感觉加重，请及时就医，情况紧急请拨打120。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, your referral has not been answered; we are sorry for the wait. Your family doctor will arrange other care and call you. If you feel worse please see a doctor; in an emergency call 120. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
    },
    'referral-cancelled': {
      sending: 'at-once',
      duties: ['contact'],
      zh: '[【{centre}】]您好，您的转诊申请[（{place}）]已取消，请不要前往。有疑问[请致电{contact}|请联系您的家庭医生]。[编号{number}]',
      en: '[{centre}: ]Hello, your referral[ to {place}] has been cancelled: please do not go there. With any question, [please call {contact}|please ask your family doctor].[ No. {number}]',
    },
    'slot-withdrawn': {
      sending: 'with-others',
      atOnceBeforeSeconds: CANCELLATION_NEAR_SECONDS,
      duties: ['date', 'contact'],
      zh: '[【{centre}】]您好，因出诊安排有变，您的就诊预约[（{date}）][（{place}）]已取消，请不要前往，给您带来不便请谅解。新的时间[请致电{contact}商定|请与您的家庭医生商定]。[编号{number}]',
      en: '[{centre}: ]Hello, because of a change of the clinic hours your appointment[ of {date}][ at {place}] has been cancelled: please do not come. We are sorry for the trouble. For a new time, [please call {contact}|please ask your family doctor].[ No. {number}]',
      inBundle: {
        zh: '因出诊安排有变，您的就诊预约[（{date}）][（{place}）]已取消，请不要前往，给您带来不便请谅解，新的时间请与我们商定。',
        en: 'Because of a change of the clinic hours your appointment[ of {date}][ at {place}] has been cancelled: please do not come. We are sorry for the trouble and will find another time with you.',
      },
    },
  },
  otherNewsForPatient: {
    zh: { what: '您的转诊有新的进展', todo: '咨询您的家庭医生' },
    en: { what: 'there is news about your referral', todo: 'ask your family doctor' },
  },
  firstCall: {
    zh: { what: '紧急转诊等待答复（绿色通道）', todo: '立即答复' },
    en: { what: 'an emergency referral is waiting (green channel)', todo: 'answer at once' },
  },
  workOfClock: {
    draft: { zh: '发出或撤回转诊', en: 'send or withdraw the referral' },
    received: { zh: '答复（接收或拒绝）', en: 'accept or decline the referral' },
    accepted: { zh: '安排就诊或回传结果', en: 'schedule a visit or send the outcome' },
    appointment: { zh: '回传结果或登记未到诊', en: 'send the outcome or report that the patient did not come' },
    'no-show': { zh: '重新预约或结束转诊', en: 'schedule another visit or end the referral' },
    'appointment-cancelled': { zh: '重新预约', en: 'schedule another visit' },
    'interim-note': { zh: '回传结果或新的小结', en: 'send the outcome or another note' },
    'cancellation-requested': { zh: '确认取消或回传结果', en: 'confirm the cancellation or send the outcome' },
    review: { zh: '查看并确认结果', en: 'review the result' },
    check: { zh: '填写核查结果', en: 'record the answer of the check' },
    consent: { zh: '补录知情同意', en: 'record the consent' },
  },
} as const satisfies MessageTexts;

export type ReferralTemplate = keyof (typeof messages)['staff'] | keyof (typeof messages)['patient'];

export const referralTexts = {
  messages,
  events: {
    create: { zh: '建立', en: 'created' },
    'edit-draft': { zh: '修改草稿', en: 'draft changed' },
    'send-referral-package': { zh: '发出转诊', en: 'referral sent' },
    'send-acceptance': { zh: '接收转诊', en: 'referral accepted' },
    'send-decline': { zh: '拒绝转诊', en: 'referral declined' },
    'request-cancellation': { zh: '申请取消', en: 'cancellation asked for' },
    'schedule-visit': { zh: '预约就诊', en: 'visit scheduled' },
    'send-interim-note': { zh: '发送进展', en: 'interim note sent' },
    'send-outcome': { zh: '回传结果', en: 'outcome sent' },
    'reschedule-visit': { zh: '改约', en: 'visit rescheduled' },
    'report-no-show': { zh: '登记未到诊', en: 'no-show reported' },
    'cancel-appointment': { zh: '取消预约', en: 'appointment cancelled' },
    'confirm-cancellation': { zh: '确认取消', en: 'cancellation confirmed' },
    withdraw: { zh: '撤回', en: 'withdrawn' },
    'review-result': { zh: '审阅结果', en: 'result reviewed' },
    'answer-check': { zh: '完成两周追踪', en: 'two-week check answered' },
    'record-consent': { zh: '补录知情同意', en: 'consent recorded' },
    'refer-onward': { zh: '转至其他机构', en: 'referred onward' },
    'request-information': { zh: '请求补充信息', en: 'information asked for' },
    'answer-information': { zh: '补充信息', en: 'information given' },
    reopen: { zh: '重新开启', en: 'reopened' },
    reroute: { zh: '改派其他机构', en: 'sent on to another institution' },
    'patient-died': { zh: '患者死亡', en: 'the patient has died' },
    'death-retracted': { zh: '撤回误报的死亡', en: 'the death was told wrongly and is taken back' },
    'patient-moved': { zh: '患者迁居', en: 'the patient has moved' },
    'patient-admitted': { zh: '患者已住院', en: 'the patient was admitted' },
    'merger-retracted': { zh: '撤回错误的档案合并', en: 'the records were merged wrongly and are two again' },
    'patients-merged': { zh: '患者档案合并', en: 'two records of the patient were merged' },
    'visit-entered-in-error': { zh: '所依据的随访系误录', en: 'the visit behind it was entered in error' },
    'call-repeat': { zh: '再次呼叫', en: 'called again' },
    expire: { zh: '无人应答，终止', en: 'ended, nobody answered' },
    'check-due': { zh: '两周追踪到期', en: 'two-week check due' },
  } satisfies Record<ReferralLine, unknown>,
  tasks: {
    'send-referral': { zh: '发出转诊', en: 'Send the referral' },
    'answer-referral': { zh: '答复转诊', en: 'Answer the referral' },
    'arrange-visit': { zh: '安排就诊', en: 'Arrange the visit' },
    'record-visit': { zh: '登记就诊结果', en: 'Record what came of the visit' },
    'follow-up-no-show': { zh: '处理未到诊', en: 'Follow up who did not come' },
    'rebook-visit': { zh: '重新预约就诊', en: 'Book another visit' },
    'finish-referral': { zh: '回传结果，结束转诊', en: 'Finish the referral' },
    'answer-cancellation': { zh: '答复取消申请', en: 'Answer the request to cancel' },
    'review-result': { zh: '审阅转诊结果', en: 'Review the result' },
    'answer-information': { zh: '补充信息', en: 'Give the information asked for' },
    'first-follow-up': { zh: '首次随访', en: 'First follow-up after hospital' },
    'check-referral': { zh: '转诊两周追踪', en: 'Find out what became of the referral' },
    'record-consent': { zh: '补录知情同意', en: 'Record the consent' },
  } satisfies Record<ReferralTaskName, unknown>,
} as const satisfies PathwayTexts;
