"""Schemathesis on every operation of the API: as headquarters' client, then as nobody.

A failure that the state of the records decides, and not the document, stands in `known.json` with its reason; another one
fails the run. `--record` adds what a run found, to be looked at and given a reason by hand.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
# What is answered to a well-formed request for a record that is not there, or not in the state that the action needs.
EXPECTED = "[2xx, 401, 403, 404, 406, 409, 412, 429]"


def run(who: str, arguments: argparse.Namespace, seed: int) -> bool:
    known = FOLDER / f"known-{who}.json"
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "--config-file",
        str(FOLDER / "schemathesis.toml"),
        "run",
        arguments.document,
        "--url",
        os.environ["PASSERELLE_URL"],
        "--checks=all",
        f"--max-examples={arguments.examples}",
        f"--seed={seed}",
        f"--baseline={known}",
        "--workers=2",
        "--continue-on-failure",
        "--no-color",
        "--generation-database=none",
    ]
    if arguments.record:
        command.append("--baseline-update")
    # Following links has no end of its own: within bounds it tries single operations, unbounded it goes from one to another.
    if not arguments.unbounded:
        command.append("--phases=examples,coverage,fuzzing")
    environment = dict(os.environ, SCHEMATHESIS_HOOKS="hooks", PASSERELLE_WHO=who, PYTHONPATH=str(FOLDER))
    print(f"schemathesis as {who}: seed {seed}, {len(entries(known))} known failures", flush=True)
    return subprocess.run(command, env=environment, cwd=FOLDER, check=False).returncode == 0


def entries(known: Path) -> list[dict]:
    return json.loads(known.read_text())["entries"] if known.exists() else []


def without_reason() -> list[str]:
    found = []
    for who in ("headquarters", "nobody"):
        for entry in entries(FOLDER / f"known-{who}.json"):
            if not entry.get("reason") or "status" not in entry:
                found.append(f"known-{who}.json: {entry['operation']} ({entry['check']}) has no status or reason")
    return found


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("document")
    parser.add_argument("--examples", type=int, default=30)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--unbounded", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--who", choices=["headquarters", "nobody"])
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(2**32)
    people = [arguments.who] if arguments.who else ["headquarters", "nobody"]
    passed = [run(who, arguments, seed) for who in people]
    complaints = [] if arguments.record else without_reason()
    print("\n".join(complaints))
    return 0 if all(passed) and not complaints else 1


if __name__ == "__main__":
    sys.exit(main())
