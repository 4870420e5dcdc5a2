/** Whom one can sign in as in a demonstration. */
import { z } from '@hono/zod-openapi';
import { listAccounts } from '../../db/directory/directory.ts';
import { demoPassword } from '../../db/directory/seed-demo-alliance.ts';
import { isRole } from '../../domain/alliance/roles.ts';
import { PostSchema } from '../directory/institutions.ts';
import { operation } from '../kit/operation.ts';

const DemoAccountSchema = z
  .strictObject({ username: z.string(), name: z.string(), password: z.string(), posts: z.array(PostSchema) })
  .openapi('DemoAccount');

export const listDemoAccounts = operation({
  id: 'listDemoAccounts',
  method: 'get',
  path: '/v1/demo/accounts',
  tag: 'demo',
  summary: '演示账号 / The accounts of the demonstration',
  demoOnly: true,
  answers: { 200: { description: 'By user name', schema: z.strictObject({ items: z.array(DemoAccountSchema) }) } },
  async handle({ deps }) {
    const accounts = await listAccounts(deps.db);
    return {
      status: 200,
      body: {
        items: accounts.map(({ username, name, posts }) => ({
          username,
          name,
          password: demoPassword,
          posts: posts.flatMap(({ role, ...post }) => (isRole(role) ? { ...post, role } : [])),
        })),
      },
    };
  },
});
