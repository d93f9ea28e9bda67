"""The words of the command line. Each setting is a flag of the commands that use it; each command shows an example."""

from __future__ import annotations

import argparse
from typing import Any, Final

from moderation.cli import commands
from moderation.settings import Settings

STORE: Final = ("data_dir", "redis_url", "redis_server", "secret", "partitions", "allow_unfit")
COMMON: Final = (*STORE, "log_level")
API: Final = (
    "host", "port", "queue_limit", "access_log", "body_timeout", "max_body_bytes", "max_batch_bytes",
    "auth_failures_per_minute",
)  # fmt: skip
WORKER: Final = ("lease_seconds", "batch_size", "model_dir")
WEBHOOKS: Final = ("webhook_allow_networks", "webhook_allow_http")
SERVER: Final = ("appendfsync", "event_days")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(prog="moderation", description="The comment desk that a newsroom can own.")
    top.set_defaults(settings=())
    words = top.add_subparsers(required=True, metavar="COMMAND")
    everything = (*COMMON, *API, *WORKER, *WEBHOOKS, *SERVER)
    _command(
        words,
        "serve",
        commands.serve,
        "API, scorer, webhooks and server in one.",
        "moderation serve --port 8080",
        everything,
    )
    _command(
        words,
        "api",
        commands.api,
        "The API alone.",
        "moderation api --redis-url redis://db:6379/0",
        (*COMMON, *API, *WEBHOOKS, *SERVER),
    )
    _command(
        words,
        "worker",
        commands.worker,
        "A scorer and sender of webhooks alone.",
        "moderation worker --redis-url redis://db:6379/0",
        (*COMMON, *WORKER, *WEBHOOKS, *SERVER),
    )
    _command(
        words,
        "config",
        commands.config,
        "Every setting, its meaning and where its value came from.",
        "moderation config",
        everything,
    )
    _site(words)
    _key(words)
    _dead_letters(words)
    _model(words)
    out = _command(
        words,
        "export",
        commands.export,
        "Everything kept on a site, as NDJSON on stdout.",
        "moderation export --site gazette > gazette.ndjson",
        STORE,
    )
    out.add_argument("--site", required=True, help="the site's slug")
    back = _command(
        words,
        "import",
        commands.import_,
        "An export back into a new site.",
        "moderation import --site gazette gazette.ndjson",
        STORE,
    )
    back.add_argument("--site", required=True, help="the slug under which it arrives")
    back.add_argument("file", help="the NDJSON file; - for stdin")
    return top


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings: flags that were given, else environment, else defaults."""
    given = {name: value for name in options.settings if (value := getattr(options, name, None)) is not None}
    return Settings(**given)


def _site(words: Any) -> None:
    site = words.add_parser("site", help="Make and list sites.").add_subparsers(
        required=True, metavar="ACTION"
    )
    add = _command(
        site,
        "add",
        commands.site_add,
        "Makes a site and prints its keys, shown once.",
        "moderation site add gazette",
        STORE,
    )
    add.add_argument("slug", help="1 to 64 of a-z, 0-9 and -")
    _command(site, "list", commands.site_list, "The slugs of all sites.", "moderation site list", STORE)


def _key(words: Any) -> None:
    key = words.add_parser("key", help="Make, list and revoke keys.").add_subparsers(
        required=True, metavar="ACTION"
    )
    add = _command(
        key,
        "add",
        commands.key_add,
        "Makes a key, shown once.",
        "moderation key add --site gazette --role moderator --name ann",
        STORE,
    )
    add.add_argument(
        "--site",
        required=True,
        action="append",
        metavar="SLUG",
        help="a site that it reaches; again for each further one, or '*' for all sites, now and later",
    )
    add.add_argument(
        "--role",
        required=True,
        choices=["site", "reader", "moderator", "admin"],
        help="what it may do; a reader sees what a moderator sees and decides nothing",
    )
    add.add_argument("--name", required=True, help="whose it is; a moderator's name stands on decisions")
    listing = _command(
        key,
        "list",
        commands.key_list,
        "All keys, without the keys themselves.",
        "moderation key list --site gazette",
        STORE,
    )
    listing.add_argument("--site", help="only those that reach this site")
    revoke = _command(
        key,
        "revoke",
        commands.key_revoke,
        "Ends a key, in every process within 5 seconds.",
        "moderation key revoke 3f9c2a71b0de",
        STORE,
    )
    revoke.add_argument("id", help="the key's id, from `moderation key list`")


def _dead_letters(words: Any) -> None:
    dead = words.add_parser("dead-letters", help="Comments that could not be scored.").add_subparsers(
        required=True, metavar="ACTION"
    )
    listing = _command(
        dead,
        "list",
        commands.dead_list,
        "Comments that could not be scored, the oldest first.",
        "moderation dead-letters list",
        STORE,
    )
    listing.add_argument("--site", help="only this site's")
    listing.add_argument("--limit", type=int, default=100, help="how many (default: 100)")
    for name, run, meaning in (
        ("retry", commands.dead_retry, "Scores a comment once more."),
        ("drop", commands.dead_drop, "Takes a comment off the list; it stays with the moderators."),
    ):
        one = _command(
            dead, name, run, meaning, f"moderation dead-letters {name} --site gazette c-1842", STORE
        )
        one.add_argument("--site", required=True, help="the site's slug")
        one.add_argument("id", help="the comment's id")


def _model(words: Any) -> None:
    model = words.add_parser(
        "model", help="Choose the model that scores; running services take it up within seconds."
    ).add_subparsers(required=True, metavar="ACTION")
    use = _command(
        model,
        "use",
        commands.model_use,
        "Puts a model to use: checks it, copies it in, and makes it the one that scores.",
        "moderation model use ./my-model",
        ("data_dir",),
    )
    use.add_argument(
        "model",
        help="a folder made by `python -m model train --out`, or a version of `moderation model list`",
    )
    _command(
        model,
        "back",
        commands.model_back,
        "Goes back to the model before the one in use.",
        "moderation model back",
        ("data_dir",),
    )
    _command(
        model,
        "list",
        commands.model_list,
        "The models that can be used, and which one is.",
        "moderation model list",
        ("data_dir",),
    )


def _command(
    words: Any, name: str, run: object, meaning: str, example: str, settings: tuple[str, ...]
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = words.add_parser(
        name,
        help=meaning,
        description=meaning,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for setting in settings:
        _flag(made, setting)
    made.set_defaults(run=run, settings=settings)
    return made


def _flag(command: argparse.ArgumentParser, setting: str) -> None:
    field = Settings.model_fields[setting]
    flag = "--" + setting.replace("_", "-")
    meaning = f"{field.description} [MODERATION_{setting.upper()}]".replace("%", "%%")
    if field.annotation is bool:
        command.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=meaning)
    else:
        command.add_argument(flag, metavar="X", default=None, help=meaning)
