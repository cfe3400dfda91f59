"""How the web desk is set up: where it listens, how long a session may idle, what it is told from outside."""

from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

Language = Literal["en", "zh"]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class OidcSettings:
    """The bank's own sign-in: its issuer, what the desk is called there, and which claim holds the groups.

    `issuer` is https, or http on this machine alone.
    """

    issuer: str
    client_id: Annotated[str, Field(min_length=1, max_length=200)]
    groups_claim: Annotated[str, Field(min_length=1, max_length=100)] = "groups"

    @model_validator(mode="after")
    def _over_tls(self) -> Self:
        parts = urlsplit(self.issuer)
        if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
            raise ValueError(f"{self.issuer!r} is no issuer; write https://... as the provider calls itself")
        return self


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class DeskSettings:
    """Settings of one desk process.

    `host` other than loopback takes `tls_certificate` and `tls_key`, or `behind_proxy` where something in
    front of it speaks TLS and sets the forwarded headers. `language` and `time_zone` are of whoever is not
    signed in. The store is asked every `poll_ms` what changed. `reports` is a folder of analysts' reports.
    A `demo` lets anybody on this machine try every role.
    A program may ask `api_per_minute` times.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8642
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    language: Language = "en"
    time_zone: str = "Asia/Shanghai"
    poll_ms: Annotated[int, Field(ge=50, le=10_000)] = 100
    reports: Path | None = None
    reveals_per_hour: Annotated[int, Field(ge=1, le=1_000)] = 20
    demo: bool = False
    oidc: OidcSettings | None = None
    api_per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = 600

    @model_validator(mode="after")
    def _tls_beyond_loopback(self) -> Self:
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("a certificate and its key come together: give both, or neither")
        if self.host not in LOOPBACK and not self.tls_certificate and not self.behind_proxy:
            raise ValueError(
                f"listening on {self.host} would send customers' data over the network in the clear; give "
                "a certificate and its key, say that a proxy in front speaks TLS, or listen on 127.0.0.1"
            )
        if self.demo and self.host not in LOOPBACK:
            raise ValueError("a demo lets anybody in: it listens on 127.0.0.1 alone")
        return self

    @property
    def secure(self) -> bool:
        """Whether browsers reach the desk by TLS, so that its cookie can ask for that."""
        return self.tls_certificate is not None or self.behind_proxy
