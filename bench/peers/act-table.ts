/** The one table that every peer writes: a row a command. */
import pg from 'pg';

export const commandNames: readonly string[] = ['create', 'send-acceptance', 'schedule-visit', 'send-outcome', 'review-result'];

export const actTable = `create table if not exists act (
  pathway_id text not null, step integer not null, name text not null, at timestamptz not null default now(), primary key (pathway_id, step))`;

export function openActs(): { pool: pg.Pool; insertAct(id: string, step: number, name: string): Promise<void> } {
  const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL, max: 20 });
  return {
    pool,
    async insertAct(id, step, name) {
      await pool.query({
        name: 'insert-act',
        text: 'insert into act (pathway_id, step, name) values ($1, $2, $3) on conflict do nothing',
        values: [id, step, name],
      });
    },
  };
}
