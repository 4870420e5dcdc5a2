/** docker-compose.yml as Docker reads it: merged, with the defaults of its ${VARIABLE:-default}s. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

export const root = resolve(import.meta.dirname, '../..');

export interface Service {
  image: string;
  build?: string;
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string>;
  secrets?: string[];
  volumes?: string[];
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  deploy?: { replicas: number };
  healthcheck?: { test: string[] };
  restart: string;
  read_only?: boolean;
  security_opt?: string[];
  tmpfs?: string[];
}

interface Compose {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  secrets: Record<string, { file: string }>;
}

function withDefaults(_key: unknown, value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\$\{\w+:-([^}]*)\}/g, (_, byDefault: string) => byDefault) : value;
}

export const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), withDefaults, { merge: true }) as Compose;
export const services = Object.entries(compose.services);
/** The services that run our image. */
export const ours = services.filter(([, { build }]) => build !== undefined);
