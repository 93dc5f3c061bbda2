# Two stages: the first builds with everything, the second holds only what runs. The first runs on the builder's own
# platform, since its output is only JavaScript, the same for amd64 and arm64.
FROM --platform=$BUILDPLATFORM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npx tsc -p tsconfig.build.json \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/.package-lock.json
COPY package.json LICENSE /image/
COPY bin /image/bin
COPY resources /image/resources
# Platforms run the image as any user: everybody may read everything and only root may write, whatever the permissions
# in the checkout.
RUN mv node_modules dist /image/ && chmod -R u=rwX,go=rX /image

FROM node:24-slim
# No heap size is set: Node.js follows the container's memory limit by itself (a heap of up to 259 MB in 512 MB, 1,120
# MB in 2 GB), which leaves enough for buffers, and a read needs little of it however large an export is.
ENV NODE_ENV=production
WORKDIR /airbyte/integration_code
COPY --from=build --chown=root:root /image ./
USER node
ENV AIRBYTE_ENTRYPOINT="/airbyte/integration_code/bin/source-clari"
ENTRYPOINT ["/airbyte/integration_code/bin/source-clari"]
LABEL io.airbyte.name="ghcr.io/source-clari/source-clari" \
      io.airbyte.version="0.1.0" \
      org.opencontainers.image.title="source-clari" \
      org.opencontainers.image.description="Airbyte source connector for Clari" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/source-clari/source-clari" \
      org.opencontainers.image.documentation="https://github.com/source-clari/source-clari/blob/main/docs/clari.md"
