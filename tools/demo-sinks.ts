/** Receivers for a machine without an SMS gateway, a mail server and group robots. They take every message and drop it, and listen on the loopback address only. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export interface Sink {
  url: string;
  /** Breaks off open conversations and frees the port. */
  stop(): Promise<void>;
}

interface ReceivedSms {
  to: string;
  text: string;
  key: string;
}

/** What the receiver answers. `silence` means that the message is taken and no answer ever comes. */
export type SmsAnswer = { status: number; retryAfterSeconds?: number } | 'silence';

/** Starts an SMS gateway. Port 0 stands for a free one. */
export async function startSmsSink(receive: (sms: ReceivedSms) => SmsAnswer | Promise<SmsAnswer>, port = 0): Promise<Sink> {
  const answerSms = async (body: string): Promise<SmsAnswer> => {
    const sms: unknown = JSON.parse(body);
    return isSms(sms) ? await receive(sms) : { status: 422 };
  };
  const server = createServer((request, response) => {
    void text(request)
      .then(answerSms)
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
  /** The headers and the body as they came. */
  raw: string;
}

/** What the receiver answers: it accepts, gives an SMTP reply such as `451 4.3.0 later`, or takes the mail and never answers (`silence`). */
export type MailAnswer = 'accept' | 'silence' | { code: number; reply: string };

interface MailReceiver {
  receive(mail: ReceivedMail): MailAnswer | Promise<MailAnswer>;
  /** Returns the reply to an address that is not known here, or undefined to accept the address. By default every address is accepted. */
  refuse?(address: string): { code: number; reply: string } | undefined;
}

/** Starts a mail server without encryption and login. Port 0 stands for a free one. */
export async function startMailSink({ receive, refuse }: MailReceiver, port = 0): Promise<Sink> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    // Milliseconds that open conversations get when the server is stopped.
    closeTimeout: 1,
    onRcptTo({ address }, _session, callback) {
      const refused = refuse?.(address);
      callback(refused ? createSmtpError(refused) : null);
    },
    onData(stream, session, callback) {
      text(stream)
        .then((raw) => receive({ to: session.envelope.rcptTo[0]?.address ?? '', messageId: headerOf(raw, 'Message-ID'), raw }))
        .then(
          (answer) => {
            if (answer !== 'silence') callback(answer === 'accept' ? null : createSmtpError(answer));
          },
          () => callback(createSmtpError({ code: 451, reply: '4.3.0 later' })),
        );
    },
  });
  // A client that breaks off is no error of the receiver.
  server.on('error', () => {});
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

const createSmtpError = ({ code, reply }: { code: number; reply: string }): Error =>
  Object.assign(new Error(reply), { responseCode: code });

const headerOf = (raw: string, name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'im').exec(raw)?.[1] ?? '';

interface ReceivedWecom {
  /** The key of the robot. */
  robot: string;
  text: string;
  mentioned: string[];
  /** The deduplication key of the message, which carepath sends as a header. A real robot ignores it. */
  key: string;
}

/** What a robot answers: 200 with what happened in errcode, or another status. `silence` means that the message is taken and no answer ever comes. */
export type WecomAnswer = { errcode: number } | { status: number; retryAfterSeconds?: number } | 'silence';

const LONGEST_WECOM_BYTES = 2_048;

/** Starts WeCom's group robots. Port 0 stands for a free one. */
export async function startWecomSink(receive: (post: ReceivedWecom) => WecomAnswer | Promise<WecomAnswer>, port = 0): Promise<Sink> {
  const answerPost = async (request: IncomingMessage): Promise<WecomAnswer> => {
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
    void answerPost(request)
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

/** Starts all three receivers, for the settings CAREPATH_SMS_URL, CAREPATH_SMTP_URL and CAREPATH_WECOM_URL of a demonstration. */
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
