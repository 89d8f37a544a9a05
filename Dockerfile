# Builds the program, then keeps only what it needs to run: no compiler, no dev dependency, no package manager, no root.
# The version is that of the tests; a digest (--build-arg NODE_IMAGE=node@sha256:...) binds it to its bytes as well.
ARG NODE_IMAGE=node:26.10.0-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

# The voices, models and wasm of the embedded speech come with these packages.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
# Listening for others needs API_SECRET_KEY and TWILIO_AUTH_TOKEN, and Twilio needs PUBLIC_URL.
ENV HOST=0.0.0.0
WORKDIR /app
# What runs belongs to root and cannot be changed by the user; only data can be written.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* \
  && mkdir data && chown node:node data && chmod 700 data
COPY package.json LICENSE ./
COPY --from=packages /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# By number (node's own), so that an orchestrator can tell that it is not root.
USER 1000:1000
VOLUME /app/data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Node itself, not npm, so that it gets SIGTERM and lets live calls end.
CMD ["node", "dist/main.js"]
