"""Tokens for schemathesis: headquarters' client has one, nobody has none."""

import os

import requests
import schemathesis

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
