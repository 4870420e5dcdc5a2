/** What whoever meets a problem can do next. It is the same for every code of a status, and says nothing that the problem's title says already. */

import type { ErrorStatus } from './errors.ts';
import type { Words } from './language.ts';

const waysOut: Readonly<Record<ErrorStatus, Words>> = {
  400: { zh: '请按接口说明改正请求后再发送。', en: 'Write the request as the contract has it and send it again.' },
  401: { zh: '登录成功后再发送同一请求。', en: 'The same request can be sent again after signing in.' },
  403: { zh: '请交由有此权限的岗位办理。', en: 'Somebody whose post allows it can do it.' },
  404: { zh: '请核对编号，以及当前登录的岗位。', en: 'Check the id, and by which post you are signed in.' },
  405: { zh: '可用的方法见响应头 Allow。', en: 'The header Allow names the methods that there are.' },
  406: { zh: '请在 Accept 中给出可用的媒体类型，或不给出。', en: 'Name a media type that is served in Accept, or none.' },
  409: { zh: '请重新读取当前状态，再决定如何办理。', en: 'Read how it stands now before deciding what to do.' },
  412: { zh: '请重新读取最新版本，核对后再提交。', en: 'Read the newest version, compare, and send it again.' },
  413: { zh: '请分成几次发送。', en: 'Send it in several parts.' },
  415: { zh: '可用的媒体类型见接口说明。', en: 'The contract names the media types that are taken.' },
  422: { zh: '请逐项改正后再提交。', en: 'Correct each of the places and send it again.' },
  423: { zh: '可再次登录的时间见响应头 Retry-After。', en: 'The header Retry-After says when signing in is possible again.' },
  429: { zh: '可再次发送的时间见响应头 Retry-After。', en: 'The header Retry-After says when to send it again.' },
  500: { zh: '请将 requestId 告知系统管理员。', en: 'Tell a system administrator the requestId.' },
  501: { zh: '请联系系统管理员。', en: 'Ask a system administrator.' },
  503: {
    zh: '稍后可用同一 Idempotency-Key 再次发送，不会重复执行。',
    en: 'Send it again later with the same Idempotency-Key; it is not done twice.',
  },
};

export const wayOutOf = (status: ErrorStatus): Words => waysOut[status];
