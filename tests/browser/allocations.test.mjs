// Unearmarked money goes its way in the browser: an office writes a proposal, the secretariat and the committee judge it,
// members vote on their phones, finance pays, the office spends, and the donor sees what became of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, axe, signIn, startEmpty, tooWide, visitor } from "./platform.mjs";

const PHONE = { viewport: { width: 360, height: 740 }, javaScriptEnabled: false };
const TITLE = "Onward transport from Adre";

let platform;
before(async () => (platform = await startEmpty()));
after(() => platform?.stop());

/// The API, as the client that founding the organisation gave. What a service has not heard of yet is tried again (503).
async function api() {
  const { client_id, client_secret } = platform.founded;
  const form = new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret });
  const tokens = await (await fetch(`${platform.url}/oauth/token`, { method: "POST", body: form })).json();
  const headers = { authorization: `Bearer ${tokens.access_token}`, "content-type": "application/json" };
  const get = async (path) => (await fetch(platform.url + path, { headers })).json();
  const create = async (path, body) => {
    for (let tries = 0; ; tries++) {
      const answer = await fetch(platform.url + path, { method: "POST", headers, body: JSON.stringify(body) });
      if (answer.status === 201) return answer.json();
      // Services hear of offices, people and donors from the bus.
      assert.ok([422, 429, 503].includes(answer.status) && tries < 60, `${path}: ${await answer.text()}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };
  return { get, create };
}

/// Offices, people by their names, a donor's contribution in a pool, a committee of three, and a window that is a draft.
async function scene() {
  const { get, create } = await api();
  const headquarters = platform.founded.office_id;
  const office = async (name, code, kind, parent_id) => (await create("/v1/offices", { name, code, kind, parent_id })).id;
  const region = await office("Regional office, Nairobi", "NBO", "regional", headquarters);
  const country = await office("Country office, Chad", "TCD", "country", region);
  const person = async (name, email, role, office_id) =>
    (await create("/v1/people", { name, email, password: PASSWORD, roles: [{ office_id, role }] })).id;
  const members = [
    await person("Amina Rahimi", "amina@example.org", "committee_member", headquarters),
    await person("Binta Diallo", "binta@example.org", "committee_member", headquarters),
    await person("Clara Moreno", "clara@example.org", "committee_member", headquarters),
  ];
  await person("Tomás Rivera", "tomas@example.org", "donor_relations_officer", headquarters);
  await person("Farid Haddad", "farid@example.org", "finance_officer", headquarters);
  await person("Grace Wanjiru", "grace@example.org", "regional_officer", region);
  await person("Mahamat Idriss", "mahamat@example.org", "country_officer", country);
  await person("Nadia Saleh", "nadia@example.org", "finance_officer", country);
  const donor_id = (await create("/v1/donors", { name: "Norway", type: "government" })).id;
  await create("/v1/people", { name: "Ingrid Solberg", email: "ingrid@example.org", password: PASSWORD, donor_id });
  const usd = (amount) => ({ amount, currency: "USD" });
  await create("/v1/contributions", { donor_id, status: "paid", earmarking: "unearmarked", amount: usd("1000000.00") });
  const pool_id = (await create("/v1/pools", { name: "Unearmarked", intake: {} })).id;
  const committee = { name: "Allocation committee", decision_by: "committee", time_zone: "Europe/Zurich" };
  const committee_id = (await create("/v1/committees", committee)).id;
  for (const [index, person_id] of members.entries()) {
    const kind = index === 0 ? "chair" : "member";
    await create(`/v1/committees/${committee_id}/seats`, { person_id, office_id: headquarters, kind, from: "2020-01-01" });
  }
  const window = await create("/v1/allocation-windows", {
    pool_id, committee_id, kind: "reserve", title: "Reserve for Chad", strategy: { en: "Where no other money comes." },
    envelope: usd("800000.00"), opens_at: "2020-01-01T00:00:00Z", closes_at: "2099-01-01T00:00:00Z", time_zone: "Europe/Zurich",
    eligibility: { most: usd("600000.00"), countries: ["TCD"], is_regional_endorsement_needed: true },
    criteria: [{ name: "Need", weight: 60, max_points: 5 }, { name: "Past support", weight: 40, max_points: 10 }],
    reviews_needed: 2,
  });
  for (let tries = 0; (await get(`/v1/pools/${pool_id}`)).totals?.available.amount !== "1000000.00"; tries++) {
    assert.ok(tries < 60, "the pool has the contribution");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return { get, pool: pool_id, window: window.id };
}

/// Presses a button that sends a form, and waits for the page that it leads to.
async function press(page, button) {
  await Promise.all([page.waitForEvent("load"), button.click()]);
  assert.equal(await page.locator(".error-summary").count(), 0, await page.locator("main").innerText());
}

/// Takes a step of the record that a page shows, whether it asks in a dialog or in a panel.
async function take(page, step, fields = {}) {
  const form = page.locator(`form[action$="/${step}"]`).first();
  const dialog = page.locator(`button[popovertarget="ask-${step}"]:not([popovertargetaction])`).first();
  if (await dialog.count()) await dialog.click();
  else await page.locator("details", { has: page.locator(`form[action$="/${step}"]`) }).locator("summary").first().click();
  for (const [name, value] of Object.entries(fields)) await form.locator(`[name="${name}"]`).fill(value);
  await press(page, form.locator("button:not([type=button])").last());
}

test("unearmarked money goes from the donor to a project and back to the donor's page", async (t) => {
  const { get, pool, window } = await scene();
  const visitors = [];
  const person = async (name, options) => {
    const found = await visitor(platform, options);
    visitors.push(found);
    await signIn(found.page, `${name}@example.org`);
    return found.page;
  };
  const [secretary, officer, region, finance] = [
    await person("tomas"), await person("mahamat"), await person("grace"), await person("farid"),
  ];
  const [amina, binta, clara] = [await person("amina", PHONE), await person("binta", PHONE), await person("clara", PHONE)];

  // The window opens, and the office writes.
  await secretary.goto(`/en/console/windows/${window}`);
  await take(secretary, "open");
  await officer.goto(`/en/console/proposals/new?window_id=${window}`);
  for (const [field, value] of Object.entries({
    title: TITLE, category: "Emergency", start_date: "2026-01-01", end_date: "2026-12-31", need: "The road is cut.",
    strategy_fit: "It is the first aim.", risks: "Rain.", "results-0-indicator": "People transported",
    "results-0-target": "12,000", asked: "500,000", least: "500,000", "budget-0-description": "Buses", "budget-0-amount": "500,000",
  })) await officer.fill(`[id="${field}"]`, value);
  await officer.selectOption("#countries", ["TCD"]);
  await officer.selectOption("#visibility", "donor");
  await press(officer, officer.locator("button[value=save]:not(.hidden)"));
  const record = new URL(officer.url()).pathname;
  assert.match(record, /\/console\/proposals\/[0-9a-f-]{36}$/);
  await region.goto(record);
  await take(region, "endorse");
  await officer.goto(record);
  await take(officer, "submit");

  // Screening, two reviews, the shortlist.
  await secretary.goto(record);
  await press(secretary, secretary.locator('form[action$="/screening"] button').last());
  for (const [page, points] of [[amina, ["5", "8"]], [binta, ["4", "6"]]]) {
    await page.goto(record);
    for (const [index, value] of points.entries()) await page.fill(`#scores-${index}-points`, value);
    await press(page, page.locator('form[action$="/score-sheet"] button[value=submit]'));
  }
  await secretary.goto(record);
  assert.equal(await secretary.locator(".badge.state-scored").count(), 1);
  await take(secretary, "shortlist");

  // The committee meets.
  await secretary.goto("/en/console/meetings/new");
  await secretary.fill("#place", "Geneva, room 4");
  await secretary.fill("#starts_at", "2020-01-15T10:00");
  await press(secretary, secretary.locator("main form.form > button").last());
  const meeting = new URL(secretary.url()).pathname;
  assert.match(meeting, /\/console\/meetings\/[0-9a-f-]{36}$/);
  await secretary.goto(`${meeting}/agenda`);
  await secretary.selectOption("#proposal_id", { index: 1 });
  await secretary.fill("#title", TITLE);
  await press(secretary, secretary.locator('form[action$="/items"] button').last());
  await secretary.goto(meeting);
  await take(secretary, "convene", { short_notice_reason: "The rains begin" });
  await take(secretary, "open");
  for (let here = 0; here < 3; here++) {
    await press(secretary, secretary.locator('form[action$="/present"] button[value=room]').first());
  }
  await secretary.locator("main a[href*='/motions/new']").first().click();
  await secretary.selectOption("#mover_id", { index: 0 });
  await secretary.selectOption("#resolution", "approve");
  await secretary.fill("#reason", "No other money comes");
  await press(secretary, secretary.locator('form[action$="/motions"] button').last());
  await secretary.goto(meeting);
  await secretary.locator("main article a[href*='/console/motions/']").first().click();
  await secretary.waitForURL(/\/console\/motions\/[0-9a-f-]{36}/);
  const motion = new URL(secretary.url()).pathname;
  await take(secretary, "open");

  // On a phone, without a script: the open motion comes first, with three buttons.
  for (const [page, vote] of [[amina, "yes"], [binta, "yes"], [clara, "no"]]) {
    await page.goto(meeting);
    assert.equal(await tooWide(page), 0);
    await press(page, page.locator(`button[name=vote][value=${vote}]`));
    assert.equal(await page.locator(`button[name=vote][value=${vote}][aria-pressed=true]`).count(), 1);
  }
  await secretary.goto(motion);
  await take(secretary, "close");
  assert.equal(await secretary.locator(".badge.motion-passed").count(), 1);
  assert.deepEqual(await axe(secretary), []);
  const totals = async () => (await get(`/v1/pools/${pool}`)).totals;
  const amounts = async (...stages) => {
    const found = await totals();
    return Object.fromEntries(stages.map((stage) => [stage, found[stage].amount]));
  };
  assert.deepEqual(await amounts("available", "allocated"), { available: "500000.00", allocated: "500000.00" });

  // One person writes the minutes, the chair signs them.
  await secretary.goto(meeting);
  await take(secretary, "close");
  await secretary.goto(`${meeting}/minutes`);
  await secretary.fill("#items-0-text", "The road is cut until June.");
  await press(secretary, secretary.locator('main form.form[action$="/minutes"] button').last());
  await amina.goto(`${meeting}/minutes`);
  await press(amina, amina.locator('form[action$="/minutes/sign"] button'));
  assert.match(await amina.locator("code.hash").innerText(), /^[0-9a-f]{64}$/);
  assert.equal(await secretary.goto(`${meeting}/minutes`).then(() => secretary.locator("main form.form").count()), 0, "signed minutes stay");

  // Finance pays, the office spends and gives back.
  await finance.goto(record);
  await take(finance, "disburse", { amount: "300,000" });
  const accounts = await person("nadia");
  await accounts.goto(record);
  await take(accounts, "spend", { amount: "120,000" });
  await take(accounts, "return", { amount: "30,000" });
  assert.deepEqual(await amounts("allocated", "disbursed", "spent", "returned"), {
    allocated: "200000.00", disbursed: "150000.00", spent: "120000.00", returned: "30000.00",
  });

  // The donor sees it all: half of the contribution, of which 120,000 are spent.
  const donor = await person("ingrid");
  await donor.goto("/en/donor/unearmarked");
  const row = await donor.locator("main tbody tr", { hasText: TITLE }).first().innerText();
  assert.match(row, /Chad/);
  assert.match(row, /500,000/);
  assert.match(row, /120,000/);
  assert.deepEqual(await axe(donor), []);
  await donor.locator("main th a[href*='/donor/unearmarked/']").first().click();
  await donor.waitForURL(/\/donor\/unearmarked\/[0-9a-f-]{36}$/);
  assert.match(await donor.locator("main").innerText(), new RegExp(TITLE));

  t.diagnostic(`${visitors.length} people`);
  for (const { context, complaints } of visitors) {
    assert.deepEqual(complaints, []);
    await context.close();
  }
});
