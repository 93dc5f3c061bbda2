# Two stages: the first builds with everything, the second holds only what runs.
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npx tsc -p tsconfig.build.json \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/.package-lock.json

FROM node:24-slim
# No heap size is set: Node goes by the container's memory limit by itself (its heap may take 259 MB of 512 MB, 1,120 MB of 2 GB), which leaves
# enough for buffers, and a read needs little of it however large an export is.
ENV NODE_ENV=production
WORKDIR /airbyte/integration_code
COPY --from=build --chown=root:root /build/node_modules ./node_modules
COPY --from=build --chown=root:root /build/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin
COPY resources ./resources
USER node
ENV AIRBYTE_ENTRYPOINT="/airbyte/integration_code/bin/source-clari"
ENTRYPOINT ["/airbyte/integration_code/bin/source-clari"]
LABEL io.airbyte.name="airbyte/source-clari"
LABEL io.airbyte.version="0.1.0"
