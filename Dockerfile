# tutti over HTTP in a container:
#   docker build -t tutti .
#   docker run --init -v ./servers.json:/etc/tutti/servers.json:ro -e TUTTI_HTTP_TOKEN -p 8080:8080 tutti
# The user `node` (1000) has to be able to read servers.json. --init buries what servers leave behind.
# Servers that are started here need their programs here: build on it, and add what yours need (Python, uv, a browser).
FROM node:22-slim AS build
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
COPY src ./src
RUN npm ci --no-audit --no-fund --ignore-scripts \
  && npm run build \
  && chmod 755 dist/main.js \
  && npm prune --omit=dev --no-audit --no-fund

FROM node:22-slim
ENV NODE_ENV=production TUTTI_CONFIG=/etc/tutti/servers.json
WORKDIR /home/node
COPY --from=build --chown=root:root /build/package.json /opt/tutti/package.json
COPY --from=build --chown=root:root /build/node_modules /opt/tutti/node_modules
COPY --from=build --chown=root:root /build/dist /opt/tutti/dist
RUN ln -s /opt/tutti/dist/main.js /usr/local/bin/tutti
USER node
EXPOSE 8080
# Over stdio instead: docker run -i … tutti serve
ENTRYPOINT ["tutti"]
CMD ["serve", "--http", "0.0.0.0:8080"]
