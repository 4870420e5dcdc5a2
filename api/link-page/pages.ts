/** The pages of a link, made on the server and complete without any script. Everything that is put into them is escaped by the template. */
import { randomUUID } from 'node:crypto';
import { html, raw } from 'hono/html';
import { stopReasons } from '../../domain/discharge/order-reports.ts';
import { symptoms } from '../../domain/discharge/rules.ts';
import { toDateWords } from '../../domain/messages/date-words.ts';
import { startOf } from '../../domain/time/local-date.ts';
import type { LinkOrder, LinkOrders } from '../discharge/link-orders.ts';
import { style } from './style.ts';
import { type Notice, notices, reasonWords, stateWords, symptomWords } from './words.ts';

export type Page = ReturnType<typeof html>;

const layout = (title: string, content: Page): Page =>
  html`<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<link rel="icon" href="data:,"><style>${raw(style)}</style></head><body><main>${content}</main></body></html>`;

/** A form whose second sending changes nothing. */
const form = (action: string, content: Page): Page =>
  html`<form method="post" action="${action}" autocomplete="off"><input type="hidden" name="key" value="${randomUUID()}">${content}</form>`;

const noticeBox = (notice: Notice | undefined): Page | '' =>
  notice ? html`<section class="notice" role="status">${notices[notice]}</section>` : '';

/** For whoever has not shown yet who they are. */
export function signInPage(at: string, { notice, flaw }: { notice?: Notice | undefined; flaw?: string }): Page {
  return layout(
    '出院后安排',
    html`<h1>出院后安排</h1>${noticeBox(notice)}${flaw ? html`<section class="danger" role="alert">${flaw}</section>` : ''}
<section><h2>第一步</h2><p>点下面的按钮，我们把 6 位数字的验证码发到您收到这条短信的手机上。</p>
${form(`${at}/code`, html`<button${notice === 'sent' ? raw(' class="plain"') : ''}>${notice === 'sent' ? '没收到，再发一次' : '发送验证码'}</button>`)}</section>
<section><h2>第二步</h2>${form(
      `${at}/session`,
      html`<label for="code">短信里的 6 位数字</label><input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6" required>
<label for="year">出院的人哪一年出生（例如 1950）</label><input type="text" id="year" name="birthYear" inputmode="numeric" maxlength="4" required>
<button>打开</button>`,
    )}</section>${notMe(at)}`,
  );
}

/** It is told in two steps, because a touch by mistake would leave somebody without calls. */
const notMe = (at: string): Page =>
  html`<details><summary>我不是本人，发错人了</summary><section><p>如果您不认识出院的人，请告诉我们。我们不会再联系这个号码。</p>
${form(`${at}/not-me`, html`<button class="plain">是的，发错人了</button>`)}</section></details>`;

/** `awaited`: the ids of results that others wait for, of which the patient has nothing to do. */
export function ordersPage(
  at: string,
  { name, centre, items }: LinkOrders,
  { notice, awaited }: { notice: Notice | undefined; awaited: ReadonlySet<string> },
): Page {
  const [open, done] = [items.filter(({ state }) => state !== 'done'), items.filter(({ state }) => state === 'done')];
  return layout(
    '出院后安排',
    html`<h1>${name}，您好！这是您出院后要做的事</h1>${noticeBox(notice)}
<section><p>有问题，请打电话给${centre.name}：</p>${
      centre.phone ? html`<a class="button" href="tel:${centre.phone.replaceAll(/[^+\d]/g, '')}">☎ ${centre.phone}</a>` : ''
    }
${form(`${at}/call-me`, html`<button class="plain">请给我打电话</button>`)}</section>
${unwell(at)}
${open.length === 0 ? html`<section><p>现在没有要做的事。</p></section>` : ''}${open.map((item) => (awaited.has(item.id) ? awaitedArticle(item) : orderArticle(at, item)))}
${done.map((item) => html`<article class="done"><h2>${item.title}</h2><p class="state">${stateWords.done}</p></article>`)}
${notMe(at)}`,
  );
}

const awaitedArticle = ({ title, dueOn, place }: LinkOrder): Page =>
  html`<article><h2>${title}</h2><p>这项结果还没出来。出来后医院会告诉您，您不用做什么。</p>
${dueOn ? html`<p>预计：<b>${toDateWords(startOf(dueOn), 'zh')}</b></p>` : ''}<p>在哪里：${place}</p></article>`;

const orderArticle = (at: string, { id, title, dueOn, place, state, reported }: LinkOrder): Page =>
  html`<article class="${state}"><h2>${title}</h2><p class="state">${stateWords[state]}</p>
${dueOn ? html`<p>最晚：<b>${toDateWords(startOf(dueOn), 'zh')}</b></p>` : html`<p>日期还没定，医院会告诉您。</p>`}
<p>在哪里：${place}</p>${reported ? html`<p>您已经告诉过我们。</p>` : ''}
${form(`${at}/orders/${id}/done`, html`<button>我已经做了</button>`)}
<details><summary>我停了，没有做</summary>${form(
    `${at}/orders/${id}/stopped`,
    html`<p>为什么？</p>${stopReasons.map((reason) => html`<label class="pick"><input type="radio" name="reason" value="${reason}" required><span>${reasonWords[reason]}</span></label>`)}
<button>告诉医生</button>`,
  )}</details></article>`;

const unwell = (at: string): Page =>
  html`<section><p><b>胸口痛、喘不上气、晕倒、嘴歪手脚没力：请马上拨打</b></p><a class="button" href="tel:120">☎ 120</a>
<details><summary>我不舒服</summary>${form(
    `${at}/symptoms`,
    html`<p>哪里不舒服？可以选几个。</p>${symptoms.map((symptom) => html`<label class="pick"><input type="checkbox" name="symptom" value="${symptom}"><span>${symptomWords[symptom]}</span></label>`)}
<button>告诉护士</button>`,
  )}</details></section>`;

export const advicePage = (at: string, advice: string, isEmergency: boolean): Page =>
  layout(
    '出院后安排',
    html`<h1>请看这里</h1><section class="${isEmergency ? 'danger' : 'notice'}" role="alert"><p>${advice}</p></section>
${isEmergency ? html`<a class="button" href="tel:120">☎ 拨打 120</a>` : ''}<a class="button" href="${at}">返回</a>`,
  );

/** Something that ends here: the link is over, or it cannot be done now. `back`: where somebody may try again. */
export const plainPage = (title: string, text: string, back?: string): Page =>
  layout(
    title,
    html`<h1>${title}</h1><section><p>${text}</p></section>${back === undefined ? '' : html`<a class="button" href="${back}">返回</a>`}`,
  );
