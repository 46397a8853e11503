"""What schemathesis must know of this API: tokens, and that a key is used once.

Headquarters' client has a token, nobody has none.
"""

import ast
import os
import re
import threading
import uuid

import requests
import schemathesis

# Python 3.11 counts how deep the syntax trees that it makes are once for all threads: two that make some at one time end
# with "AST constructor recursion depth mismatch" (https://github.com/python/cpython/issues/106905). Hypothesis does so to
# name its strategies, in both of schemathesis' threads.
_one_tree_at_a_time = threading.RLock()
_parse = ast.parse


def _parse_alone(*arguments, **named):
    with _one_tree_at_a_time:
        return _parse(*arguments, **named)


ast.parse = _parse_alone

if os.environ["PASSERELLE_WHO"] == "headquarters":

    @schemathesis.auth(refresh_interval=600)
    class Token:
        def get(self, case, context):
            answer = requests.post(
                os.environ["PASSERELLE_URL"] + "/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(os.environ["PASSERELLE_CLIENT_ID"], os.environ["PASSERELLE_CLIENT_SECRET"]),
                timeout=30,
            )
            answer.raise_for_status()
            return answer.json()["access_token"]

        def set(self, case, data, context):
            case.headers = case.headers or {}
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Two requests that were made up apart are not one request sent twice: a well-formed key becomes one of its own."""
    # People made a moment ago may not be known everywhere: the API waits two seconds for one it does not know.
    for name in ("focal_point_id", "responsible_id"):
        if isinstance(case.body, dict) and isinstance(case.body.get(name), str):
            case.body[name] = None
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(r"[!-~]([ -~]*[!-~])?", key) and len(key) <= 255:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
