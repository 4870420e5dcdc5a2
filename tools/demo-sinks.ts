/** Receivers for a machine without an SMS gateway, a mail server and group robots: they take every message and drop it. Loopback only. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface Sink {
  url: string;
  /** Breaks open conversations off and frees the port. */
  stop(): Promise<void>;
}

interface ReceivedSms {
  to: string;
  text: string;
  key: string;
}

/** 'silence': the message was taken, but no answer ever comes. */
export type SmsAnswer = { status: number; retryAfterSeconds?: number } | 'silence';

/** An SMS gateway. `port` 0: a free one. */
export async function startSmsSink(receive: (sms: ReceivedSms) => SmsAnswer | Promise<SmsAnswer>, port = 0): Promise<Sink> {
  const answer = async (body: string): Promise<SmsAnswer> => {
    const sms: unknown = JSON.parse(body);
    return isSms(sms) ? await receive(sms) : { status: 422 };
  };
  const server = createServer((request, response) => {
    void text(request)
      .then(answer)
      .catch((): SmsAnswer => ({ status: 400 }))
      .then((answered) => {
        if (answered === 'silence') return;
        if (answered.retryAfterSeconds !== undefined) response.setHeader('Retry-After', answered.retryAfterSeconds);
        response.writeHead(answered.status).end();
      });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isSms(body: unknown): body is ReceivedSms {
  if (typeof body !== 'object' || body === null) return false;
  const { to, text: content, key } = body as Record<string, unknown>;
  return [to, content, key].every((field) => typeof field === 'string' && field !== '');
}

interface ReceivedMail {
  to: string;
  messageId: string;
  /** headers and body as they came */
  raw: string;
}

/** 'accept', an SMTP reply such as `451 4.3.0 later`, or 'silence': the mail was taken, but no answer ever comes. */
export type MailAnswer = 'accept' | 'silence' | { code: number; reply: string };

interface MailReceiver {
  receive(mail: ReceivedMail): MailAnswer | Promise<MailAnswer>;
  /** The reply to an address that is not known here; undefined accepts it. Default: accepts every one. */
  refuse?(address: string): { code: number; reply: string } | undefined;
}

/** A mail server without encryption or login. `port` 0: a free one. */
export async function startMailSink({ receive, refuse }: MailReceiver, port = 0): Promise<Sink> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 1, // ms that open conversations get when it is stopped
    onRcptTo({ address }, _session, callback) {
      const refused = refuse?.(address);
      callback(refused ? smtpError(refused) : null);
    },
    onData(stream, session, callback) {
      text(stream)
        .then((raw) => receive({ to: session.envelope.rcptTo[0]?.address ?? '', messageId: headerOf(raw, 'Message-ID'), raw }))
        .then(
          (answer) => {
            if (answer !== 'silence') callback(answer === 'accept' ? null : smtpError(answer));
          },
          () => callback(smtpError({ code: 451, reply: '4.3.0 later' })),
        );
    },
  });
  server.on('error', () => {}); // a client that breaks off is none of the sink's business
  const listening = server.listen(port, '127.0.0.1');
  await new Promise<void>((resolve, reject) => {
    listening.once('listening', resolve);
    listening.once('error', reject);
  });
  return {
    url: `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

const smtpError = ({ code, reply }: { code: number; reply: string }): Error => Object.assign(new Error(reply), { responseCode: code });

const headerOf = (raw: string, name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'im').exec(raw)?.[1] ?? '';

interface ReceivedWecom {
  /** of the robot */
  robot: string;
  text: string;
  mentioned: string[];
  /** of the message; a real robot knows none */
  key: string;
}

/** A robot answers 200 whatever happens and says what did in errcode. 'silence': it was posted, but no answer ever comes. */
export type WecomAnswer = { errcode: number } | { status: number; retryAfterSeconds?: number } | 'silence';

const LONGEST_WECOM_BYTES = 2_048;

/** WeCom's group robots. `port` 0: a free one. */
export async function startWecomSink(receive: (post: ReceivedWecom) => WecomAnswer | Promise<WecomAnswer>, port = 0): Promise<Sink> {
  const answer = async (request: IncomingMessage): Promise<WecomAnswer> => {
    const robot = new URL(request.url ?? '', 'http://localhost').searchParams.get('key');
    const { msgtype, text: given } = JSON.parse(await text(request)) as { msgtype?: unknown; text?: Record<string, unknown> };
    if (!robot) return { errcode: 93000 };
    if (msgtype !== 'text') return { errcode: 40008 };
    const content = given?.content;
    if (typeof content !== 'string' || content === '') return { errcode: 44004 };
    if (Buffer.byteLength(content) > LONGEST_WECOM_BYTES) return { errcode: 40058 };
    const mentioned = Array.isArray(given?.mentioned_mobile_list) ? given.mentioned_mobile_list.map(String) : [];
    return receive({ robot, text: content, mentioned, key: decodeURI(String(request.headers['idempotency-key'] ?? '')) });
  };
  const server = createServer((request, response) => {
    void answer(request)
      .catch((): WecomAnswer => ({ errcode: 40058 }))
      .then((answered) => {
        if (answered === 'silence') return;
        if ('errcode' in answered) {
          response.setHeader('Content-Type', 'application/json');
          response.end(JSON.stringify({ errcode: answered.errcode, errmsg: answered.errcode === 0 ? 'ok' : 'refused' }));
          return;
        }
        if (answered.retryAfterSeconds !== undefined) response.setHeader('Retry-After', answered.retryAfterSeconds);
        response.writeHead(answered.status).end();
      });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/cgi-bin/webhook/send`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** All at once, for the settings CAREPATH_SMS_URL, CAREPATH_SMTP_URL and CAREPATH_WECOM_URL of a demonstration. */
export async function startDemoSinks(): Promise<{ smsUrl: string; smtpUrl: string; wecomUrl: string; stop(): Promise<void> }> {
  const [sms, mail, wecom] = await Promise.all([
    startSmsSink(() => ({ status: 202 })),
    startMailSink({ receive: () => 'accept' }),
    startWecomSink(() => ({ errcode: 0 })),
  ]);
  return {
    smsUrl: sms.url,
    smtpUrl: mail.url,
    wecomUrl: wecom.url,
    stop: async () => {
      await Promise.all([sms.stop(), mail.stop(), wecom.stop()]);
    },
  };
}
