/** Receivers for a machine without an SMS gateway and a mail server: they take every message and drop it. Loopback only. */
import { createServer } from 'node:http';
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

/** Both at once, for the settings CAREPATH_SMS_URL and CAREPATH_SMTP_URL of a demonstration. */
export async function startDemoSinks(): Promise<{ smsUrl: string; smtpUrl: string; stop(): Promise<void> }> {
  const [sms, mail] = await Promise.all([startSmsSink(() => ({ status: 202 })), startMailSink({ receive: () => 'accept' })]);
  return {
    smsUrl: sms.url,
    smtpUrl: mail.url,
    stop: async () => {
      await Promise.all([sms.stop(), mail.stop()]);
    },
  };
}
