# The TypeScript sources run as they are: Node 24 strips the types. Nothing is transpiled.
FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev

# The workflows' bundle is built here, so that a worker starts at once and its folder can be read-only.
FROM packages AS bundle
COPY domain domain
COPY workflows workflows
COPY worker worker
ENV CAREPATH_CACHE_FOLDER=/app/.carepath/cache
RUN node worker/bundle-command.ts

FROM node:24.21.0-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production CAREPATH_CACHE_FOLDER=/app/.carepath/cache
COPY --from=packages /app/node_modules node_modules
COPY --from=bundle /app/.carepath/cache .carepath/cache
COPY package.json LICENSE ./
COPY platform platform
COPY db db
COPY protocols protocols
COPY domain domain
COPY workflows workflows
COPY activities activities
COPY interop interop
COPY documents documents
COPY api api
COPY worker worker
COPY tools/setup tools/setup
COPY tools/migrate.ts tools/migrate.ts
USER node
# Overridden by each service of docker-compose.yml.
CMD ["node", "api/main.ts"]
