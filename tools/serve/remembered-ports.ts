/** Remembers the ports of Postgres and Temporal, so that they stay the same from start to start where they can. Other programs may point at them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { choosePort } from '../ports.ts';
import { dataFolder } from '../setup/paths.mjs';
import { say } from '../setup/say.mjs';

const file = join(dataFolder, 'ports.json');

type PortName = 'postgres' | 'temporal';

/** Takes the port of the last start, else the usual one, else a free one; says so when it is not the first choice. */
export async function chooseRememberedPort(name: PortName, title: string, usual: number): Promise<number> {
  const ports = readPorts();
  const chosen = await chooseAnnouncedPort(title, [...new Set([ports[name] ?? usual, usual])]);
  writeFileSync(file, JSON.stringify({ ...ports, [name]: chosen }));
  return chosen;
}

/** Takes the first free one of the preferred ports, else any free one; says so when it is not the first. */
export async function chooseAnnouncedPort(title: string, preferred: number[], host?: string): Promise<number> {
  const chosen = await choosePort(preferred, host);
  if (preferred[0] && chosen !== preferred[0]) say(`Port ${preferred[0]} is in use: ${title} uses ${chosen}.`);
  return chosen;
}

function readPorts(): Partial<Record<PortName, number>> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<PortName, number>>;
  } catch {
    return {};
  }
}
