/** Sends calls and letters: the message becomes a task at the patient's centre, and whoever does the task says what came of it. */
import type { Database } from '../../db/kit/database.ts';
import { type Clock, databaseClock } from '../../db/messages/leased-message.ts';
import { openMessageTask } from '../../db/messages/open-task.ts';
import { type ByHand, channelsByHand } from '../../domain/messages/channels.ts';
import type { Sender } from './sender.ts';

const createTaskSender = (db: Database, channel: ByHand, clock: Clock): Sender => ({
  channel,
  byHand: true,
  async send({ id }) {
    const opened = await openMessageTask(db, { messageId: id, channel, now: clock() });
    return opened === 'opened' ? { result: 'in-hand' } : { result: 'undeliverable', detail: opened, fault: 'address' };
  },
});

export const createTaskSenders = (db: Database, clock: Clock = databaseClock): Sender[] =>
  channelsByHand.map((channel) => createTaskSender(db, channel, clock));
