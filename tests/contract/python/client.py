"""What a partner system does with a client generated from the API's document (docs/integrators.md)."""

import os
import uuid
from http import HTTPStatus

from passerelle import AuthenticatedClient, Client
from passerelle.api.donors import (
    get_donors_id,
    get_donors_id_statement,
    list_donors,
    post_donors,
    put_donors_id,
)
from passerelle.api.imports import post_imports
from passerelle.api.sign_in import post_oauth_token
from passerelle.models import Donor, DonorFields, DonorType, GrantType, ImportForm, ImportFormat, TokenRequest
from passerelle.types import File

URL = os.environ["PASSERELLE_URL"]


def sign_in() -> AuthenticatedClient:
    request = TokenRequest(
        grant_type=GrantType.CLIENT_CREDENTIALS,
        client_id=os.environ["PASSERELLE_CLIENT_ID"],
        client_secret=os.environ["PASSERELLE_CLIENT_SECRET"],
    )
    tokens = post_oauth_token.sync(client=Client(base_url=URL), body=request)
    return AuthenticatedClient(base_url=URL, token=tokens.access_token, timeout=60)


def create(client: AuthenticatedClient, name: str) -> Donor:
    """The same key twice makes one record."""
    key, body = str(uuid.uuid4()), DonorFields(name=name, type_=DonorType.GOVERNMENT)
    first = post_donors.sync_detailed(client=client, body=body, idempotency_key=key)
    second = post_donors.sync_detailed(client=client, body=body, idempotency_key=key)
    assert first.status_code == second.status_code == HTTPStatus.CREATED, first
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.parsed.id == second.parsed.id
    return first.parsed


def pages(client: AuthenticatedClient) -> list[Donor]:
    found, cursor = [], {}
    while True:
        page = list_donors.sync(client=client, limit=2, **cursor)
        found.extend(page.items)
        if page.next_cursor is None:
            return found
        cursor = {"cursor": page.next_cursor}


def update(client: AuthenticatedClient, donor: Donor) -> None:
    """With the version that was read; a second change with it is refused."""
    read = get_donors_id.sync_detailed(donor.id, client=client)
    version = read.headers["ETag"]
    body = DonorFields(name=read.parsed.name, type_=read.parsed.type_, short_name="PY")
    changed = put_donors_id.sync(donor.id, client=client, body=body, if_match=version)
    assert isinstance(changed, Donor) and changed.short_name == "PY", changed
    stale = put_donors_id.sync(donor.id, client=client, body=body, if_match=version)
    assert stale.code == "stale_version", stale


def upload(client: AuthenticatedClient) -> None:
    table = b"external_ref,donor,status,amount,currency\npy-1,Python 1,paid,100.00,USD\n"
    form = ImportForm(file=[File(payload=table, file_name="table.csv", mime_type="text/csv")])
    import_ = post_imports.sync(client=client, body=form, format_=ImportFormat.CSV, source="python", dry_run=True)
    assert import_.files == ["table.csv"], import_


def download(client: AuthenticatedClient, donor: Donor) -> None:
    statement = get_donors_id_statement.sync(donor.id, client=client)
    assert statement.payload.read(5) == b"%PDF-"


def main() -> None:
    client = sign_in()
    donors = [create(client, f"Python {number}") for number in (1, 2, 3)]
    known = {donor.id for donor in pages(client)}
    assert all(donor.id in known for donor in donors)
    update(client, donors[0])
    upload(client)
    download(client, donors[0])
    print(f"Python: {len(known)} donors on pages of 2, one made once, changed, imported, printed")


if __name__ == "__main__":
    main()
