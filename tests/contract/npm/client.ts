// What a partner system does with a client generated from the API's document (docs/integrators.md).

import createClient from "openapi-fetch";
import type { components, paths } from "./passerelle.js";

declare const process: { env: Record<string, string | undefined> };

type Donor = components["schemas"]["Donor"];
type DonorFields = components["schemas"]["DonorFields"];

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function assert(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

// Problems have a media type of their own.
type Json = "application/json" | "application/problem+json";

const api = createClient<paths, Json>({ baseUrl: needed("PASSERELLE_URL") });

async function signIn(): Promise<void> {
  const { data, error } = await api.POST("/oauth/token", {
    body: {
      grant_type: "client_credentials",
      client_id: needed("PASSERELLE_CLIENT_ID"),
      client_secret: needed("PASSERELLE_CLIENT_SECRET"),
    },
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    bodySerializer: (form) => new URLSearchParams(Object.entries(form).map(([name, value]) => [name, String(value)])),
  });
  if (error) throw new Error(`${error.code}: ${error.detail}`);
  const authorization = `Bearer ${data.access_token}`;
  api.use({
    onRequest({ request }) {
      request.headers.set("Authorization", authorization);
      return request;
    },
  });
}

/// The same key twice makes one record.
async function create(name: string): Promise<Donor> {
  const body: DonorFields = { name, type: "government" };
  const key = crypto.randomUUID();
  const sendOnce = () => api.POST("/v1/donors", { body, params: { header: { "Idempotency-Key": key } } });
  const first = await sendOnce();
  const second = await sendOnce();
  if (first.error || second.error) throw new Error(JSON.stringify(first.error ?? second.error));
  assert(second.response.headers.get("Idempotency-Replayed") === "true", "the repetition is told");
  assert(first.data.id === second.data.id, "one key, one donor");
  return first.data;
}

async function list(): Promise<Donor[]> {
  const found: Donor[] = [];
  let cursor: string | undefined;
  do {
    const { data, error } = await api.GET("/v1/donors", { params: { query: { limit: 2, cursor } } });
    if (error) throw new Error(error.detail ?? error.title);
    found.push(...data.items);
    cursor = data.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return found;
}

/// With the version that was read; a second change with it is refused.
async function update(id: string): Promise<void> {
  const read = await api.GET("/v1/donors/{id}", { params: { path: { id } } });
  if (read.error) throw new Error(read.error.detail ?? read.error.title);
  const version = read.response.headers.get("ETag");
  assert(version !== null, "a record has a version");
  const body: DonorFields = { name: read.data.name, type: read.data.type, short_name: "TS" };
  const change = () =>
    api.PUT("/v1/donors/{id}", { body, params: { path: { id }, header: { "If-Match": version } } });
  const changed = await change();
  assert(changed.data?.short_name === "TS", JSON.stringify(changed.error));
  const stale = await change();
  assert(stale.error?.code === "stale_version", "a stale version is refused");
}

async function upload(): Promise<void> {
  const table = "external_ref,donor,status,amount,currency\nts-1,TypeScript 1,paid,100.00,USD\n";
  const { data, error } = await api.POST("/v1/imports", {
    params: { query: { format: "csv", source: "typescript", dry_run: true } },
    body: { file: [table] },
    bodySerializer: (form) => {
      const parts = new FormData();
      for (const file of (form as { file: string[] }).file) parts.append("file", new Blob([file]), "table.csv");
      return parts;
    },
  });
  if (error) throw new Error(error.detail ?? error.title);
  assert(data.files[0] === "table.csv", "the file has its name");
}

async function download(id: string): Promise<void> {
  const { data, error } = await api.GET("/v1/donors/{id}/statement", {
    params: { path: { id } },
    parseAs: "arrayBuffer",
  });
  if (error) throw new Error(JSON.stringify(error));
  assert(new TextDecoder().decode(data.slice(0, 5)) === "%PDF-", "a statement is a PDF");
}

await signIn();
const donors: Donor[] = [];
for (const number of [1, 2, 3]) donors.push(await create(`TypeScript ${number}`));
const [first] = donors;
assert(first !== undefined, "three were made");
const known = new Set((await list()).map((donor) => donor.id));
assert(donors.every((donor) => known.has(donor.id)), "every donor is on a page");
await update(first.id);
await upload();
await download(first.id);
console.log(`TypeScript: ${known.size} donors on pages of 2, one made once, changed, imported, printed`);
