"""What each command does. Everything heavy is imported when a command needs it, so that --help is quick."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from moderation.domain.ids import fault_of_name
from moderation.errors import Invalid, NotFound, Unfit
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.models import ModelFolder
    from moderation.store import KeyInfo, NewKey, Store

T = TypeVar("T")

Options = argparse.Namespace
PROGRESS_EVERY = 10_000  # documents between two lines of progress


def serve(_: Options, settings: Settings) -> int:
    """API and worker in one."""
    return _run(settings, "api", "worker")


def api(_: Options, settings: Settings) -> int:
    """The API alone."""
    return _run(settings, "api")


def worker(_: Options, settings: Settings) -> int:
    """A worker alone."""
    return _run(settings, "worker")


def _run(settings: Settings, *roles: str) -> int:
    from moderation import app, logs

    if len(roles) == 1 and settings.redis_url is None:
        raise Unfit("A role alone shares a Redis with the others: give its address with --redis-url.")
    logs.configure(settings.log_level)
    return app.run(settings, frozenset(roles))


def config(options: Options, settings: Settings) -> int:
    """Prints every setting: name, value, where it came from, meaning."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = "(hidden)" if isinstance(value, SecretStr) else "(unset)" if value is None else str(value)
        variable = f"MODERATION_{name.upper()}"
        source = (
            "flag"
            if getattr(options, name, None) is not None
            else "environment"
            if variable in os.environ
            else "default"
        )
        _print(f"{variable}={shown}  [{source}]\n    {field.description}")
    return 0


def site_add(options: Options, settings: Settings) -> int:
    """Makes a site and prints its keys."""
    keys = _with_store(settings, lambda store: store.open_site(options.slug))
    _print(json.dumps({"site": options.slug, **dataclasses.asdict(keys)}))
    return 0


def site_list(_: Options, settings: Settings) -> int:
    """Prints the slugs of all sites."""
    for slug in _with_store(settings, lambda store: store.sites.list()):
        _print(slug)
    return 0


def key_add(options: Options, settings: Settings) -> int:
    """Makes a key and prints it."""

    async def make(store: Store) -> NewKey:
        from moderation.store import EVERY_SITE, Role

        if (fault := fault_of_name(options.name)) is not None:
            raise Invalid(f"--name: {fault}")
        for site in options.site:
            if site != EVERY_SITE and not await store.sites.exists(site):
                raise NotFound(f"There is no site {site}; make it with `moderation site add`.")
        return await store.keyring.add(options.site, Role(options.role), options.name)

    _print(json.dumps(_key_document(_with_store(settings, make))))
    return 0


def key_list(options: Options, settings: Settings) -> int:
    """Prints all keys, a line of JSON each, without the keys themselves."""
    for info in _with_store(settings, lambda store: store.keyring.list(options.site)):
        _print(json.dumps(_key_document(info)))
    return 0


def _key_document(key: KeyInfo | NewKey) -> dict[str, Any]:
    """A key as it is printed: ``site`` is its first site, ``sites`` stands there if it has several."""
    shown = dataclasses.asdict(key)
    sites = shown.pop("sites")
    return {**shown, "site": sites[0], **({"sites": sites} if len(sites) > 1 else {})}


def key_revoke(options: Options, settings: Settings) -> int:
    """Ends a key."""
    _with_store(settings, lambda store: store.keyring.revoke(options.id))
    return 0


def dead_list(options: Options, settings: Settings) -> int:
    """Prints dead letters, a line of JSON each."""
    for letter in _with_store(settings, lambda store: store.dead_letters.list(options.site, options.limit)):
        _print(json.dumps(dataclasses.asdict(letter)))
    return 0


def dead_retry(options: Options, settings: Settings) -> int:
    """Scores a comment once more."""
    _with_store(settings, lambda store: store.dead_letters.retry(options.site, options.id))
    return 0


def dead_drop(options: Options, settings: Settings) -> int:
    """Takes a comment off the list."""
    _with_store(settings, lambda store: store.dead_letters.drop(options.site, options.id))
    return 0


def model_use(options: Options, settings: Settings) -> int:
    """Puts a model to use and prints its version."""
    _print(_models(settings).use(options.model))
    return 0


def model_back(_: Options, settings: Settings) -> int:
    """Goes back to the model before and prints its version."""
    _print(_models(settings).back())
    return 0


def model_list(_: Options, settings: Settings) -> int:
    """Prints the models, a line of JSON each."""
    models = _models(settings)
    versions, in_use = models.versions(), models.used()[-1]
    for version in versions:
        _print(json.dumps({"version": version, "in_use": version == in_use}))
    if in_use not in versions:
        _note(f"The model in use, {in_use}, is missing: choose another with `moderation model use`.")
    return 0


def _models(settings: Settings) -> ModelFolder:
    from moderation.app import models_folder
    from moderation.models import ModelFolder

    if settings.model_dir is not None:
        _note(
            f"MODERATION_MODEL_DIR is set: a service that runs with it scores with the model in {settings.model_dir}, "
            "whatever is chosen here."
        )
    return ModelFolder(models_folder(settings))


def export(options: Options, settings: Settings) -> int:
    """Prints everything kept on a site."""

    async def write(store: Store) -> int:
        written = 0
        async for document in store.archive.export(options.site):
            _print(json.dumps(document, ensure_ascii=False))
            written += 1
            if written % PROGRESS_EVERY == 0:
                _progress(f"{written} documents")
        return written

    _progress(f"{_with_store(settings, write)} documents")
    return 0


def import_(options: Options, settings: Settings) -> int:
    """Puts an export back."""
    if options.file == "-":
        return _import(options.site, sys.stdin, settings)
    try:
        with Path(options.file).open(encoding="utf-8") as lines:
            return _import(options.site, lines, settings)
    except OSError as failure:
        raise Invalid(f"The file {options.file} cannot be read ({failure.strerror}).") from failure


def _import(site: str, lines: IO[str], settings: Settings) -> int:
    written = _with_store(settings, lambda store: store.archive.load(site, _documents(lines)))
    _progress(f"{written} comments written; make keys with `moderation key add --site {site} …`")
    return 0


def _documents(lines: IO[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        try:
            document = json.loads(line)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise Invalid(f"Line {number} is not a JSON object.")
        if number % PROGRESS_EVERY == 0:
            _progress(f"{number} documents")
        yield document


def _with_store(settings: Settings, use: Callable[[Store], Awaitable[T]]) -> T:
    from moderation.app import open_store

    async def opened() -> T:
        async with open_store(settings, cli=True) as store:
            return await use(store)

    return asyncio.run(opened())


def _print(text: str) -> None:
    print(text)  # a command's answer


def _progress(text: str) -> None:
    print(text, file=sys.stderr)  # long work shows progress


def _note(text: str) -> None:
    print(text, file=sys.stderr)  # what the answer does not say
