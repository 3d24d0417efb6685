# A static binary and nothing else, run by a user without rights.
#
#   docker build --tag p2pcache .
#   docker run --rm --publish 127.0.0.1:9999:9999 p2pcache serve --listen 0.0.0.0:9999 --gossip off --insecure

FROM golang:1.27 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The version that the binary tells is that of the tag or commit: .git is part of the context.
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /p2pcache ./cmd/p2pcache

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /p2pcache /p2pcache
COPY LICENSE /
USER 65532:65532
EXPOSE 9999/tcp 7946/tcp 7946/udp
STOPSIGNAL SIGTERM
ENTRYPOINT ["/p2pcache"]
CMD ["serve"]
