"""All settings in one class, from flags, else from the environment (prefix ``MODERATION_``), else their defaults."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _networks(given: Any) -> Any:
    """CIDRs from a text with commas; raises ValueError for what is none."""
    if not isinstance(given, str):
        return given
    try:
        return tuple(str(ipaddress.ip_network(one.strip())) for one in given.split(",") if one.strip())
    except ValueError:
        raise ValueError("Give networks as 10.1.0.0/16 or fd00::/8, with commas between them") from None


class Settings(BaseSettings):
    """Every setting with its meaning. ``moderation config`` prints them with where each came from."""

    model_config = SettingsConfigDict(
        env_prefix="MODERATION_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    data_dir: Path = Field(
        Path("moderation-data"),
        description="Directory of the embedded server (its append-only file, socket and log) and of the models that "
        "`moderation model` chooses from.",
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis or Valkey to use instead of the embedded server: redis://, rediss:// or unix://.",
    )
    redis_server: Path | None = Field(
        None, description="Program to run as the embedded server instead of the packaged one."
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65535, description="Port to listen on; 0 takes a free one.")] = 8080
    secret: Annotated[SecretStr, Field(min_length=16)] | None = Field(
        None,
        description="Secret under which keys, e-mails and addresses are hashed (16 characters or more). Without it one "
        "is made at the first start and kept with the data.",
    )
    partitions: Annotated[int, Field(ge=1, le=1024)] | None = Field(
        None, description="Number of partitions, fixed when the data is born (1 if unset; 64 for a cluster)."
    )
    queue_limit: Annotated[
        int,
        Field(
            ge=1, description="Comments that may wait for a score in a partition; then intake answers 503."
        ),
    ] = 100_000
    lease_seconds: Annotated[
        float,
        Field(
            ge=1, le=3600, description="After so long without an end a worker's entries go to another worker."
        ),
    ] = 10.0
    batch_size: Annotated[
        int, Field(ge=1, le=1000, description="Most comments that are scored together.")
    ] = 256
    appendfsync: Literal["everysec", "always"] = Field(
        "everysec",
        description="When the embedded server's file reaches the disk: every second, or before each answer.",
    )
    event_days: Annotated[int, Field(ge=1, le=3650, description="Days for which events are kept.")] = 30
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged."
    )
    access_log: Literal["errors", "all"] = Field(
        "errors", description="Log a line for failed requests only, or for all."
    )
    body_timeout: Annotated[
        float, Field(gt=0, le=300, description="Seconds in which a request's body has to arrive.")
    ] = 10.0
    max_body_bytes: Annotated[int, Field(ge=1024, description="Largest body of a request, in bytes.")] = (
        524_288
    )
    max_batch_bytes: Annotated[int, Field(ge=1024, description="Largest body of a batch, in bytes.")] = (
        8_388_608
    )
    auth_failures_per_minute: Annotated[
        int,
        Field(
            ge=0,
            description="Wrong keys a minute from one address (a whole newsroom behind a proxy) that are answered 401; "
            "more are answered 429. A good key is never refused for them. 0 counts none.",
        ),
    ] = 60
    webhook_allow_networks: Annotated[
        tuple[str, ...],
        NoDecode,
        BeforeValidator(_networks),
        Field(
            description="Networks that webhooks may reach though they are not public, on any port: CIDRs with commas between "
            "them, as 10.1.0.0/16 for a CMS on the intranet.",
        ),
    ] = ()
    webhook_allow_http: bool = Field(
        False, description="Let webhooks have http:// URLs, whose deliveries anybody on the way can read."
    )
    verdict_seconds: Annotated[
        float,
        Field(
            gt=0,
            le=10,
            description="How long a client of Akismet's waits for the verdict on a comment; the Python client gives up after 1 s.",
        ),
    ] = 0.7
    model_dir: Path | None = Field(
        None,
        description="Directory of one model to score with. Without it the one that `moderation model use` chose, else the "
        "shipped one. A change is taken up while running.",
    )
    allow_unfit: bool = Field(
        False,
        description="Run on a Redis that may lose comments (no append-only file, eviction): for trials only.",
    )
