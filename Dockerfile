# syntax=docker/dockerfile:1
# One image for every service: `passerelle serve <service>`.

FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
# The registry and the target folder are caches of the builder: only what changed is compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --package passerelle \
    && cp target/release/passerelle /passerelle
# The folders of documents and of the heads of audit trails: a volume that is mounted there belongs to whom it belongs to
# here.
RUN mkdir -p /documents /audit-heads

# No shell, no package manager; the C and C++ runtimes that librdkafka needs.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /passerelle /usr/local/bin/passerelle
COPY --from=build --chown=65532:65532 /documents /var/lib/passerelle/documents
COPY --from=build --chown=65532:65532 /audit-heads /var/lib/passerelle/audit-heads
USER 65532:65532
EXPOSE 8080 9000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 CMD ["passerelle", "health"]
ENTRYPOINT ["passerelle"]
CMD ["--help"]
