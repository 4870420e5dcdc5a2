/**
 * The pages of a patient's link in a real browser with scripts disabled, as wide as a small phone. With the folder CAREPATH_TEST_PAGES set, each is kept
 * there as a picture for a person to look at.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findSentCode, type LinkedEpisode, sendLinkAfterDischarge } from '../../support/builders/patient-links.ts';
import { type Service, startService } from '../../support/service/service.ts';

const executablePath = '/usr/bin/chromium';

let service: Service;
let server: ReturnType<typeof serve>;
let origin: string;
let browser: Browser;

beforeAll(async () => {
  await access(executablePath).catch(() => {
    throw new Error(`There is no ${executablePath}: install Debian's package chromium and run the test again.`);
  });
  service = await startService();
  origin = await new Promise((resolve) => {
    server = serve({ fetch: service.app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(`http://127.0.0.1:${port}`));
  });
  // A container has no user namespaces for the sandbox, and only our own pages are opened.
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await service?.stop();
});

const orders = [
  { kind: 'education', title: '每日称体重，记在本子上，带来给医生看' },
  { kind: 'medicine', title: '华法林', medicine: { dose: '1片qd', quantity: { value: 28, unit: '片' }, longTerm: true } },
  { kind: 'other', title: '复印病历' },
];

interface Phone {
  page: Page;
  /** What the browser complained of, what it asked of others, and answers that may be kept or tell where they came from. */
  faults: string[];
  look(name: string): Promise<void>;
}

/** A zoom of 200 % leaves half of the width, with letters as large as before on the glass. */
async function openPhone({ width, zoom }: { width: number; zoom: number }): Promise<Phone> {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    viewport: { width: width / zoom, height: 740 / zoom },
    deviceScaleFactor: zoom,
    locale: 'zh-CN',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => void faults.push(`console: ${message.type()}`));
  page.on('pageerror', () => void faults.push('page error'));
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin && !request.url().startsWith('data:')) faults.push(`asked elsewhere: ${request.url()}`);
    if (request.headers().referer !== undefined) faults.push('told a referrer');
  });
  page.on('response', (response) => {
    const { 'cache-control': cache, 'referrer-policy': referrer } = response.headers();
    if (cache !== 'no-store' || referrer !== 'no-referrer') faults.push(`headers: ${cache}, ${referrer}`);
  });
  return {
    page,
    faults,
    async look(name) {
      const { scrollWidth, clientWidth } = await measureRoot(page);
      expect([name, scrollWidth]).toEqual([name, clientWidth]);
      const folder = process.env.CAREPATH_TEST_PAGES;
      if (folder) await page.screenshot({ path: join(folder, `${name}-${width}-${zoom}.png`), fullPage: true });
    },
  };
}

/** The page's own scripts are disabled; the protocol of the browser measures all the same. */
async function measureRoot(page: Page): Promise<{ scrollWidth: number; clientWidth: number }> {
  const session = await page.context().newCDPSession(page);
  const { cssContentSize, cssLayoutViewport } = await session.send('Page.getLayoutMetrics');
  await session.detach();
  return { scrollWidth: cssContentSize.width, clientWidth: cssLayoutViewport.clientWidth };
}

async function signIn({ page, look }: Phone, { id, token }: LinkedEpisode): Promise<void> {
  await page.goto(`${origin}/l/${token}`);
  await look('sign-in');
  await page.getByRole('button', { name: '发送验证码' }).click();
  await page.getByRole('button', { name: '没收到，再发一次' }).waitFor();
  await look('code-sent');
  await page.getByLabel('短信里的 6 位数字').fill(await findSentCode(service, id));
  await page.getByLabel('哪一年出生').fill('1950');
  await page.getByRole('button', { name: '打开' }).click();
  await page.getByRole('heading', { name: '您好' }).waitFor();
}

/** Opens what is folded in and says it. */
const unfold = (page: Page, text: string) => page.locator('summary', { hasText: text }).first().click();

let phones = 0;

test.each([
  { width: 360, zoom: 1 },
  { width: 360, zoom: 2 },
])(
  '$width px wide at a zoom of $zoom: a code, done, stopped, call me, unwell, not me, without a script',
  { timeout: 180_000 },
  async (size) => {
    await service.db.deleteFrom('link_caller').execute();
    const episode = await sendLinkAfterDischarge(service, { phone: `1398765${String(++phones).padStart(4, '0')}`, orders });
    const phone = await openPhone(size);
    const { page, look, faults } = phone;
    await signIn(phone, episode);
    await look('orders');

    await page.getByRole('button', { name: '我已经做了' }).first().click();
    await page.locator('article.done').waitFor();
    await look('done');

    await unfold(page, '我停了，没有做');
    await page.locator('article details[open] label').first().click();
    await look('why-stopped');
    await page.locator('article details[open]').getByRole('button', { name: '告诉医生' }).click();
    await page.getByText('您已经告诉过我们。').waitFor();

    await page.getByRole('button', { name: '请给我打电话' }).click();
    await page.waitForURL(/said=called/);
    await look('called');

    await unfold(page, '我不舒服');
    await page.locator('label.pick', { has: page.locator('input[value=chest-pain]') }).click();
    await look('unwell');
    await page.getByRole('button', { name: '告诉护士' }).click();
    await page.getByRole('heading', { name: '请看这里' }).waitFor();
    await look('emergency');

    const { body } = await service.get('gp', `/v1/episodes/${episode.id}`);
    expect(body.orders[0]).toMatchObject({ outcome: 'done' });
    expect([body.conversations.length, body.triages[0].level]).toEqual([1, 'emergency']);

    await page.getByRole('link', { name: '返回' }).click();
    await unfold(page, '我不是本人');
    await page.getByRole('button', { name: '是的，发错人了' }).click();
    await page.getByRole('heading', { name: '谢谢您' }).waitFor();
    await look('not-me');
    expect(faults).toEqual([]);

    // A browser notes an answer of 404 in its console, so what was complained of is looked at before.
    await page.goto(`${origin}/l/${episode.token}`);
    await page.getByRole('heading', { name: '这个链接打不开了' }).waitFor();
    await look('over');
    await page.context().close();
  },
);
