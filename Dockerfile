# syntax=docker/dockerfile:1

# Built in one stage, run in another: the image has Node, the compiled program, its run-time packages and the example rules.
FROM node:20-bookworm-slim AS build
WORKDIR /sluice
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json rolldown.config.js vite.config.js ./
COPY src ./src
# The build runs one replay, and keeps what was compiled for it.
COPY rules ./rules
COPY captures/wireguard/two-messages.pcap ./captures/wireguard/
# The commit for the provenance of results: docker build --build-arg SLUICE_COMMIT=$(git rev-parse HEAD) .
ARG SLUICE_COMMIT
# Optional packages stay: libsql and argon2 have their compiled parts in them.
RUN npm run build && npm prune --omit=dev

FROM node:20-bookworm-slim
# For `run --interface`: the right to capture goes with tcpdump's file, so Sluice itself runs as an ordinary user without any. It
# takes effect where the container may have it, as by default: docker run --network host sluice run --interface eth0
# Podman and Buildah do not give it by default: --cap-add NET_RAW, or tcpdump may not even be started.
# The console of a container is served on the container's loopback: docker run --network host sluice console /captures
RUN apt-get update \
  && apt-get install -y --no-install-recommends tcpdump libcap2-bin \
  && setcap cap_net_raw=ep /usr/bin/tcpdump \
  && apt-get purge -y --auto-remove libcap2-bin \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /sluice
COPY --from=build /sluice/package.json ./
COPY --from=build /sluice/node_modules ./node_modules
COPY --from=build /sluice/dist ./dist
COPY rules ./rules
# Captures are mounted here, for example: docker run --rm -v "$PWD:/captures:ro" sluice replay /captures
VOLUME /captures
USER node
ENTRYPOINT ["node", "/sluice/dist/bin/sluice.js"]
CMD ["--help"]
