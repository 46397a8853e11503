// Every page in a real browser: three languages, three widths, with and without JavaScript, light and dark, by keyboard,
// on a slow line.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PASSWORD, axe, signIn, start, tooWide, visitor } from "./platform.mjs";

const LANGUAGES = ["en", "fr", "es"];
const WIDTHS = [360, 768, 1280];
const SLOW = { offline: false, latency: 400, downloadThroughput: 400_000 / 8, uploadThroughput: 400_000 / 8 };

let platform;
before(async () => (platform = await start()));
after(() => platform?.stop());

const href = (page, selector) => page.locator(selector).first().getAttribute("href");

/// The pages of each kind of reader, found as a reader finds them: by following links.
async function pagesOf(page, who, language) {
  const at = (path) => `/${language}${path}`;
  if (who === "public") {
    await page.goto(at(""));
    const plan = await href(page, "main a[href*='/plans/']");
    const country = await href(page, "main tbody th a[href*='/countries/']");
    await page.goto(at("/donors"));
    const donor = await href(page, "main tbody th a");
    const fixed = ["", "/plans", "/plans?q=sudan", "/donors", "/flows", "/archive", "/data", "/about", "/figures", `/unearmarked/${new Date().getUTCFullYear()}`, "/search?q=a", "/search?q=sudna", "/sign-in"].map(at);
    return [...fixed, plan, country, donor, at("/nothing-here"), at("/invitation?token=x"), at("/forgot-password"), at("/forgot-password?sent=1"), at("/password-reset?token=x")];
  }
  if (who === "donor") {
    await signIn(page, "donor@demo.example", language);
    const first = async (path) => (await page.goto(at(path)), href(page, "main tbody th a"));
    const records = [await first("/donor/contributions"), await first("/donor/agreements"), await first("/donor/reports"), await first("/donor/unearmarked")];
    const fixed = ["/donor", "/donor?scope=all", "/donor/contributions", "/donor/unearmarked", "/donor/agreements", "/donor/reports", "/donor/reports?owed=true", "/donor/data", "/profile", "/account/security", "/notifications"];
    return [...fixed.map(at), ...records];
  }
  if (who === "country") {
    await signIn(page, "country@demo.example", language);
    await page.goto(at("/console/reports?state=returned"));
    const report = await href(page, "main tbody th a");
    await page.goto(at("/console/agreements?state=draft"));
    await page.goto(at("/console/agreements?state=negotiation"));
    const agreement = await href(page, "main tbody th a");
    await page.goto(at("/console/contributions?status=pledge"));
    const pledge = await href(page, "main tbody th a");
    return [at("/console"), agreement, `${agreement}/edit`, report, pledge, at("/console/contributions/new"), at("/account/security")];
  }
  if (who === "offices") {
    await signIn(page, "admin@demo.example", language);
    const offices = at("/console/offices");
    await page.goto(`${offices}?q=chad`);
    const office = await href(page, "main tbody th a");
    return [offices, `${offices}?kind=country&state=open`, office, `${office}/edit`, `${office}/close`, `${offices}/new`, at(`/console/people?role_office_id=${office.split("/").at(-1)}`)];
  }
  if (who === "roles") {
    await signIn(page, "admin@demo.example", language);
    await page.goto(at("/console/clients"));
    const client = await href(page, "main tbody th a");
    return [...["/console/roles", "/console/roles?permission=agreements:write&is_built_in=true", "/console/roles/new", "/console/roles/built-in/head_of_office", "/console/clients", "/console/clients?state=active", "/console/clients/new"].map(at), client, `${client}/edit`];
  }
  if (who === "accounts") {
    await signIn(page, "admin@demo.example", language);
    const first = async (path) => (await page.goto(at(path)), href(page, "main tbody th a"));
    const [person, one] = [await first("/console/people?q=claire"), await first("/console/representatives")];
    const donor = await first("/console/donors?q=norway");
    const invite = at(`/console/representatives/new?donor_id=${donor.split("/").at(-1)}`);
    const lists = ["/console/people", "/console/people?role=country_officer&state=active", "/console/people/new", "/console/representatives", "/console/representatives?state=invited", "/console/representatives/new"];
    return [...lists.map(at), person, `${person}/edit`, donor, invite, one, `${one}/edit`];
  }
  if (who === "windows") {
    await signIn(page, "officer@demo.example", language);
    await page.goto(at("/console/windows"));
    const allocation = await href(page, "main tbody th a");
    return ["/console/windows", "/console/windows?view=timeline", "/console/windows?state=open&kind=standard", "/console/windows/new"].map(at)
      .concat([allocation, `${allocation}/edit`, `${allocation}/board`, `${allocation}/board?show=above`, `${allocation}/what-if`, `${allocation}/scenarios`]);
  }
  if (who === "pools") {
    await signIn(page, "officer@demo.example", language);
    const first = async (path) => (await page.goto(at(path)), href(page, "main tbody th a"));
    const [pool, committee] = [await first("/console/pools"), await first("/console/committees")];
    const lists = ["/console/pools", "/console/pools/new", "/console/committees", "/console/committees/new"].map(at);
    const ofPool = ["", "/edit", "/lots", "/lots?is_uncovered=true", "/entries", "/entries?kind=receive", "/positions", "/positions?account=available"];
    const ofCommittee = ["", "/edit", "/seats", "/seats/new", "/rules", "/rules/new"];
    return [...lists, ...ofPool.map((page) => `${pool}${page}`), ...ofCommittee.map((page) => `${committee}${page}`)];
  }
  if (who === "proposals") {
    await signIn(page, "country@demo.example", language);
    const proposals = at("/console/proposals");
    await page.goto(`${proposals}/new`);
    const begin = await href(page, "main a[href*='window_id=']");
    await page.goto(proposals);
    const proposal = await href(page, "main tbody th a");
    return [proposals, `${proposals}?state=submitted&country=TCD`, proposal, `${proposal}/copy`, `${proposals}/new`, begin];
  }
  if (who === "screening") {
    await signIn(page, "officer@demo.example", language);
    const proposals = at("/console/proposals");
    const first = async (state) => (await page.goto(`${proposals}?state=${state}`), href(page, "main tbody th a"));
    return [proposals, await first("submitted"), await first("shortlisted"), await first("draft")];
  }
  if (who === "auditor") {
    await signIn(page, "auditor@demo.example", language);
    return ["", "?trail=donors", "?trail=crisis", "?trail=allocations", "?trail=donors&resource=donor&action=donor.create", "?who=nobody"].map((query) => at(`/console/audit${query}`));
  }
  await signIn(page, "officer@demo.example", language);
  await page.goto(at("/console/agreements"));
  const agreement = await href(page, "main tbody th a");
  await page.goto(at("/console/reports?state=hq_clearance"));
  const report = await href(page, "main tbody th a");
  await page.goto(at("/console/donors?q=norway"));
  const donor = await href(page, "main tbody th a");
  await page.goto(at("/console/contributions?status=pledge"));
  const contribution = await href(page, "main tbody th a");
  await page.goto(at("/console/unearmarked-reports"));
  const unearmarked = await href(page, "main tbody th a");
  await page.goto(at("/console/imports"));
  const imported = await href(page, "main tbody th a");
  const views = ["", "?view=board", "?view=calendar", "?view=punctuality"].map((view) => at(`/console/reports${view}`));
  return [at("/console"), ...views, report, at("/console/agreements"), at("/console/agreements?columns=start&columns=country&sort=end_date"), agreement, at("/console/agreements/new"), at("/profile"), at("/notifications"), at("/notifications/allocations"), at("/console/vulnerability-index"), at("/console/search?q=sudan"), at("/console/style-guide"), at("/console/publication"), at("/console/donors"), donor, `${donor}/contacts/new`, `${donor}/edit`, `${donor}/timeline`, `${donor}/duplicates`, at("/console/donors/new"), at("/console/contributions"), contribution, at("/console/contributions/new"), at("/console/exchange-rates"), at("/console/signature-rule"), at("/console/clearance-rule"), at("/console/who-we-are"), at("/console/organisation"), at("/console/focal-points"), ...["/console/meetings", "/console/meetings?state=open", "/console/meetings/new", "/console/allocation-decisions", "/console/circulations", "/console/circulations/new", "/console/shortfalls", "/console/shortfalls?state=open", "/console/allocation-suggestions"].map(at), at("/console/contributions?scope=all"), at("/console/contributions/twice"), at("/console/contributions/twice?min_points=5"), at("/console/diversification?scope=all"), at("/console/diversification"), at("/console/diversification/donors?year=2026&measure=total"), at("/console/governance?report=by_region"), at("/console/unearmarked-reports"), at("/console/unearmarked-reports/new"), unearmarked, `${unearmarked}/edit`, at("/console/imports"), imported];
}

/// Presses a button that leads to an import, and waits until that has ended so.
async function sent(page, button, state) {
  const before = page.url();
  await page.click(button);
  await page.waitForURL((url) => String(url) !== before && /\/console\/imports\/[0-9a-f-]{36}/.test(url.pathname));
  for (let tries = 0; tries < 50 && !(await page.locator(`main .badge.${state}`).count()); tries++) {
    await page.waitForTimeout(200);
    await page.reload();
  }
  assert.equal(await page.locator(`main .badge.${state}`).count(), 1);
}

async function checked(page, path, language, complaints) {
  const answer = await page.goto(path);
  const gone = path.includes("nothing-here");
  assert.equal(answer.status(), gone ? 404 : 200, path);
  assert.equal(await page.locator("html").getAttribute("lang"), language, path);
  assert.equal(await page.locator("h1").count(), 1, `${path} has one heading of the first level`);
  assert.deepEqual(complaints, [], path);
}

for (const language of LANGUAGES) {
  for (const who of ["public", "donor", "officer", "country", "offices", "roles", "accounts", "windows", "pools", "proposals", "screening", "auditor"]) {
    test(`${who}, ${language}: pages fit every width and axe finds nothing`, async () => {
      const { context, page, complaints } = await visitor(platform);
      for (const path of await pagesOf(page, who, language)) {
        await checked(page, path, language, complaints);
        // What axe looks at is the same in every language but for what texts do to the layout, which is narrowest first.
        const everything = language === "en";
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          assert.equal(await tooWide(page), 0, `${path} is wider than ${width} px`);
          if (everything ? width !== 768 : width === 360) assert.deepEqual(await axe(page), [], `${path} at ${width} px`);
        }
        if (!everything) continue;
        await page.emulateMedia({ colorScheme: "dark" });
        assert.deepEqual(await axe(page), [], `${path} in the dark`);
        await page.emulateMedia({ colorScheme: "light" });
      }
      await context.close();
    });
  }
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`an administrator makes a role and an API client, rotates its secret and revokes it, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "admin@demo.example");
    await page.goto("/en/console/roles/new");
    const name = `Grants ${how}`;
    await page.fill("#name", name);
    await page.check("input[name=permissions][value='plans:read']");
    await page.check("input[name=permissions][value='imports:write']");
    await page.click("main form button");
    await page.waitForURL(/\/console\/roles\/[0-9a-f-]{36}\?done=created$/);
    assert.equal(await page.textContent("h1"), name);
    assert.match(await page.locator(".notice.good").innerText(), /created/);
    await page.goto("/en/console/roles?is_built_in=false");
    await page.click(`main tbody a:has-text("${name}")`);
    await page.click("main button:has-text('Delete')");
    await page.check("#delete-sure");
    await page.click("#ask-delete form button:not([type=button])");
    await page.waitForURL(/\/console\/roles\?done=deleted$/);
    assert.match(await page.locator(".notice.good").innerText(), /deleted/);
    assert.equal(await page.locator(`main tbody a:has-text("${name}")`).count(), 0);

    await page.goto("/en/console/clients/new");
    await page.fill("#name", name);
    await page.check("input[name=scopes][value='plans:read']");
    await page.click("main form button");
    const first = await page.inputValue("#client_secret");
    assert.match(first, /^[0-9a-f]{64}$/);
    await page.click("main a.button");
    await page.click("main button:has-text('Create another secret')");
    await page.click("#ask-secrets form button:not([type=button])");
    const second = await page.inputValue("#client_secret");
    assert.notEqual(second, first);
    await page.click("main a.button");
    await page.waitForURL(/\/console\/clients\/[0-9a-f-]{36}$/);
    assert.equal(await page.locator(".secrets li").count(), 2);
    await page.locator(".secrets li button").first().click();
    await page.locator(".secrets li [popover] input[type=checkbox]").first().check();
    await page.locator(".secrets li [popover] form button:not([type=button])").first().click();
    await page.locator(".secrets li").nth(1).waitFor({ state: "detached" });
    assert.equal(await page.locator(".secrets li").count(), 1);
    assert.match(await page.locator(".notice.good").innerText(), /secret has been removed/);
    await page.click("main button:has-text('Revoke')");
    await page.check("#revoke-sure");
    await page.click("#ask-revoke form button:not([type=button])");
    await page.locator("main .badge.rejected").waitFor();
    assert.equal(await page.locator(".secrets").count(), 0);
    assert.match(await page.locator(".notice.good").innerText(), /revoked/);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`an officer drafts an allocation window, is told what it lacks, opens it and cancels it, ${how}`, async () => {
    const { context, page } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "officer@demo.example");
    await page.goto("/en/console/windows/new");
    const title = `Window ${how}`;
    await page.fill("#title", title);
    await page.selectOption("#pool_id", { index: 1 });
    await page.selectOption("#committee_id", { index: 1 });
    await page.selectOption("#time_zone", "Europe/Zurich");
    await page.fill("#envelope", "10,000");
    await page.fill("#opens_at", "2026-01-05T09:00");
    await page.fill("#closes_at", "2035-07-02T18:00");
    await page.fill("#criteria-0-name", "Need");
    await page.fill("#criteria-0-weight", "60");
    await page.click("main form > button");
    await page.locator(".error-summary a[href='#criteria']").waitFor();
    assert.equal(await page.inputValue("#title"), title, "what was typed is still there");
    await page.fill("#criteria-0-weight", "100");
    await page.click("main form > button");
    await page.waitForURL(/\/console\/windows\/[0-9a-f-]{36}\?done=created$/);

    const take = async (button, step) => {
      await page.click(`main button:has-text("${button}")`);
      await page.click(`#ask-${step} form button:not([type=button])`);
    };
    await take("Open the window", "open");
    assert.match(await page.locator(".error-summary").innerText(), /strategy paper is missing/);
    await page.click("main .steps a:has-text('Edit')");
    await page.fill("#strategy-en", "For what nobody could foresee.");
    await page.click("main form > button");
    await page.waitForURL(/\?done=saved$/);
    await take("Open the window", "open");
    await page.waitForURL(/\?done=open$/);
    assert.equal(await page.locator("h1 .badge.state-open").count(), 1);
    await page.goto("/en/console/windows?view=timeline");
    assert.ok((await page.locator("main ol.timeline li").allInnerTexts()).some((text) => text.includes(title)));
    await page.click(`main ol.timeline a:has-text("${title}")`);
    await page.click("main .steps a:has-text('Edit')");
    await page.waitForURL(/\/edit$/);
    assert.equal(await page.locator("#criteria").count(), 0, "what proposals are judged by is frozen");
    await page.goBack();
    await take("Cancel the window", "cancel");
    await page.waitForURL(/\?done=cancel$/);
    await context.close();
  });

  test(`an officer imports a file and reads the verdicts, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "officer@demo.example");
    await page.goto("/en/console/imports?format=fts");
    // As long as a name may be, from right to left, and trying to be a tag.
    const name = `${javaScriptEnabled ? "منظمة" : "صندوق"} <img src=x onerror=alert(1)> ${"الإغاثة".repeat(36)}`;
    const flow = {
      id: javaScriptEnabled ? "990001" : "990002", versionId: 1, amountUSD: 1000, status: "paid", newMoney: true,
      contributionType: "financial", decisionDate: "2026-05-04T00:00:00Z", description: "<b>bold</b> name",
      sourceObjects: [{ type: "Organization", id: javaScriptEnabled ? "990077" : "990078", name, organizationTypes: ["Government"] }],
      destinationObjects: [{ type: "Location", id: "1", name: "Afghanistan" }, { type: "UsageYear", id: "50", name: "2026" }],
    };
    const file = (flows) => ({
      name: "flows.json", mimeType: "application/json",
      buffer: Buffer.from(JSON.stringify({ status: "ok", data: { flows } })),
    });
    await page.setInputFiles("#files", file([flow]));
    await sent(page, "main form button:not(.quiet-button)", "checked");
    assert.match(await page.locator("main").innerText(), /Would be created/);
    for (const radio of await page.locator("input[type=radio][value=new]").all()) await radio.check();
    await sent(page, "main form[action$='/run'] button", "done");
    assert.match(await page.locator("main").innerText(), /flows\.json/);
    await page.setViewportSize({ width: 360, height: 900 });
    await page.goto(`/en/console/donors?q=${encodeURIComponent(name.split(" ")[0])}`);
    assert.equal(await page.locator("tbody th a").innerText(), name);
    if (javaScriptEnabled) assert.equal(await tooWide(page), 0);
    assert.equal(await page.locator("main img").count(), 0);
    await page.setViewportSize({ width: 1280, height: 900 });
    // A file that is none is refused, says where, and is brought to attention.
    await page.goto("/en/console/imports?format=fts");
    await page.setInputFiles("#files", { name: "a.json", mimeType: "application/json", buffer: Buffer.from("not json") });
    await page.click("main form button:not(.quiet-button)");
    await page.waitForSelector(".error-summary");
    assert.match(await page.locator(".error-summary").innerText(), /not JSON/);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`an administrator creates, moves, closes and reopens an office, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    const code = javaScriptEnabled ? "NER-JS" : "NER";
    const main = () => page.locator("main").innerText();
    await signIn(page, "admin@demo.example");
    await page.goto("/en/console/offices/new");
    await page.fill("#name", `Niger country office ${code}`);
    await page.fill("#code", code);
    await page.selectOption("#parent_id", { label: "Regional office for Asia and the Pacific" });
    await page.selectOption("#country", "NER");
    await page.selectOption("#time_zone", "Africa/Niamey");
    await page.click("main form > button");
    await page.waitForURL(/offices\/[0-9a-f-]{36}\?done=created$/);
    assert.match(await main(), /The office has been created[^]*Asia and the Pacific[^]*Africa\/Niamey/);
    await page.click("main a[href$='/edit']");
    await page.selectOption("#parent_id", { label: "Regional office for East and Central Africa" });
    await page.click("main form > button");
    await page.waitForURL(/offices\/[0-9a-f-]{36}\?done=saved$/);
    assert.match(await main(), /changes have been saved[^]*East and Central Africa/);
    // The tree has it after the office above it.
    await page.goto("/en/console/offices");
    const row = page.locator("tbody tr", { hasText: code }).filter({ has: page.locator(`text="${code}"`) });
    assert.match(await row.innerText(), /East and Central Africa[^]*Country office[^]*Niger[^]*Open/);
    assert.equal(await row.locator(".level-2").count(), 1);
    await row.locator("th a").click();
    await page.click("main a[href$='/close']");
    assert.match(await main(), /Nothing is open in this office/);
    await page.click("main form button");
    await page.waitForURL(/offices\/[0-9a-f-]{36}\?done=close$/);
    assert.match(await main(), /The office is closed[^]*This office was closed on/);
    await page.click("button[popovertarget=ask-reopen]");
    await page.click("#ask-reopen form button:not([type=button])");
    await page.waitForSelector("main a[href$='/close']");
    assert.match(await page.locator(".notice.good").innerText(), /open again/);
    // An office with agreements says which, and there is no button.
    await page.goto("/en/console/offices?q=chad");
    await page.click("main tbody th a");
    await page.click("main a[href$='/close']");
    assert.equal(await page.locator("main a[href*='/console/agreements/']").count() > 0, true);
    assert.equal(await page.locator("main form").count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`an officer checks a table, maps its columns and new donors, and imports it without choosing it again, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    const source = javaScriptEnabled ? "sap-js" : "sap";
    await signIn(page, "officer@demo.example");
    await page.goto("/en/console/imports?format=csv");
    const table = (amount) => ({
      name: "sap.csv", mimeType: "text/csv",
      buffer: Buffer.from(
        `Numéro;Bailleur;Type de bailleur;Statut;Montant;Devise;Date de décision\n${source}-1;Norwegen;government;paid;${amount};USD;2026-05-04\n${source}-2;Norwegen;government;paid;five;USD;2026-05-04\n`,
      ),
    });
    await page.fill("#source", source);
    await page.selectOption("#decimal", ",");
    await page.setInputFiles("#files", table("1250,50"));
    await sent(page, "form[data-upload] button", "checked");
    // One heading says nothing by itself; what was chosen is kept.
    assert.match(await page.locator(".notice").first().innerText(), /Reference in the source system/);
    assert.equal(await page.inputValue("#decimal"), ",");
    await page.selectOption("#column-1", "external_ref");
    await page.check("form[action$='/check'] [name=save]");
    await sent(page, "form[action$='/check'] button", "checked");
    if (javaScriptEnabled) {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        assert.equal(await tooWide(page), 0, `the check is wider than ${width} px`);
        assert.deepEqual(await axe(page), [], `the check at ${width} px`);
      }
    }
    const main = await page.locator("main").innerText();
    assert.match(main, /Would be created/);
    assert.match(main, /2026/);
    await page.locator("fieldset label", { hasText: "Norway" }).first().locator("input").check();
    assert.match(await page.locator("form[action$='/run'] button").innerText(), /Import 1 valid row/);
    await sent(page, "form[action$='/run'] button", "done");
    await page.goto(`${page.url().split("?")[0]}?verdict=created`);
    await page.click("main tbody a[href*='/console/contributions/']");
    await page.waitForURL(/\/console\/contributions\/[0-9a-f-]{36}/);
    assert.match(await page.locator("main").innerText(), /1,250\.5/);
    // The next file of the system needs no columns, and what it would overwrite is shown.
    await page.goto(`/en/console/imports?format=csv&source=${source}`);
    assert.equal(await page.inputValue("#source"), source);
    await page.setInputFiles("#files", table("1300,00"));
    await sent(page, "form[data-upload] button", "checked");
    assert.equal(await page.locator("fieldset").count(), 0, "the donor is known by now");
    await page.goto(`${page.url().split("?")[0]}?verdict=updated`);
    assert.match(await page.locator("main tbody del").first().innerText(), /1250\.50/);
    await page.goto(`/en/console/imports?format=csv&source=${source}`);
    await page.click("main details summary");
    await page.click(`main form[action$='/forget']:has([value="${source}"]) button`);
    await page.waitForURL(/\/console\/imports$/);
    assert.equal(await page.locator(`main form[action$='/forget'] [value="${source}"]`).count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`an officer decides on donors of which a table states no type, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    const source = javaScriptEnabled ? "erp-js" : "erp";
    await signIn(page, "officer@demo.example");
    await page.goto("/en/console/donors?q=norway");
    const registered = await page.locator("tbody th a").first().innerText();
    await page.goto("/en/console/imports?format=csv");
    const names = ["Norwegen", "Fondation Untyped", "Fondation Unwanted", "Kingdom of the fjords"].map((name) => `${name} ${source}`);
    const rows = names.map((name, index) => `${source}-${index},${name},paid,10,USD\n`);
    await page.fill("#source", source);
    await page.setInputFiles("#files", {
      name: "erp.csv", mimeType: "text/csv", buffer: Buffer.from(`external_ref,donor,status,amount,currency\n${rows.join("")}`),
    });
    await sent(page, "form[data-upload] button", "checked");
    if (javaScriptEnabled) assert.deepEqual(await axe(page), []);
    const donor = (name) => page.locator("fieldset", { has: page.locator("legend", { hasText: name }) });
    await donor(names[0]).locator("input[value=leave]").check();
    await donor(names[1]).locator("input[value=new]").check();
    await donor(names[2]).locator("input[value=leave]").check();
    // One that is registered under a name which is nothing like it: by that name, and by none that nobody has.
    await donor(names[3]).locator("input[value=other]").check();
    await donor(names[3]).locator("input[name^='name-']").fill("Nobody of this name");
    await page.click("form[action$='/run'] button");
    await page.waitForSelector(".error-summary");
    assert.match(await page.locator(".error-summary").innerText(), /no such donor/);
    assert.equal(await donor(names[3]).locator("input[value=other]").isChecked(), true);
    await donor(names[3]).locator("input[name^='name-']").fill(registered);
    // Recorded as what?
    await page.click("form[action$='/run'] button");
    await donor(names[3]).locator("input[type=radio]:not([value=other]):checked").waitFor();
    assert.equal(await page.locator(".error-summary").count(), 1);
    assert.equal(await donor(names[1]).locator("input[value=new]").isChecked(), true, "what was chosen stays");
    await donor(names[1]).locator("select").selectOption("private_sector");
    await sent(page, "form[action$='/run'] button", "done");
    await page.goto(`${page.url().split("?")[0]}?verdict=created`);
    assert.equal(await page.locator("main tbody a[href*='/console/contributions/']").count(), 2);
    // No donor was made of the name, and the registered one is known by it from then on.
    await page.goto(`/en/console/donors?q=${encodeURIComponent(names[3])}`);
    assert.equal(await page.locator("tbody th a", { hasText: names[3] }).count(), 0);
    await page.goto(`/en/console/donors?q=${encodeURIComponent(names[1])}`);
    assert.equal(await page.locator("tbody th a").first().innerText(), names[1]);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`an officer imports a plan overview together with flows, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "officer@demo.example");
    const number = javaScriptEnabled ? 990301 : 990302;
    const name = `Tchad & voisins <b>${number}</b>`;
    const file = (name, data) => ({ name, mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ data })) });
    const flow = {
      id: String(number), versionId: 1, amountUSD: 1000, status: "paid", newMoney: true, contributionType: "financial",
      sourceObjects: [{ type: "Organization", id: "990377", name: "Fondation des plans", organizationTypes: ["Private organization/foundation"] }],
      destinationObjects: [{ type: "Plan", id: String(number), name }, { type: "UsageYear", id: "50", name: "2026" }],
    };
    const plan = {
      id: number, name, countries: [{ iso3: "TCD" }], usageYears: [{ year: "2026" }], requirements: { revisedRequirements: 5000 },
    };
    // Their names say the opposite of what they are.
    const files = [file("plans.json", { flows: [flow] }), file("flows.json", { plans: [plan, { name: "No number" }] })];
    const send = async (button) => {
      await page.goto("/en/console/imports?format=fts");
      await page.setInputFiles("#files", files);
      await page.click(button);
      await page.waitForURL(/\/console\/imports\/plans\/[0-9a-f-]{36}/);
      return page.locator("main").innerText();
    };
    assert.match(await send("form[data-upload] button:not(.quiet-button)"), /validation only/);
    assert.match(await send("form[data-upload] button[formaction*='mode=import']"), /One plan is invalid[^]*\/id/);
    assert.match(await send("form[data-upload] button[formaction*='mode=skip']"), /Flows of this upload/);
    for (let tries = 0; tries < 50 && (await page.locator(".badge.done").count()) < 2; tries++) {
      await page.waitForTimeout(200);
      await page.reload();
    }
    assert.equal(await page.locator(".badge.done").count(), 2, "plans and flows are imported");
    await page.click("nav.years a[href*='verdict=created']");
    if (javaScriptEnabled) {
      assert.deepEqual(await axe(page), []);
      await page.setViewportSize({ width: 360, height: 900 });
      assert.equal(await tooWide(page), 0);
    }
    await page.click("tbody a[href*='/plans/']");
    await page.waitForURL(/\/en\/plans\/[0-9a-f-]{36}/);
    assert.match(await page.locator("h1").innerText(), new RegExp(`<b>${number}</b>`));
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`an officer decides on a pair that is known twice, is told so, and takes it back, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "officer@demo.example");
    const [source, number] = javaScriptEnabled ? ["pair-js", 990401] : ["pair", 990402];
    const donor = `Fund for pairs ${number}`;
    // What FTS reports of the money, and our own record of it.
    const flow = {
      id: String(number), versionId: 1, amountUSD: 77_777, status: "paid", newMoney: true, contributionType: "financial",
      decisionDate: "2026-05-04T00:00:00Z",
      sourceObjects: [{ type: "Organization", id: String(number + 50), name: donor, organizationTypes: ["Government"] }],
      destinationObjects: [
        { type: "Organization", id: "990477", name: "Horizon Migration Agency" }, { type: "Location", id: "1", name: "Afghanistan" },
        { type: "UsageYear", id: "50", name: "2026" },
      ],
    };
    await page.goto("/en/console/imports?format=fts");
    await page.setInputFiles("#files", {
      name: "pair.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ status: "ok", data: { flows: [flow] } })),
    });
    await sent(page, "main form button:not(.quiet-button)", "checked");
    for (const radio of await page.locator("input[type=radio][value=new]").all()) await radio.check();
    await sent(page, "main form[action$='/run'] button", "done");
    await page.goto("/en/console/imports?format=csv");
    await page.fill("#source", source);
    await page.setInputFiles("#files", {
      name: "pair.csv", mimeType: "text/csv",
      buffer: Buffer.from(
        `external_ref,donor,status,amount,currency,decision_date,countries,usage_years\n${source}-1,${donor},paid,77777,USD,2026-05-06,AFG,2026\n`,
      ),
    });
    await sent(page, "form[data-upload] button", "checked");
    await sent(page, "form[action$='/run'] button", "done");
    // They are proposed in the background.
    const pair = page.locator("section.panel", { hasText: donor });
    for (let tries = 0; tries < 50; tries++) {
      await page.goto("/en/console/contributions/twice");
      if (await pair.count()) break;
      await page.waitForTimeout(200);
    }
    await pair.locator("details summary").click();
    await pair.locator("textarea[name=reason]").fill("Two grants of one day");
    await pair.locator("details button").click();
    await page.waitForURL(/\/console\/contributions\/twice\?decided=/);
    // The list says what was decided, of which record, and how to take it back.
    const said = page.locator(".notice.good[role=status]");
    assert.match(await said.innerText(), /Kept as two contributions: pair/);
    assert.equal(await pair.count(), 0, "it waits for nobody any more");
    if (javaScriptEnabled) {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        assert.equal(await tooWide(page), 0, `the decision is wider than ${width} px`);
        assert.deepEqual(await axe(page), [], `the decision at ${width} px`);
      }
    }
    await said.locator("button").click();
    await said.filter({ hasText: "The decision was undone" }).waitFor();
    assert.equal(await said.locator("button").count(), 0, "nothing is decided that could be undone");
    assert.equal(await pair.count(), 1, "it waits again");
    await said.locator("a").click();
    await page.waitForURL(/\/console\/contributions\/twice\/[0-9a-f-]{36}$/);
    await page.click("form[action$='/link'] button");
    await page.waitForURL(/\/console\/contributions\/twice\?decided=/);
    assert.match(await said.innerText(), /Linked as the same money, which counts once: pair/);
    assert.equal(await pair.count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`a donor's representative finds its contributions and takes them away, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled, acceptDownloads: true });
    await page.goto("/fr/donor");
    assert.match(page.url(), /\/fr\/sign-in\?next=/);
    await page.fill("[name=email]", "donor@demo.example");
    await page.fill("[name=password]", "wrong password");
    await page.click("main button");
    await page.waitForSelector(".error-summary");
    assert.equal(await page.inputValue("[name=email]"), "donor@demo.example", "what was typed stays");
    await page.fill("[name=password]", PASSWORD);
    await page.click("main button");
    await page.waitForURL("**/fr/donor");
    await page.click("main a[href$='/donor/contributions']");
    await page.waitForURL("**/fr/donor/contributions");
    const rows = await page.locator("tbody tr").count();
    assert.ok(rows > 0);
    await page.selectOption("#status", "paid");
    await page.click(".filters button");
    await page.waitForURL(/status=paid/);
    assert.equal(await page.locator("tbody tr .badge.paid").count(), await page.locator("tbody tr").count());
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.click("a[href*='contributions.csv']"),
    ]);
    assert.equal(download.suggestedFilename(), "contributions.csv");
    await page.goBack();
    assert.doesNotMatch(page.url(), /status=paid/);
    await page.goForward();
    assert.match(page.url(), /status=paid/);
    // The language switch keeps the page and its filter.
    await page.click("[popovertarget=languages]");
    await page.click("#languages a[hreflang=es]");
    await page.waitForURL(/\/es\/donor\/contributions\?.*status=paid/);
    assert.equal(await page.locator("html").getAttribute("lang"), "es");
    await page.click("[popovertarget=account]");
    await page.click("#account form button");
    await page.waitForURL((url) => !url.pathname.includes("/donor"));
    await page.goto("/es/donor");
    assert.match(page.url(), /sign-in/);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`anyone finds a plan by its filters, ${how}`, async () => {
    const { context, page } = await visitor(platform, { javaScriptEnabled });
    await page.goto("/en/plans");
    const every = await page.locator("tbody tr").count();
    await page.fill("#q", "sudan");
    await page.selectOption("#year", "2026");
    await page.click(".filters button");
    await page.waitForURL(/q=sudan/);
    const found = await page.locator("tbody tr").count();
    assert.ok(found > 0 && found < every);
    await page.click("tbody th a");
    await page.waitForURL(/\/plans\/[0-9a-f-]{36}/);
    assert.match(await page.locator("h1").innerText(), /Sudan/);
    await context.close();
  });
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`an agreement is recorded, negotiated and signed, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "country@demo.example");
    await page.goto("/en/console/agreements/new");
    const title = `Shelter <b>bold</b> ${how}`;
    // Several donors are called so: the form asks which one is meant, and loses nothing.
    await page.fill("#donor", "Foundation");
    await page.fill("#title", title);
    await page.fill("#responsible", "Nobody of this name");
    await page.fill("#start_date", "2027-01-01");
    await page.fill("#end_date", "2027-12-31");
    await page.fill("#amount", "1,250,000.50");
    await page.fill("#currency", "EUR");
    await page.click(".form > button");
    await page.waitForSelector(".error-summary");
    assert.equal(await page.inputValue("#title"), title);
    const choices = page.locator("input[name=donor_choice]");
    assert.ok((await choices.count()) > 1);
    await page.fill("#donor", "Norway");
    await page.click(".form > button");
    await page.waitForSelector("#responsible-error");
    // A name is completed by the script, and looked up without it.
    if (javaScriptEnabled) {
      await page.fill("#responsible", "");
      await page.locator("#responsible").pressSequentially("maham", { delay: 30 });
      await page.waitForSelector("#responsible-names option", { state: "attached" });
      await page.fill("#responsible", await page.locator("#responsible-names option").first().getAttribute("value"));
      assert.match(await page.inputValue("input[name=responsible_id]"), /^[0-9a-f-]{36}$/);
    } else {
      await page.fill("#responsible", "mahamat abakar");
    }
    await page.fill("#end_date", "2026-12-31");
    await page.click(".form > button");
    await page.waitForSelector("#end_date-error");
    assert.equal(await page.inputValue("#responsible"), "Mahamat Abakar");
    assert.match(await page.locator("#end_date-error").innerText(), /later than January 1, 2027 \(start\)/);
    await page.fill("#end_date", "2027-12-31");
    if (javaScriptEnabled) {
      await page.fill("#donor", "");
      await page.locator("#donor").pressSequentially("norw", { delay: 30 });
      await page.waitForSelector("#donor-names option", { state: "attached" });
      await page.fill("#donor", await page.locator("#donor-names option").first().getAttribute("value"));
    }
    await page.click(".form > button");
    await page.waitForURL(/agreements\/[0-9a-f-]{36}$/);
    assert.match(await page.locator("main").innerText(), /EUR\s1,250,000\.50/);
    assert.match(await page.locator("h1").innerText(), /<b>bold<\/b>/);
    assert.match(await page.locator("dl.record").innerText(), /Responsible\s+Mahamat Abakar/);
    // Each step is asked about in a dialog that needs no script.
    await page.getByRole("button", { name: "Start negotiating", exact: true }).first().click();
    await page.locator("[popover]:popover-open button", { hasText: "Start negotiating" }).click();
    await page.waitForSelector(`.badge:has-text("In negotiation")`);
    // The signed document comes with the signature; one that is refused signs nothing, and what was typed stays.
    const signed = (text) => ({ name: "signed.pdf", mimeType: "application/pdf", buffer: Buffer.from(text) });
    await page.getByRole("button", { name: "Sign", exact: true }).first().click();
    await page.fill("#sign-signatory", "Director");
    await page.setInputFiles("#sign-file", signed("MZ nothing"));
    await page.click("#ask-sign form button:not([type=button])");
    await page.waitForSelector(".error-summary >> text=not a PDF");
    assert.equal(await page.inputValue("#sign-signatory"), "Director");
    await page.setInputFiles("#sign-file", signed("%PDF-1.7 signed"));
    await page.click("#ask-sign form button:not([type=button])");
    await page.waitForSelector(`.badge:has-text("Signed")`);
    assert.equal(await page.locator("main a[href*='/agreement-documents/']").count(), 1);
    assert.equal(await page.locator("table[role=table] th[scope=row] a[href*='/console/reports/']").count(), 4);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`a proposal is written, added up, submitted and screened, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "country@demo.example");
    await page.goto("/en/console/proposals/new");
    await page.click("main a[href*='window_id=']");
    const title = `Wells ${how}`;
    const save = "button[value=save]:not(.hidden)";
    await page.fill("#title", title);
    await page.selectOption("#category", "Preparedness");
    await page.selectOption("#countries", ["TCD"]);
    await page.fill("#start_date", "2027-01-01");
    await page.fill("#end_date", "2027-06-30");
    await page.fill("#asked", "107,000");
    await page.fill("#least", "50,000");
    await page.fill("#budget-0-description", "Drilling");
    await page.fill("#budget-0-amount", "100,000");
    await page.fill("#budget-1-description", "Overhead");
    await page.selectOption("#budget-1-kind", "overhead");
    await page.fill("#budget-1-amount", "6,000");
    // Adding up saves nothing and loses nothing.
    await page.click("button[value=sum]");
    await page.waitForSelector("#sums");
    assert.match(await page.locator("#sums").innerText(), /difference: US\$1,000/);
    assert.equal(await page.inputValue("#title"), title);
    await page.fill("#budget-1-amount", "7,000");
    await page.click("button[value=more-budget]");
    await page.waitForSelector("#budget-9-amount");
    assert.match(await page.locator("#sums").innerText(), /adds up/);
    await page.click(save);
    await page.waitForURL(/proposals\/[0-9a-f-]{36}$/);
    const address = page.url();
    const submit = async () => {
      await page.getByRole("button", { name: "Submit", exact: true }).first().click();
      await page.locator("[popover]:popover-open button", { hasText: "Submit" }).click();
    };
    // What is missing is filled in on the form of the draft.
    await submit();
    await page.waitForSelector("#need-error");
    await page.waitForSelector("#results-error");
    for (const field of ["need", "strategy_fit", "risks"]) await page.fill(`#${field}`, "The wells are dry.");
    await page.fill("#results-0-indicator", "Wells");
    await page.fill("#results-0-target", "12");
    await page.click(save);
    await page.waitForURL(address);
    await submit();
    await page.waitForSelector(".badge.state-submitted");
    assert.deepEqual(complaints, []);
    await context.close();
    const officer = await visitor(platform, { javaScriptEnabled });
    await signIn(officer.page, "officer@demo.example");
    await officer.page.goto(address);
    await officer.page.getByRole("button", { name: "Complete the screening" }).click();
    await officer.page.waitForSelector(".badge.state-eligible");
    assert.equal(await officer.page.locator(".badge.refused").count(), 0);
    assert.deepEqual(officer.complaints, []);
    await officer.context.close();
  });

  test(`a report that came back is written and submitted for review, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "country@demo.example");
    await page.goto("/en/console/reports?state=scheduled&kind=final_narrative");
    await page.click("main tbody th a");
    await page.getByRole("button", { name: "Start drafting" }).first().click();
    await page.locator("[popover]:popover-open button", { hasText: "Start drafting" }).click();
    await page.waitForSelector("textarea");
    await page.fill("#sections-overall_performance", "All went well.");
    await page.click("button[value=send]");
    await page.waitForSelector(".error-summary");
    assert.equal(await page.inputValue("#sections-overall_performance"), "All went well.");
    // A file that lies about its type is refused, and says why.
    await page.setInputFiles("#file", { name: "annex.pdf", mimeType: "application/pdf", buffer: Buffer.from("MZ nothing") });
    await page.click("form[data-upload] button");
    await page.waitForSelector(".error-summary >> text=not a PDF");
    await page.goto(page.url().replace(/\/documents.*/, ""));
    await page.setInputFiles("#file", { name: "annex.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7 annex") });
    await page.click("form[data-upload] button");
    await page.waitForSelector("a[href*='/documents/']");
    await page.click("button[value=send]");
    await page.waitForSelector(".badge:has-text('With the regional office')");
    assert.match(await page.locator(".timeline").innerText(), /Submitted for review/);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}

test("each role begins with what waits for it, and has the tools of its role alone", async () => {
  const roles = {
    admin: { tools: ["Imports", "Agreements", "Reports"], writes: true },
    officer: { tools: ["Imports", "Agreements", "Reports"], writes: true, waits: "Awaiting clearance" },
    regional: { tools: ["Imports", "Agreements", "Reports"], waits: "Awaiting your review" },
    country: { tools: ["Imports", "Agreements", "Reports"], writes: true, waits: "Reports due from your office" },
    liaison: { tools: ["Donors", "Agreements", "Reports"] },
    emergencies: { tools: ["Donors", "Agreements", "Reports"] },
    auditor: { tools: ["Imports", "Agreements", "Reports"] },
  };
  for (const [who, { tools, writes, waits }] of Object.entries(roles)) {
    const { context, page, complaints } = await visitor(platform);
    await signIn(page, `${who}@demo.example`);
    await page.goto("/en/console");
    const navigation = await page.locator(".menu nav").innerText();
    for (const tool of tools) assert.match(navigation, new RegExp(tool), who);
    if (waits) assert.equal(await page.getByRole("heading", { name: waits }).count(), 1, `${who}: ${waits}`);
    await page.goto("/en/console/agreements");
    assert.equal(await page.getByRole("link", { name: "Record an agreement" }).count(), writes ? 1 : 0, who);
    await page.click("main tbody th a");
    await page.waitForSelector("dl.record");
    if (!writes) assert.equal(await page.locator("main form").count(), 0, `${who} only reads`);
    assert.deepEqual(complaints, [], who);
    await context.close();
  }
});

test("lists call donors what the reader's language calls them, and so can they be typed", async () => {
  const { context, page, complaints } = await visitor(platform);
  await signIn(page, "officer@demo.example", "fr");
  const named = async (language) => {
    await page.goto(`/${language}/console/donors?q=norway`);
    return page.locator("tbody th a").first().innerText();
  };
  const [official, french] = [await named("en"), await named("fr")];
  assert.notEqual(official, french);
  const pages = [
    "/fr/console/contributions?q=norway", "/fr/console/diversification/donors?year=2026&measure=total",
    "/fr/console/search?q=norway", "/fr/figures?year=2026&question=ours_by_donor",
  ];
  for (const path of pages) {
    await page.goto(path);
    const words = (await page.locator("main").innerText()).split(/[\n\t]/).map((text) => text.trim());
    assert.ok(words.some((text) => text.startsWith(french)), `${path} has ${french}`);
    assert.ok(!words.includes(official), `${path} has ${official}`);
  }
  // A form takes the name that it shows.
  await page.goto("/fr/console/donors?q=norway");
  await page.locator("tbody th a").first().click();
  await page.waitForURL(/\/console\/donors\/[0-9a-f-]{36}$/);
  assert.equal(await page.locator("h1").innerText(), french);
  await page.goto(`/fr/console/contributions/new?donor_id=${page.url().split("/").at(-1)}`);
  assert.equal(await page.inputValue("#donor"), french);
  assert.deepEqual(complaints, []);
  await context.close();
});

test("an auditor sees who did what and what changed, and takes the chain of hashes away", async () => {
  const { context, page, complaints } = await visitor(platform, { javaScriptEnabled: false });
  await signIn(page, "auditor@demo.example");
  await page.goto("/en/console/audit");
  await page.getByRole("link", { name: "Donors and agreements" }).click();
  await page.selectOption("#action", "agreement.create");
  await page.getByRole("button", { name: "Filter" }).click();
  const rows = page.locator("main table.rows > tbody > tr");
  assert.ok((await rows.count()) > 0);
  for (const text of await rows.allInnerTexts()) assert.match(text, /Agreement recorded/);
  const details = rows.first().locator("details");
  await details.locator("summary").click();
  assert.match(await details.innerText(), /reference/);
  await rows.first().getByRole("link", { name: "All entries about this record" }).click();
  assert.match(await page.locator("main .notice").innerText(), /about one record/);
  const taken = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download for verification" }).click();
  const download = await taken;
  assert.match(download.suggestedFilename(), /^audit-donors-[0-9a-f-]{36}\.ndjson$/);
  const lines = readFileSync(await download.path(), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => line.sequence), lines.map((_, index) => index + 1));
  assert.ok(lines.every((line, index) => line.previous_hash === (index ? lines[index - 1].hash : "")));
  assert.deepEqual(complaints, []);
  await context.close();
});

test("a report is reviewed by the region and cleared by headquarters, and the donor has it", async () => {
  const act = async (who, list, label, comment) => {
    const { context, page } = await visitor(platform);
    await signIn(page, `${who}@demo.example`);
    await page.goto(`/en/console/reports?${list}`);
    const report = await href(page, "main tbody th a");
    await page.goto(report);
    await page.getByRole("button", { name: label, exact: true }).first().click();
    const dialog = page.locator("[popover]:popover-open");
    if (comment) await dialog.locator("textarea").fill(comment);
    await dialog.locator("button", { hasText: label }).click();
    await page.waitForSelector(".timeline");
    const text = await page.locator("main").innerText();
    await context.close();
    return { report, text };
  };
  const endorsed = await act("regional", "state=regional_review&kind=interim_narrative", "Endorse and send to headquarters", "Sound");
  assert.match(endorsed.text, /With headquarters/);
  assert.match(endorsed.text, /Sound/);
  const cleared = await act("officer", "state=hq_clearance&kind=eight_plus_three", "Clear and submit to the donor");
  assert.match(cleared.text, /Submitted/);
  const { context, page } = await visitor(platform);
  await signIn(page, "donor@demo.example");
  await page.goto(cleared.report.replace("/console/", "/donor/"));
  assert.match(await page.locator("main").innerText(), /Participation of and accountability/);
  await context.close();
});

test("what is typed while the sign-in ends is kept", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "country@demo.example");
  await page.goto("/fr/console/agreements/new");
  await page.fill("#donor", "Spain");
  await page.fill("#title", "Gardé pendant la nuit");
  await page.fill("#start_date", "2027-01-01");
  await page.fill("#end_date", "2027-06-30");
  await page.fill("#amount", "1 000,50");
  await page.fill("#currency", "EUR");
  await context.clearCookies();
  await page.click(".form > button");
  await page.waitForSelector("#password");
  await page.fill("#email", "country@demo.example");
  await page.fill("#password", "wrong");
  await page.click("main form button");
  await page.waitForSelector(".error-summary");
  await page.fill("#password", PASSWORD);
  await page.click("main form button");
  await page.waitForSelector("h1:has-text('de nouveau')");
  await page.click("main form button");
  await page.waitForURL(/agreements\/[0-9a-f-]{36}$/);
  assert.match(await page.locator("main").innerText(), /Gardé pendant la nuit/);
  await context.close();
});

test("two officers who edit one agreement: the second is told and loses nothing", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "country@demo.example");
  await page.goto("/en/console/agreements?state=negotiation&q=onward");
  const edit = `${await href(page, "main tbody th a")}/edit`;
  await page.goto(edit);
  const second = await context.newPage();
  await second.goto(edit);
  await page.fill("#title", "Onward transport, first");
  await page.click(".form > button");
  await page.waitForURL(/agreements\/[0-9a-f-]{36}$/);
  await second.fill("#title", "Onward transport, second");
  await second.click(".form > button");
  await second.waitForSelector(".error-summary >> text=Someone else");
  assert.equal(await second.inputValue("#title"), "Onward transport, second");
  assert.match(await second.locator(".error-summary").innerText(), /Title: Onward transport, first/);
  await second.click(".form > button");
  await second.waitForURL(/agreements\/[0-9a-f-]{36}$/);
  assert.match(await second.locator("h1").innerText(), /Onward transport, second/);
  await context.close();
});

test("an officer chooses language, time zone and notifications, and works in another office", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "country@demo.example");
  await page.goto("/en/profile");
  await page.selectOption("#language", "fr");
  await page.selectOption("#time_zone", "Africa/Ndjamena");
  await page.getByLabel("by e-mail").uncheck();
  await page.click("main form button");
  await page.waitForSelector(".notice.good");
  assert.equal(await page.locator("input[name=mail]").isChecked(), false);
  await page.goto("/console");
  assert.equal(await page.locator("html").getAttribute("lang"), "fr");
  await page.click("header a[href$='/console/office']");
  assert.deepEqual(await axe(page), []);
  await page.getByLabel("Sudan country office").check();
  await page.click("main form button");
  await page.waitForSelector(".lead:has-text('Sudan country office')");
  await page.goto("/notifications");
  await page.click("main form button");
  assert.equal(await page.locator(".told .unread").count(), 0);
  await context.close();
});

/// The mails that were sent; their folder is made with the first.
function mails() {
  const folder = join(platform.data, "mail");
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".eml")) : [];
}

/// A mail as its reader sees it: long lines in one piece.
function read(name) {
  const mail = readFileSync(join(platform.data, "mail", name), "utf8");
  return mail.includes("quoted-printable") ? mail.replaceAll(/=\r?\n/g, "").replaceAll("=3D", "=") : mail;
}

/// Where a mail leads that comes to an address beside those that are known.
async function mailed(email, page, known) {
  for (let tries = 0; tries < 100; tries++) {
    const texts = mails().filter((name) => !known.includes(name)).map(read).filter((text) => text.includes(`<${email}>`));
    const link = texts.map((text) => text.match(new RegExp(`https?://\\S+/${page}\\?token=[0-9a-f]{64}`))?.[0]).find(Boolean);
    if (link) return link;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no mail to ${email} leads to ${page}`);
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`whoever forgot the password sets a new one by e-mail, changes it and signs out everywhere, ${how}`, async () => {
    const email = "auditor@demo.example";
    const elsewhere = await visitor(platform);
    await signIn(elsewhere.page, email);
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    const referers = [];
    page.on("request", (request) => referers.push(request.headers().referer ?? ""));
    const before = mails();
    await page.goto("/en/sign-in");
    await page.click("main a[href$='/forgot-password']");
    await page.fill("#email", email);
    await page.click("main form button");
    await page.waitForURL(/\/forgot-password\?sent=1$/);
    assert.match(await page.locator("[role=status]").innerText(), /If there is an account with this address/);
    const { pathname, search } = new URL(await mailed(email, "password-reset", before));
    await page.goto(pathname + search);
    const token = search.split("token=")[1];
    assert.equal((await page.locator("head").innerHTML()).includes(token), false, "no title or canonical address has it");
    assert.match(await page.locator("main").innerText(), /auditor@demo\.example/);
    if (javaScriptEnabled) {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        assert.equal(await tooWide(page), 0, `the link's page is wider than ${width} px`);
        assert.deepEqual(await axe(page), [], `the link's page at ${width} px`);
      }
    }
    await page.fill("#password", "four quite different words");
    await page.fill("#again", "four quite other words");
    await page.click("main form button");
    await page.waitForSelector("#password-error");
    await page.fill("#password", "four quite different words");
    await page.fill("#again", "four quite different words");
    await page.click("main form button");
    await page.waitForURL(/\/sign-in\?said=changed$/);
    await page.fill("#email", email);
    await page.fill("#password", "four quite different words");
    await page.click("main form button");
    await page.waitForURL(/\/console$/);
    assert.equal(referers.some((referer) => referer.includes("token=")), false, "no Referer has it");
    await elsewhere.page.goto("/en/profile");
    assert.match(elsewhere.page.url(), /\/en\/sign-in\?next=/, "the other session has ended");
    await elsewhere.page.goto(pathname + search);
    assert.match(await elsewhere.page.locator("h1").innerText(), /no longer works/);
    // It is changed back, with a mistake first.
    await page.goto("/en/account/security");
    assert.equal(await page.locator("main tbody tr").count(), 1);
    assert.match(await page.locator("main tbody th").innerText(), /Chrome on \S+\s+this one/);
    const change = async (current) => {
      await page.fill("#current_password", current);
      await page.fill("#password", PASSWORD);
      await page.fill("#again", PASSWORD);
      await page.click("section[aria-labelledby=change] button");
    };
    await change("none of these words");
    await page.waitForSelector("#current_password-error");
    await change("four quite different words");
    await page.waitForSelector(".notice.good");
    await signIn(elsewhere.page, email);
    await page.reload();
    assert.equal(await page.locator("main tbody tr").count(), 2);
    await page.click("main tbody button");
    await page.waitForURL(/said=ended$/);
    assert.equal(await page.locator("main tbody tr").count(), 1);
    await page.click("[popovertarget=ask-everywhere]");
    await page.click("[popover]:popover-open button:not([type=button])");
    await page.waitForURL(/\/sign-in\?said=everywhere$/);
    await page.goto("/en/console");
    assert.match(page.url(), /\/en\/sign-in/);
    assert.deepEqual(complaints, []);
    await context.close();
    await elsewhere.context.close();
  });
}

test("a donor prints its overview, follows its due dates and finds its contact", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "donor@demo.example");
  assert.match(await page.locator("main").innerText(), /Claire Fontaine/);
  await page.emulateMedia({ media: "print" });
  for (const selector of [".masthead", ".menu nav", "footer ul", "main .button"]) {
    assert.equal(await page.locator(selector).count() > 0, true, `${selector} is there`);
    assert.equal(await page.locator(selector).first().isVisible(), false, `${selector} is not printed`);
  }
  assert.equal(await page.locator(".print-only").isVisible(), true);
  await page.emulateMedia({ media: "screen" });
  await page.goto("/en/donor/reports");
  await page.click("main tbody th a");
  assert.match(await page.locator("main").innerText(), /Overall performance/);
  await page.goto("/en/donor/reports?owed=true");
  await page.click(".panel button");
  const address = await page.inputValue("#calendar");
  const calendar = await (await fetch(address)).text();
  assert.match(calendar, /^BEGIN:VCALENDAR\r\n/);
  assert.ok(calendar.split("BEGIN:VEVENT").length > 5);
  await context.close();
});

test("while the platform is under maintenance, every page says so in its language", async () => {
  const { context, page } = await visitor(platform);
  const file = join(platform.data, "maintenance");
  writeFileSync(file, "");
  try {
    for (const [language, words] of [["en", "under maintenance"], ["fr", "en maintenance"], ["es", "en mantenimiento"]]) {
      const answer = await page.goto(`/${language}/plans`);
      assert.equal(answer.status(), 503);
      assert.ok(answer.headers()["retry-after"]);
      assert.match(await page.locator("h1").innerText(), new RegExp(words));
      assert.deepEqual(await axe(page), []);
    }
  } finally {
    rmSync(file);
  }
  assert.equal((await page.goto("/en/plans")).status(), 200);
  await context.close();
});

test("the keyboard alone reaches the content and signs in", async () => {
  const { context, page } = await visitor(platform);
  await page.goto("/en/sign-in");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("name") ?? document.activeElement.tagName);
  for (let tabs = 0; tabs < 5 && (await focused()) !== "email"; tabs++) await page.keyboard.press("Tab");
  await page.keyboard.type("officer@demo.example");
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/en/console");
  await context.close();
});

test("a shortcut reaches the search, and a letter alone does nothing", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "officer@demo.example");
  await page.goto("/en/console");
  await page.keyboard.press("/");
  assert.notEqual(await page.evaluate(() => document.activeElement.id), "bar-q");
  await page.keyboard.press("Control+k");
  assert.equal(await page.evaluate(() => document.activeElement.id), "bar-q");
  await context.close();
});

for (const [who, email, start] of [["officer", "officer@demo.example", "/console"], ["donor", "donor@demo.example", "/donor"]]) {
  test(`${who}: the bar is one line in every language, and the menu marks the page`, async () => {
    const { context, page } = await visitor(platform);
    await signIn(page, email);
    for (const language of LANGUAGES) {
      await page.setViewportSize({ width: 1280, height: 900 });
      await page.goto(`/${language}${start}`);
      const tops = await page.locator(".masthead > *, .bar-end > *").evaluateAll((parts) =>
        parts.filter((part) => part.checkVisibility()).map((part) => part.getBoundingClientRect()).map((box) => [box.top, box.bottom]),
      );
      assert.ok(tops.every(([top, bottom]) => top >= 0 && bottom <= 60), `${language}: ${JSON.stringify(tops)}`);
      assert.equal(await page.locator(".menu a[aria-current=page]").count(), 1, language);
      await page.setViewportSize({ width: 360, height: 740 });
      assert.ok((await page.locator(".masthead").boundingBox()).height <= 60, `${language}: the bar on a phone`);
    }
    await context.close();
  });
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`on a phone one button holds the menu, and its targets are large enough, ${how}`, async () => {
    const { context, page } = await visitor(platform, { javaScriptEnabled, viewport: { width: 360, height: 740 } });
    await signIn(page, "officer@demo.example");
    await page.goto("/en/console");
    const donors = page.locator(".menu a[href$='/console/donors']");
    assert.equal(await donors.isVisible(), false);
    await page.click(".menu > summary");
    assert.equal(await donors.isVisible(), true);
    if (javaScriptEnabled) assert.equal(await tooWide(page), 0);
    for (const target of await page.locator(".masthead a:visible, .masthead button:visible, .menu a:visible, .menu summary:visible").all()) {
      const { width, height } = await target.boundingBox();
      assert.ok(width >= 44 && height >= 44, `${await target.innerText()}: ${width} x ${height}`);
    }
    await donors.click();
    await page.waitForURL(/\/console\/donors$/);
    assert.equal(await page.locator(".menu a[href$='/console/donors']").getAttribute("aria-current"), "page");
    await context.close();
  });
}

test("a group of the menu that somebody folded stays folded on the next page", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "officer@demo.example");
  await page.goto("/en/console");
  const imports = page.locator(".menu a[href$='/console/imports']");
  assert.equal(await imports.isVisible(), true);
  await page.click("[data-group=data] > summary");
  assert.equal(await imports.isVisible(), false);
  await page.click(".menu a[href$='/console/donors']");
  await page.waitForURL(/\/console\/donors$/);
  assert.equal(await imports.isVisible(), false);
  await page.goto("/en/console/imports");
  assert.equal(await imports.isVisible(), true, "the group of the page is always unfolded");
  await context.close();
});

test("the bar says how many notifications are new, and nothing moves while a page loads", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "officer@demo.example");
  await page.goto("/en/notifications/allocations");
  const notices = await page.locator(".told .unread").count();
  await page.goto("/en/notifications");
  const unread = await page.locator(".told .unread").count();
  assert.ok(unread > 0);
  assert.match(await page.locator(".bell .count").innerText(), new RegExp(`^${unread + notices}\\b`));
  await page.goto("/en/console/contributions");
  const moved = await page.evaluate(
    () =>
      new Promise((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().reduce((sum, shift) => sum + shift.value, 0))).observe({
          type: "layout-shift", buffered: true,
        });
        setTimeout(() => resolve(0), 500);
      }),
  );
  assert.ok(moved < 0.01, `layout shift ${moved}`);
  await page.goto("/en/notifications");
  await page.click("main form button");
  await page.waitForURL(/\/notifications$/);
  if (notices > 0) {
    assert.match(await page.locator(".bell .count").innerText(), new RegExp(`^${notices}\\b`));
    await page.goto("/en/notifications/allocations");
    await page.click("main form button");
    await page.waitForURL(/\/notifications\/allocations$/);
  }
  assert.equal(await page.locator(".bell .count").count(), 0);
  await context.close();
});

test("a form that is sent twice is done once", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "officer@demo.example");
  await page.goto("/en/console/imports?format=fts");
  const action = await page.locator("form[data-upload]").getAttribute("action");
  const multipart = {
    file: { name: "twice.json", mimeType: "application/json", buffer: Buffer.from('{"status":"ok","data":{"flows":[]}}') },
  };
  const send = () => context.request.post(action, { multipart, maxRedirects: 0, headers: { origin: platform.url } });
  const [one, two] = [await send(), await send()];
  assert.equal(one.status(), 303);
  assert.equal(two.headers().location, one.headers().location);
  await context.close();
});

for (const [path, email] of [["/en"], ["/en/console", "officer@demo.example"], ["/en/donor", "donor@demo.example"]]) {
  test(`${path}: the first view is light, and there in time on a slow line`, async (t) => {
    const { context, page } = await visitor(platform);
    if (email) await signIn(page, email);
    const cookies = await context.cookies();
    await context.close();
    // A browser that has seen nothing yet, but holds the session.
    const fresh = await visitor(platform);
    await fresh.context.addCookies(cookies);
    const network = await fresh.context.newCDPSession(fresh.page);
    await network.send("Network.enable");
    await network.send("Network.emulateNetworkConditions", SLOW);
    let [bytes, requests] = [0, 0];
    network.on("Network.loadingFinished", (loaded) => ((bytes += loaded.encodedDataLength), requests++));
    await fresh.page.goto(path, { waitUntil: "networkidle" });
    const largest = await fresh.page.evaluate(
      () =>
        new Promise((resolve) =>
          new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime)).observe({
            type: "largest-contentful-paint", buffered: true,
          }),
        ),
    );
    t.diagnostic(`${path}: ${(bytes / 1000).toFixed(1)} kB, ${requests} requests, largest paint ${(largest / 1000).toFixed(2)} s`);
    assert.ok(bytes <= 100_000, `${bytes} bytes`);
    assert.ok(requests <= 6, `${requests} requests`);
    assert.ok(largest <= 2500, `largest contentful paint after ${largest} ms`);
    await fresh.context.close();
  });
}

test("any two public pages that answer one question show one number", async () => {
  const { context, page } = await visitor(platform);
  const [shown, waiting] = [new Map(), ["/en", "/en/figures", "/en/search?q=sudan"]];
  const known = new Set(waiting);
  while (waiting.length) {
    const path = waiting.shift();
    assert.equal((await page.goto(path)).status(), 200, path);
    const marked = await page.locator("data[data-figure]").evaluateAll((all) => all.map((one) => [one.dataset.figure, one.value]));
    for (const [key, value] of marked) {
      if (!shown.has(key)) shown.set(key, new Map());
      shown.get(key).set(value, path);
    }
    const links = await page.locator("main a[href]").evaluateAll((all) => all.map((one) => new URL(one.getAttribute("href"), document.baseURI).href));
    for (const { pathname, search } of links.map((link) => new URL(link))) {
      const isPage = /^\/en(\/(plans|countries|donors|flows|archive|figures|search)\b[^.]*)?$/.test(pathname);
      if (isPage && !known.has(pathname + search)) {
        known.add(pathname + search);
        waiting.push(pathname + search);
      }
    }
    assert.ok(known.size < 1000, "pages lead to ever more pages");
  }
  const contradictions = [...shown].filter(([, values]) => values.size > 1).map(([key, values]) => [key, [...values]]);
  assert.deepEqual(contradictions, []);
  assert.ok(shown.size > 40, `${shown.size} figures`);
  await context.close();
});

test("the search puts the country of this very name first, and forgives a typing error", async () => {
  const { context, page } = await visitor(platform);
  await page.goto("/en/search?q=sudan");
  assert.match(await page.locator("main h2:has-text('Countries') + ul li").first().innerText(), /^Sudan\b.*US\$/);
  await page.goto("/en/search?q=sudna");
  await page.click("main [role=status] a");
  await page.waitForURL(/q=Sudan/);
  assert.match(await page.locator("main").innerText(), /South Sudan/);
  await context.close();
});

test("search engines find the public pages in every language, and no others", async () => {
  const text = await (await fetch(`${platform.url}/sitemap.xml`)).text();
  const addresses = [...text.matchAll(/<loc>([^<]+)<\/loc>/g)].map((match) => match[1]);
  assert.ok(addresses.length > 20 && addresses.every((address) => !/console|donor\b/.test(address)));
  for (const address of [addresses[0], addresses.at(-1)]) {
    const answer = await fetch(address.replaceAll("&amp;", "&"));
    assert.equal(answer.status, 200, address);
    const html = await answer.text();
    assert.match(html, /<link rel="canonical"/);
    assert.equal(html.match(/rel="alternate" hreflang/g).length, 4);
  }
  assert.match(await (await fetch(`${platform.url}/robots.txt`)).text(), /Sitemap: .*\/sitemap\.xml/);
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";

  test(`an administrator says who the organisation is and sends its logo, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "admin@demo.example");
    await page.goto("/en/console/organisation");
    if (javaScriptEnabled) {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        assert.equal(await tooWide(page), 0, `the page is wider than ${width} px`);
        assert.deepEqual(await axe(page), [], `the page at ${width} px`);
      }
    }
    const text = `Said ${how}.`;
    await page.fill("#about-en", text);
    await page.click("main form[action$='/organisation'] button");
    await page.waitForURL(/saved=1/);
    assert.equal(await page.inputValue("#about-en"), text);
    // A file that only looks like an image is refused where it was chosen.
    const file = (name, bytes) => ({ name, mimeType: "image/png", buffer: bytes });
    await page.setInputFiles("#file", file("logo.png", Buffer.from("<script>alert(1)</script>")));
    await page.click("main form[action*='/organisation/logo?'] button");
    await page.waitForSelector("#file-error");
    const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    await page.setInputFiles("#file", file("logo.png", Buffer.from(pixel, "base64")));
    await page.click("main form[action*='/organisation/logo?'] button");
    await page.waitForURL(/saved=1/);
    assert.equal(await page.locator("main img.logo").count(), 1);
    // The public pages follow within seconds.
    await page.goto("/en/about");
    for (let tries = 0; tries < 30 && !(await page.locator(".brand img").count()); tries++) {
      await page.waitForTimeout(1000);
      await page.reload();
    }
    assert.equal(await page.locator(".brand img").count(), 1);
    assert.match(await page.locator("main").innerText(), new RegExp(text));
    await page.goto("/en/console/organisation");
    await page.click("button[popovertarget=ask-remove-logo]");
    await page.check("#remove-logo-sure");
    await page.click("#ask-remove-logo form button:not([type=button])");
    await page.waitForURL(/saved=1/);
    assert.equal(await page.locator("main img.logo").count(), 0);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test(`an officer gives donors to a colleague together, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "officer@demo.example");
    await page.goto("/en/console/focal-points?state=absent");
    const boxes = page.locator("main tbody input[type=checkbox]");
    const chosen = [await boxes.nth(0).getAttribute("id"), await boxes.nth(1).getAttribute("id")];
    for (const id of chosen) await page.check(`#${id}`);
    await page.fill("#to", "officer@demo.example");
    await page.click("#reassign button");
    await page.waitForURL(/saved=1/);
    for (const id of chosen) assert.equal(await page.locator(`#${id}`).count(), 0, "somebody answers it now");
    assert.deepEqual(complaints, []);
    await context.close();
  });
}
