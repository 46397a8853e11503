"""Schemathesis on every operation of the API: as headquarters' client and as nobody, at the same time.

A failure that the state of the records decides, and not the document, stands in `known.json` as operation, status (the
signature) and reason; another one fails the run. The list may become shorter, and no longer than `MAX_KNOWN`.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
KNOWN = FOLDER / "known.json"
# How many known failures there may be: only ever made smaller, or larger by those of a new operation.
MAX_KNOWN = 245


def start(who: str, arguments: argparse.Namespace, seed: int) -> subprocess.Popen:
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "--config-file",
        str(FOLDER / "schemathesis.toml"),
        "run",
        arguments.document,
        "--url",
        os.environ["PASSERELLE_URL"],
        "--checks=all",
        f"--seed={seed}",
        f"--baseline={KNOWN}",
        "--workers=2",
        "--continue-on-failure",
        "--no-color",
        "--generation-database=none",
    ]
    # The coverage goes through every bound of every input; what is made up beyond that is for whoever has the time.
    phases = ["examples", "coverage"]
    if arguments.examples:
        phases.append("fuzzing")
        command.append(f"--max-examples={arguments.examples}")
    # Following links has no end of its own: within bounds it tries single operations, unbounded it goes from one to another.
    if not arguments.unbounded:
        command.append(f"--phases={','.join(phases)}")
    environment = dict(os.environ, SCHEMATHESIS_HOOKS="hooks", PASSERELLE_WHO=who, PYTHONPATH=str(FOLDER))
    output = (FOLDER / f"schemathesis-{who}.log").open("w+")
    return subprocess.Popen(command, env=environment, cwd=FOLDER, stdout=output, stderr=subprocess.STDOUT)


def complaints() -> list[str]:
    known = json.loads(KNOWN.read_text())["entries"]
    found = []
    if len(known) > MAX_KNOWN:
        found.append(f"{KNOWN.name} has {len(known)} entries: at most {MAX_KNOWN} are allowed")
    for entry in known:
        if not entry.get("reason"):
            found.append(f"{KNOWN.name}: {entry['operation']} ({entry['signature']}) has no reason")
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("document")
    parser.add_argument("--examples", type=int, default=30)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--unbounded", action="store_true")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(2**32)
    print(f"schemathesis: seed {seed}, {arguments.examples} examples, at most {MAX_KNOWN} known failures", flush=True)
    running = {who: start(who, arguments, seed) for who in ("headquarters", "nobody")}
    passed = True
    for who, process in running.items():
        code = process.wait()
        lines = (FOLDER / f"schemathesis-{who}.log").read_text().splitlines()
        # Of a run that passed, the summary.
        summary = next((at for at, line in enumerate(lines) if " SUMMARY " in line), 0)
        print(f"as {who}:", *(lines if code else lines[summary:]), sep="\n", flush=True)
        passed = passed and code == 0
    found = complaints()
    print("\n".join(found))
    return 0 if passed and not found else 1


if __name__ == "__main__":
    sys.exit(main())
