"""The only door that leads out: one request to a checked address, bounded in time and size.

Built on httpcore's network backend, so that the address which was checked is the
address that is connected to, whatever the HTTP layers above do; TLS still names
and verifies the host of the URL. No redirects, no proxies, no cookies, nothing
from the environment, no decompression.
"""

import json
import ssl
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

import httpcore
import httpx

from space_hub.clock import Clock
from space_hub.delivery import egress
from space_hub.errors import HubError

TOTAL_S = 10.0
CONNECT_S = 3.0
REPLY_BYTES = 4096
EXCERPT_CHARACTERS = 1000
FETCHED_BYTES = 16 * 1024 * 1024

Read = TypeVar("Read")

_SLICE_S = 0.25
"""A read wakes this often, to see that the time is up or that the process is to stop."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. `status` is None when no answer came; then `error` says why, as a stable word."""

    status: int | None
    error: str | None = None
    excerpt: str = ""
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer. `status` is None when none came; `error` says why it is missing or not whole.

    Header names are in lower case. A redirection is an answer like any other.
    """

    status: int | None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str | None = None


class Stopped(Exception):
    """The process is stopping; the message stays claimed and goes again later."""


class Wire:
    """A client for one endpoint. Not shared between threads: one message of an endpoint is under way at a time."""

    def __init__(
        self,
        clock: Clock,
        *,
        allow: Collection[str] = (),
        resolver: egress.Resolver = egress.system_resolver,
        stop: threading.Event | None = None,
        total_s: float = TOTAL_S,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._clock = clock
        self._limits = _Limits(clock, stop or threading.Event(), total_s)
        backend = _Backend(frozenset(allow), resolver, self._limits)
        self._allow = allow
        self._client = httpx.Client(
            transport=_Transport(backend, tls or _tls()),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(total_s, connect=min(CONNECT_S, total_s)),
            headers={"User-Agent": "space-hub", "Accept-Encoding": "identity"},
        )

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Send a message once. Every failure of the other side is a Reply; Stopped is the only exception."""

        def read(response: httpx.Response) -> Reply:
            return Reply(
                status=response.status_code,
                excerpt=_printable(_start_of(response.iter_raw())),
                retry_after=response.headers.get("retry-after"),
            )

        done = self._ask("POST", url, body, {**headers, "Content-Type": "application/json"}, read)
        return Reply(None, done) if isinstance(done, str) else done

    def get(self, url: str, headers: Mapping[str, str] | None = None, most_bytes: int = FETCHED_BYTES) -> Fetched:
        """Fetch a whole answer. Every failure of the other side is a Fetched; Stopped is the only exception."""
        return self._fetch("GET", url, None, headers or {}, most_bytes)

    def post_json(
        self, url: str, value: Any, headers: Mapping[str, str] | None = None, most_bytes: int = FETCHED_BYTES
    ) -> Fetched:
        """Send a JSON value and fetch the whole answer, as `get` does."""
        body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        return self._fetch("POST", url, body, {"Content-Type": "application/json", **(headers or {})}, most_bytes)

    def _fetch(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], most: int) -> Fetched:
        def read(response: httpx.Response) -> Fetched:
            named = {name.lower(): value for name, value in response.headers.items()}
            if named.get("content-encoding", "identity") != "identity":
                return Fetched(response.status_code, named, error="packed")
            parts = bytearray()
            for part in response.iter_raw():
                parts += part
                if len(parts) > most:
                    return Fetched(response.status_code, named, error="too_large")
            return Fetched(response.status_code, named, bytes(parts))

        done = self._ask(method, url, body, headers, read)
        return Fetched(None, error=done) if isinstance(done, str) else done

    def _ask(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        read: Callable[[httpx.Response], Read],
    ) -> Read | str:
        """What `read` makes of the response, or the word for why there is none."""
        self._limits.restart()
        try:
            egress.check_url(url, self._allow)
            with self._client.stream(method, url, content=body, headers=dict(headers)) as response:
                return read(response)
        except HubError as error:
            return error.code
        except (httpx.InvalidURL, UnicodeError):
            return "delivery.url_malformed"  # An `xn--` label that stands for no name.
        except httpx.TimeoutException:
            return "timeout"
        except httpx.ConnectError as error:
            return "tls" if isinstance(_root(error), ssl.SSLError) else "connect"
        except httpx.TransportError as error:
            return type(error).__name__
        finally:
            self._client.cookies.clear()

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_tls_lock = threading.Lock()
_tls_made: list[ssl.SSLContext] = []


def _tls() -> ssl.SSLContext:
    """One context a process: making one reads the whole list of authorities."""
    with _tls_lock:
        if not _tls_made:
            _tls_made.append(httpx.create_ssl_context(trust_env=False))
        return _tls_made[0]


def _start_of(parts: Iterator[bytes]) -> bytes:
    """The first 4 kB; the rest is never read, the connection is dropped instead.

    The status has been given by now: a body that stalls or breaks off does not change it.
    """
    kept = b""
    try:
        for part in parts:
            kept += part
            if len(kept) >= REPLY_BYTES:
                break
    except httpx.TransportError:
        pass
    return kept[:REPLY_BYTES]


def _printable(reply: bytes) -> str:
    text = reply.decode("utf-8", "replace")[:EXCERPT_CHARACTERS]
    return "".join(character if character.isprintable() else " " for character in text)


def _root(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error


@dataclass
class _Limits:
    clock: Clock
    stop: threading.Event
    total_s: float
    _deadline: float = field(default=0.0)

    def restart(self) -> None:
        self._deadline = self.clock.monotonic() + self.total_s

    def left(self) -> float:
        """Seconds that remain; raises when there are none or the process stops."""
        if self.stop.is_set():
            raise Stopped
        left = self._deadline - self.clock.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no complete answer within {self.total_s:g} s")
        return left


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, limits: _Limits) -> None:
        self._inner = inner
        self._limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        waited = 0.0
        while True:
            step = min(_SLICE_S, self._limits.left())
            try:
                return self._inner.read(max_bytes, step)
            except httpcore.ReadTimeout:
                waited += step
                if timeout is not None and waited >= timeout:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, min(timeout or TOTAL_S, self._limits.left()))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = min(timeout or CONNECT_S, self._limits.left())
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._limits)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Connects to the address that `egress.pin` names for the host, never to another."""

    def __init__(self, allow: frozenset[str], resolver: egress.Resolver, limits: _Limits) -> None:
        self._allow = allow
        self._resolver = resolver
        self._limits = limits
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        shown = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        allowed = shown in {entry.lower() for entry in self._allow}
        address = egress.pin(egress.Target("https", host, port, allowed), self._resolver)
        left = min(timeout or CONNECT_S, self._limits.left())
        stream = self._plain.connect_tcp(address, port, left, local_address, socket_options)
        return _Stream(stream, self._limits)


_MAP: tuple[tuple[type[Exception], Callable[[str], httpx.TransportError]], ...] = (
    (httpcore.TimeoutException, httpx.ReadTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ProtocolError, httpx.RemoteProtocolError),
    (httpcore.NetworkError, httpx.ReadError),
)


class _mapped:
    """httpcore's exceptions as httpx's."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        for theirs, ours in _MAP:
            if isinstance(error, theirs):
                raise ours(str(error)) from error


class _Body(httpx.SyncByteStream):
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        with _mapped():
            yield from self._inner

    def close(self) -> None:
        with _mapped():
            self._inner.close()


class _Transport(httpx.BaseTransport):
    def __init__(self, backend: _Backend, tls: ssl.SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls, max_connections=1, keepalive_expiry=30.0, network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with _mapped():
            answer = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(answer.stream), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()
