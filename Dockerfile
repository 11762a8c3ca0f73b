# worker: tidings-worker and tidings with only the libraries they use.
# sandbox: the same, plus the stand-ins of the providers and the demo; for development only.
FROM debian:bookworm-slim AS build
WORKDIR /src
COPY scripts/setup scripts/setup
RUN apt-get update && scripts/setup build && apt-get clean && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY common common
COPY workers workers
# The compiler's cache outlives the layer, so a change compiles what it touched.
RUN --mount=type=cache,target=/root/.cache/ccache cmake --preset release -DBUILD_TESTING=OFF \
 && cmake --build --preset release --target tidings-worker tidings \
 && mkdir /out && cp build/release/workers/worker/tidings-worker build/release/workers/tidings/tidings /out \
 && ! grep -q tidings-crash-point /out/* \
 && strip /out/*
# The packages the programs' libraries come from are the packages the next stage installs.
RUN ldd /out/* | awk '$3 ~ "^/" { print $3 }' | sort -u | xargs -n 1 realpath | sort -u \
  | sed 's|^/usr||' | xargs -I{} sh -c 'dpkg-query -S "*{}" | head -n 1' | cut -d: -f1 | sort -u >/out/packages

FROM debian:bookworm-slim AS worker
# libwebsockets loads its libuv part by name.
COPY --from=build /out/packages /tmp/packages
RUN apt-get update \
 && xargs apt-get install -y --no-install-recommends ca-certificates tzdata libwebsockets-evlib-uv </tmp/packages \
 && apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/packages \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tidings
COPY --from=build /out/tidings-worker /out/tidings /usr/local/lib/tidings/
COPY config/compose/entrypoint config/compose/healthcheck /usr/local/lib/tidings/
RUN ln -s ../lib/tidings/entrypoint /usr/local/bin/tidings && ln -s ../lib/tidings/entrypoint /usr/local/bin/tidings-worker
COPY config/tidings.yaml /etc/tidings/config/tidings.yaml
COPY templates /etc/tidings/templates
ENV TIDINGS_CONFIG=/etc/tidings/config/tidings.yaml TIDINGS_HTTP_LISTEN=0.0.0.0:9464 TIDINGS_LOG_FORMAT=json
USER 10001:10001
EXPOSE 9464
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/lib/tidings/healthcheck"]
ENTRYPOINT ["/usr/local/lib/tidings/entrypoint"]
CMD ["tidings-worker"]

FROM worker AS sandbox
USER root
RUN apt-get update && apt-get install -y --no-install-recommends nodejs openssl postgresql-client \
 && apt-get clean && rm -rf /var/lib/apt/lists/* && install -d -o 10001 -g 10001 /var/lib/sandbox
COPY tests/sandbox /opt/tidings/tests/sandbox
COPY scripts/lib /opt/tidings/scripts/lib
USER 10001:10001
HEALTHCHECK NONE
WORKDIR /opt/tidings
CMD ["node", "tests/sandbox/main.js", "--host", "0.0.0.0", "--public-host", "sandbox", "--dir", "/var/lib/sandbox"]
