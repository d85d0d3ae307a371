# The ImageDoc server: `imagedoc serve` with the plugins for images, PDF, OCR and translation. How it is used: docs/deployment.md.

FROM node:24-slim AS build
WORKDIR /src
RUN npm install --global pnpm@12.21.0
# What is downloaded depends on the lockfile alone, so a change of the code downloads nothing.
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
RUN pnpm fetch
COPY . .
RUN pnpm install --frozen-lockfile --offline --filter imagedoc-workspace --filter "imagedoc..."
RUN pnpm --recursive --filter "imagedoc..." run build
RUN pnpm --filter imagedoc deploy --prod /app

FROM node:24-slim
LABEL org.opencontainers.image.title="ImageDoc" \
      org.opencontainers.image.description="The ImageDoc server: collections, documents, pipelines and runs" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8420 IMAGEDOC_DATA=/data
RUN mkdir -m 0700 /data && chown 1000:1000 /data
COPY --from=build /app /app
WORKDIR /app
# By number, so that an orchestrator sees that it is not root; the base image calls it "node".
USER 1000:1000
VOLUME /data
EXPOSE 8420
# The image has no curl.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Without a shell around it, so that the signal to stop reaches the server.
CMD ["node", "dist/bin.js", "serve"]
