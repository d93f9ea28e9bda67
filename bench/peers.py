"""Our classifier against its peers: the same texts, one core, one run.

`python -m bench.peers --data ../shared/data` trains rspamd, SpamAssassin and bogofilter on one sample of the training rows,
has them, WordPress's comment blocklist and our model judge the same held-out rows, and writes a table, its figures and a plot
to bench/results/peers.*. It starts and stops the daemons itself, in a temporary folder and on free ports; a peer that is not
installed is said to be (scripts/setup-peers installs all).
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from functools import partial
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench.processes import ROOT, free_port, machine, running
from model.classifier import Classifier, Document
from model.data import NO_MEASURE, Row, for_judging, for_training, is_held_out, sources
from model.evaluate import FALSE_POSITIVES, named, share_of
from model.train import classifier_of
from moderation.domain.policy import Policy

SEED: Final = 20
BATCH: Final = 128
CONNECTIONS: Final = 8  # that ask a daemon at the same time
SECONDS: Final = 1  # of a round that a filter is at least timed
START_SECONDS: Final = 90  # until a daemon has to listen; rspamd compiles its patterns first
CORES: Final = sorted(os.sched_getaffinity(0))
CORE: Final = CORES[-1]  # what is measured runs here, with all its processes
OTHERS: Final = set(CORES[:-1] or CORES)  # and what asks the daemons here
NOW: Final = formatdate()
# Modules of rspamd that ask the network, or judge an SMTP connection that a comment does not have.
OFF: Final = "arc asn dkim dkim_signing dmarc fuzzy_check hfilter phishing rbl rspamd_update spf surbl"

Learnt = dict[str, list[str]]  # texts of "spam" and of "ham"


@dataclass(slots=True)
class Judge:
    """One filter, which calls a text spam from the threshold on."""

    name: str
    trained_on: str
    how: str
    score: Callable[[Sequence[str]], Sequence[float]]
    threshold: float
    micros: list[float] = field(default_factory=list)


def sample(data: Path, size: int, each: int) -> tuple[list[Row], list[Row]]:
    """What the peers learn, half of it spam, and what all judge: so much spam of each source, all English news."""
    learnt, held = (
        # The text alone and no label for toxicity: what a peer can read is all that ours gets.
        [
            replace(row, document=Document(row.document.text, lang=row.document.lang), toxic=None)
            for row in rows
            if row.spam is not None and row.source not in NO_MEASURE and is_held_out(row) == judged
        ]
        for judged, rows in ((False, for_training(data)), (True, for_judging(data, sources(data))))
    )
    news = [row for row in learnt if row.news]
    other = [row for row in learnt if not row.news and not row.spam]
    train = [row for _, row in in_turns([row for row in learnt if row.spam])[: size // 2]]
    train += [row for good in (news, other) for _, row in in_turns(good)[: size // 4]]
    test = [row for place, row in in_turns([row for row in held if row.spam]) if place < each]
    test += [row for row in held if row.news and row.document.lang == "en"]
    for rows in (train, test):
        if len({row.spam for row in rows}) < 2:
            raise SystemExit(f"{data} has not both spam and English news; see model/data.py.")
        random.Random(SEED).shuffle(rows)
    return train, test


def in_turns(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """The first of each source, then the second of each, and so on: no source drowns the others."""
    places: defaultdict[str, Iterator[int]] = defaultdict(count)
    return sorted(((next(places[row.source]), row) for row in rows), key=lambda one: one[0])


def mail(text: str) -> bytes:
    """A text as a minimal mail; what a filter counts as missing is there."""
    body = "\n".join(text.replace("\0", "").splitlines()).encode("utf-8", "replace")
    name = blake2b(body, digest_size=8).hexdigest()
    head = (
        "From: Reader <reader@example.org>\nTo: Desk <desk@example.org>\nSubject: Comment\n"
        f"Date: {NOW}\nMessage-ID: <{name}@example.org>\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )
    return head.encode() + body + b"\n"


def mbox(texts: Sequence[str]) -> bytes:
    """The texts as one mailbox; a line of theirs that looks like a mail's first is quoted."""
    quoted = (re.sub(rb"^(>*From )", rb">\1", mail(text), flags=re.MULTILINE) for text in texts)
    return b"".join(b"From reader Mon Jan  5 10:00:00 2026\n" + one + b"\n" for one in quoted)


def run(*words: str, given: bytes = b"") -> str:
    """What a command prints; it must succeed."""
    return subprocess.run(words, input=given, stdout=subprocess.PIPE, check=True).stdout.decode()


@contextlib.contextmanager
def daemon(folder: Path, port: int, *words: str) -> Iterator[None]:
    """A daemon in the foreground that listens by now; its log is in the folder; ended by SIGTERM."""
    log = folder / f"{words[0]}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=folder)
    try:
        for _ in range(START_SECONDS * 10):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            if process.poll() is None:
                time.sleep(0.1)
        else:
            raise SystemExit(f"{words[0]} did not start: {log.read_text('utf-8', 'replace')[-800:]}")
        yield
    finally:
        process.terminate()
        process.wait(30)


def together(ask: Callable[[str], float], texts: Sequence[str]) -> list[float]:
    """Asks a daemon for each, some at the same time, from the other cores."""
    with ThreadPoolExecutor(CONNECTIONS, initializer=os.sched_setaffinity, initargs=(0, OTHERS)) as pool:
        return list(pool.map(ask, texts))


def ours(model: Path | None, train: Sequence[Row]) -> list[Judge]:
    """The model as it is shipped, in batches and alone, and one trained on the peers' rows only."""

    def judge(name: str, trained_on: str, model: Classifier, batch: int, threshold: float) -> Judge:
        def score(texts: Sequence[str]) -> list[float]:
            documents = [Document(text) for text in texts]
            starts = range(0, len(texts), batch)
            found = (model.score(documents[start : start + batch], reasons=False) for start in starts)
            return [verdict.scores["spam"] for some in found for verdict in some]

        return Judge(name, trained_on, f"in the process, {batch} at a time, no reasons", score, threshold)

    shipped, same, policy = Classifier.load(model), classifier_of(train, SEED), Policy()
    return [
        judge("ours: rejected", "all rows", shipped, BATCH, policy.reject_above),
        judge("ours: held for a human", "all rows", shipped, BATCH, policy.approve_below),
        judge("ours, alone: held", "all rows", shipped, 1, policy.approve_below),
        judge("ours, same rows: held", "sample", same, BATCH, policy.approve_below),
    ]


def rspamd(stack: contextlib.ExitStack, folder: Path, learnt: Learnt) -> Judge:
    """Its stock rules and scores without the modules of OFF; Bayes in our embedded server."""
    port, controller = free_port(), free_port()
    files = {
        # With the stock 11 tokens it is silent on short comments. Modules that want a store have none, and are off.
        "local.d/classifier-bayes.conf": f'servers = "{folder}/redis.sock"; min_tokens = 1;',
        "override.d/worker-normal.inc": f'bind_socket = "127.0.0.1:{port}"; count = 1;',
        "override.d/worker-controller.inc": f'bind_socket = "127.0.0.1:{controller}"; count = 1;',
        "override.d/worker-proxy.inc": "enabled = false; count = 0;",
        "override.d/logging.inc": 'type = "console"; level = "error";',
        "override.d/options.inc": 'disable_monitoring = true; filters = "chartable,regexp";',
        **{f"override.d/{name}.conf": "enabled = false;" for name in OFF.split()},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text + "\n", "utf-8")
    stack.enter_context(running(sys.executable, "-m", "bench.server", str(folder), core=CORE))
    # --insecure: as root it would want a user of its own, and everything that it writes is in the folder anyway.
    words = ["rspamd", "--no-fork", "--insecure", "--config", "/etc/rspamd/rspamd.conf"]
    words += [f"--var={name}={folder}" for name in ("LOCAL_CONFDIR", "DBDIR", "RUNDIR", "LOGDIR")]
    stack.enter_context(daemon(folder, port, *words))

    def post(port: int, path: str, text: str, headers: dict[str, str]) -> dict[str, Any]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request("POST", path, mail(text), headers)
            answer = connection.getresponse()
            return {"status": answer.status, **json.loads(answer.read())}

    def learn(side: str, text: str) -> int:
        # Bulk: without it rspamd refuses a message that it would already judge right.
        return int(post(controller, f"/learn{side}", text, {"Learn-Type": "bulk"})["status"])

    def ask(text: str) -> float:
        found = post(port, "/checkv2", text, {})
        assert (found["status"], found["is_skipped"]) == (200, False), found
        return float(found["score"])

    for side, texts in learnt.items():
        answers = Counter(together(partial(learn, side), texts))
        print(f"rspamd, {side}: answers {dict(answers)}", file=sys.stderr)
        # 208: to rspamd the same as one before, as many short texts are.
        assert answers[200] > 0.75 * len(texts), "rspamd did not learn"
    how = f"HTTP, {CONNECTIONS} connections, one worker"
    return Judge("rspamd", "sample", how, lambda texts: together(ask, texts), 6.0)


def spamassassin(stack: contextlib.ExitStack, folder: Path, learnt: Learnt) -> Judge:
    """spamd with Debian's rules and local tests only, one child; Bayes by sa-learn."""
    port = free_port()
    folder.chmod(0o777)  # spamd refuses to judge as root: it takes a user who may write here
    config = ["--cf=bayes_auto_learn 0", f"--cf=bayes_path {folder}/bayes", "--cf=bayes_file_mode 0777"]
    for side, texts in learnt.items():
        (folder / side).write_bytes(mbox(texts))
        said = run("sa-learn", "-L", *config, f"--{side}", "--mbox", str(folder / side))
        print(f"sa-learn, {side}: {said.strip()}", file=sys.stderr)
    words = f"spamd -L -x -i 127.0.0.1 -p {port} -m 1 --min-children=1 -s stderr -r {folder}/pid -H {folder}"
    user = ("-u", "debian-spamd") if os.geteuid() == 0 else ()
    stack.enter_context(daemon(folder, port, *words.split(), *config, *user))

    def ask(text: str) -> float:
        body = mail(text)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(b"CHECK SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(body) + body)
            said = connection.makefile(encoding="utf-8").read()
        found = re.search(r"^Spam: \w+ ; (-?[\d.]+) / ", said, re.MULTILINE)
        assert found, said
        return float(found[1])

    how = f"spamc's protocol, {CONNECTIONS} connections, one child of spamd"
    return Judge("SpamAssassin", "sample", how, lambda texts: together(ask, texts), 5.0)


def bogofilter(stack: contextlib.ExitStack, folder: Path, learnt: Learnt) -> Judge:
    """Its defaults, without the system's configuration file."""
    words = ("bogofilter", "-C", "-d", str(folder), "-M")
    run(*words, "-s", given=mbox(learnt["spam"]))
    run(*words, "-n", given=mbox(learnt["ham"]))

    def score(texts: Sequence[str]) -> list[float]:
        found = run(*words, "-e", "-TT", given=mbox(texts)).split()  # -e: spam is no failure
        assert len(found) == len(texts), f"bogofilter saw {len(found)} of {len(texts)} messages"
        return [float(word) for word in found]

    return Judge("bogofilter", "sample", "one process for a mailbox of all", score, 0.99)


def wordpress(lists: Path) -> Judge:
    """The community's blocklist as WordPress applies it: a line is a substring, in any case; one hit is enough."""
    # WordPress loops too, with preg_match, which is slower than `in`; one pattern of all lines is slower still.
    found = "\n".join(path.read_text("utf-8") for path in lists.glob("*list.txt")).lower().splitlines()
    words = sorted({line.strip() for line in found} - {""})

    def score(texts: Sequence[str]) -> list[float]:
        return [float(any(word in text for word in words)) for text in map(str.lower, texts)]

    return Judge("WordPress blocklist", f"{len(words):,} fixed words", "`in` for each word", score, 1.0)


def judged(args: argparse.Namespace, train: list[Row], test: list[Row]) -> tuple[list[Any], list[str]]:
    """The figures of all filters, which judge one after the other and are timed in turns; and what is missing."""
    peers = {rspamd: ("rspamd",), spamassassin: ("spamd", "sa-learn"), bogofilter: ("bogofilter",)}
    missing = [peer for peer, commands in peers.items() if not all(map(shutil.which, commands))]
    learnt = {
        side: [row.document.text for row in train if row.spam == (side == "spam")] for side in ("spam", "ham")
    }
    texts = [row.document.text for row in test]
    with contextlib.ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="peers-")))
        base.chmod(0o755)  # for the user of spamd
        judges = ours(args.model, train)
        for peer in (one for one in peers if one not in missing):
            (base / peer.__name__).mkdir()
            judges.append(peer(stack, base / peer.__name__, learnt))
        lists = args.data / "lists" / "wordpress-comment-blocklist"
        judges += [wordpress(lists)] if lists.is_dir() else []
        scores = [judge.score(texts) for judge in judges]  # which warms all up
        for _ in range(args.rounds):  # in turns: a slow spell of the machine hits all
            for judge in judges:
                done, began = 0, time.perf_counter()
                while (took := time.perf_counter() - began) < SECONDS:
                    done += len(judge.score(texts[: args.timed]))
                judge.micros.append(took / done * 1e6)
    results = [
        {"name": judge.name, "trained_on": judge.trained_on, "measured": judge.how, "micros": judge.micros}
        | figures(np.array(found), judge.threshold, test)
        for judge, found in zip(judges, scores, strict=True)
    ]
    absent = [f"{peer.__name__} | not installed: scripts/setup-peers" for peer in missing]
    absent += [] if lists.is_dir() else [f"WordPress blocklist | no list in {lists}"]
    return results, absent


def figures(score: NDArray[np.float64], threshold: float, rows: Sequence[Row]) -> dict[str, Any]:
    """How well a score tells spam from English news; recall is the mean of the sources of spam."""
    spam = np.array([bool(row.spam) for row in rows])
    source = np.array([row.source for row in rows])

    def recall(called: NDArray[np.bool_]) -> dict[str, float]:
        found = {name: float(called[spam & (source == name)].mean()) for name in sorted(set(source[spam]))}
        return {"mean": statistics.fmean(found.values()), **found}

    limits = np.quantile(score[~spam], [1 - share for share in FALSE_POSITIVES], method="higher")
    at = {named(share): recall(score > limit) for share, limit in zip(FALSE_POSITIVES, limits, strict=True)}
    called = score >= threshold
    flagged = {"recall": recall(called), "good": share_of(called[~spam])}
    return {"recall_at": at, "threshold": threshold, **flagged}


def report(about: dict[str, Any]) -> str:
    """The whole page."""
    recalls = " | ".join(f"recall at {named(share)}" for share in FALSE_POSITIVES)
    lines = [
        f"| filter | trained on | {recalls} | own threshold | spam flagged | good flagged | µs a comment | measured |",
        "|---|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    for one in about["results"]:
        recalls = " | ".join(f"{found['mean']:.1%}" for found in one["recall_at"].values())
        own = f"{one['threshold']:g} | {one['recall']['mean']:.1%} | {one['good']['share']:.2%}"
        cells = (one["name"], one["trained_on"], recalls, own, f"{min(one['micros']):,.0f}", one["measured"])
        lines.append(f"| {' | '.join(cells)} |")
    lines += [f"| {name} |{' |' * 7}" for name in about["missing"]]
    table, spam, good = "\n".join(lines), about["judged"]["spam"], about["judged"]["good"]
    return f"""# Our classifier and its peers

Made by `{about["command"]}`; do not edit.

{table}

![speed and recall](peers.png)

- {about["date"]}: {about["machine"]}; {about["processor"]}; model {about["model"]}; {", ".join(about["versions"]) or "no peers"}.
- Sample to learn from: {about["learnt"]} rows, half of them spam, a quarter news, in turns from all sources. Ours is the shipped model,
  which had all rows; “same rows” is the same method on the sample alone.
- Judged: {spam} spam and {good} genuine English comments on news, held out from all filters. Each saw the text alone, the mail
  filters as a minimal mail. Recall is the mean of the sources of spam, above the score that this share of the good ones exceeds;
  0.1% of them is {good // 1000} of {good}: read that column with care. A filter that says yes to more than the share has no recall at it.
- Own threshold: what ours rejects and what it holds, what rspamd (add header) and SpamAssassin mark, bogofilter's cutoff.
- Time: wall, the best of {about["rounds"]} rounds over {about["timed"]} of the texts ({about["timed_spam"]:.0%} spam, {about["letters"]:.0f} characters in the
  mean), in turns; each filter with all its processes on core {CORE}, what asks the daemons on core {min(OTHERS)}.
- rspamd: stock rules without those that ask the network or judge an SMTP connection; Bayes from one token on, its store on the
  same core. SpamAssassin: Debian's rules, `-L`. WordPress: a loop up to the first hit, which PHP does more slowly.
"""


def plot(results: Sequence[Any], title: str, path: Path) -> None:
    """Speed and recall of each filter."""
    from matplotlib.figure import Figure  # a tool of developers

    figure = Figure(figsize=(10, 5.5), layout="constrained")
    axes = figure.subplots()
    shown = {(one["measured"], one["trained_on"]): one for one in results}.values()
    for share, marker in zip(map(named, FALSE_POSITIVES), "os", strict=True):
        places = [(min(one["micros"]), one["recall_at"][share]["mean"]) for one in shown]
        axes.plot(*zip(*places, strict=True), marker, label=f"at {share} false positives")
        for one, place in zip(shown, places, strict=True) if marker == "o" else ():
            axes.annotate(
                one["name"].split(":")[0], place, xytext=(6, 4), textcoords="offset points", fontsize=8
            )
    axes.set(xscale="log", ylim=(-0.03, 1.05), xlabel="µs a comment on one core", ylabel="recall of spam")
    axes.set_title(title, fontsize=8)
    axes.margins(x=0.25)
    axes.legend(loc="lower left")
    figure.savefig(path, dpi=110)


def main() -> None:
    """Prints the table and writes it as Markdown, JSON and a plot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of labelled comments")
    parser.add_argument("--model", type=Path, help="a model other than the shipped one")
    parser.add_argument("--rows", type=int, default=20_000, help="that the peers learn")
    parser.add_argument("--each", type=int, default=100, help="spam of each source that all judge")
    parser.add_argument(
        "--timed", type=int, default=2 * BATCH, help="texts of them that are timed in each round"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "bench" / "results")
    args = parser.parse_args()
    # NumPy's threads too; what is started from here on inherits it.
    for task in Path("/proc/self/task").iterdir():
        os.sched_setaffinity(int(task.name), {CORE})
    train, test = sample(args.data, args.rows, args.each)
    results, missing = judged(args, train, test)
    packages = [name for name in ("rspamd", "spamassassin", "bogofilter") if shutil.which(name)]
    about = {
        "date": time.strftime("%Y-%m-%d"),
        "command": f"python -m bench.peers --data DIR --rows {args.rows} --each {args.each} --timed {args.timed} --rounds {args.rounds}",
        "machine": machine(),
        "processor": "".join(re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())[:1]),
        "model": Classifier.load(args.model).version,
        "versions": run("dpkg-query", "-W", *packages).replace("\t", " ").splitlines() if packages else [],
        "learnt": len(train),
        "judged": dict(Counter("spam" if row.spam else "good" for row in test)),
        "rounds": args.rounds,
        "timed": len(test[: args.timed]),
        "timed_spam": statistics.fmean(bool(row.spam) for row in test[: args.timed]),
        "letters": statistics.fmean(len(row.document.text) for row in test[: args.timed]),
        "missing": missing,
        "results": results,
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "peers.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (args.out / "peers.md").write_text(report(about), "utf-8")
    plot(results, f"{about['machine']}, {about['processor']}", args.out / "peers.png")
    print(report(about))


if __name__ == "__main__":
    main()
