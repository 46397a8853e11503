// An organisation is set up in the browser: from its headquarters alone to offices, people, a donor's representative and an
// API client, without the API.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PASSWORD, axe, signIn, startEmpty, tooWide, visitor } from "./platform.mjs";

/// Clicks from the link of the first invitation to the whole organisation. (Typing, and choosing from a list, are none.)
const MAX_CLICKS = 30;

const OFFICES = [
  { name: "Regional office, Nairobi", code: "NBO", kind: "regional" },
  { name: "Country office, Chad", code: "TCD", kind: "country", parent: "Regional office, Nairobi", country: "TCD", zone: "Africa/Ndjamena" },
  { name: "Liaison office, Geneva", code: "GVA", kind: "liaison", country: "CHE", zone: "Europe/Zurich" },
];
const PEOPLE = [
  { name: "Mahamat Idriss", role: "country_officer", office: "Country office, Chad" },
  { name: "Fatimé Hassan", role: "head_of_office", office: "Country office, Chad" },
  { name: "Grace Wanjiru", role: "regional_officer", office: "Regional office, Nairobi" },
  { name: "Claire Fontaine", role: "liaison_officer", office: "Liaison office, Geneva" },
  { name: "Ines Kaya", role: "auditor", office: "Aid Bridge" },
  { name: "Tomás Rivera", role: "donor_relations_officer", office: "Aid Bridge" },
];

const address = (name) => `${name.split(" ")[0].normalize("NFD").replace(/[^a-z]/gi, "").toLowerCase()}@example.org`;

let platform;
before(async () => (platform = await startEmpty()));
after(() => platform?.stop());

/// Takes up an invitation; the page that it leads to.
async function accept(page, link) {
  await page.goto(link);
  await page.fill("#password", PASSWORD);
  await page.fill("#again", PASSWORD);
  await page.click("main form button");
  await page.waitForURL((url) => !url.pathname.endsWith("/invitation"));
}

test("an administrator sets an organisation up in thirty clicks, and those who were invited come in", async (t) => {
  const { context, page, complaints } = await visitor(platform, { locale: "en-GB" });
  let clicks = 0;
  const click = (selector) => (clicks++, page.locator(selector).first().click());
  /// An entry of the menu, whose group is unfolded first if it is folded.
  const menu = async (path) => {
    const entry = page.locator(`.menu a[href$='${path}']`);
    if (!(await entry.isVisible())) await click(`.menu-group:has(a[href$='${path}']) > summary`);
    await click(`.menu a[href$='${path}']`);
    await page.waitForURL((url) => url.pathname.endsWith(path));
  };
  /// The link that a page shows this once.
  const shownOnce = async () => {
    const link = await page.inputValue("#link");
    assert.match(link, /\/invitation\?token=[0-9a-f]{64}$/);
    return link;
  };

  await accept(page, platform.invitation);
  clicks++;
  assert.match(page.url(), /\/console$/);

  for (const office of OFFICES) {
    await menu("/console/offices");
    await click("main a[href$='/console/offices/new']");
    await page.fill("#name", office.name);
    await page.fill("#code", office.code);
    await page.selectOption("#kind", office.kind);
    if (office.parent) await page.selectOption("#parent_id", { label: office.parent });
    if (office.country) await page.selectOption("#country", office.country);
    if (office.zone) await page.selectOption("#time_zone", office.zone);
    await click("main form > button");
    await page.waitForURL(/offices\/[0-9a-f-]{36}\?done=created$/);
  }

  await menu("/console/people");
  await click("main a[href$='/console/people/new']");
  const links = new Map();
  for (const person of PEOPLE) {
    await page.fill("#name", person.name);
    await page.fill("#email", address(person.name));
    await page.selectOption("#roles-0-office_id", { label: person.office });
    await page.selectOption("#roles-0-role", person.role);
    await click("main form.form .row > button");
    await page.waitForSelector(`.notice.good:has-text("${person.name}")`);
    links.set(person.name, await shownOnce());
  }

  await menu("/console/clients");
  await click("main a[href$='/console/clients/new']");
  await page.fill("#name", "ERP bridge");
  await page.selectOption("#office_id", { label: "Country office, Chad" });
  await click("[name=scopes][value='contributions:read']");
  await click("main form.form > button");
  await page.waitForSelector("main input[readonly]");

  await menu("/console/donors");
  await click("main a[href$='/console/donors/new']");
  await page.fill("#name", "Norway");
  await click("main form.form > button");
  await page.waitForURL(/donors\/[0-9a-f-]{36}$/);
  await click("main a[href*='/console/representatives/new']");
  assert.equal(await page.inputValue("#donor"), "Norway");
  await page.fill("#name", "Ingrid Solberg");
  await page.fill("#email", "ingrid@example.org");
  await click("main form.form > button");
  await page.waitForSelector('.notice.good:has-text("Ingrid Solberg")');
  const representative = await shownOnce();

  t.diagnostic(`${clicks} clicks`);
  assert.ok(clicks <= MAX_CLICKS, `${clicks} clicks`);
  assert.deepEqual(complaints, []);

  const rows = async (path) => (await page.goto(path), page.locator("main tbody tr").allInnerTexts());
  assert.equal((await rows("/en/console/offices")).length, OFFICES.length + 1);
  const people = await rows("/en/console/people");
  assert.equal(people.length, PEOPLE.length + 1);
  for (const person of PEOPLE) {
    const row = people.find((text) => text.includes(person.name));
    assert.ok(row.includes(person.office) && row.includes("Invited"), row);
  }
  assert.equal((await rows("/en/console/people?state=active")).length, 1);
  assert.match((await rows("/en/console/representatives")).join(), /Ingrid Solberg[^]*Norway[^]*Invited/);
  assert.match((await rows("/en/console/clients")).join(), /ERP bridge/);
  await context.close();

  // The links lead in: a country officer to the console of the office, the representative to the donor's own pages.
  const officer = await visitor(platform);
  await accept(officer.page, links.get("Mahamat Idriss"));
  assert.match(await officer.page.locator("header").innerText(), /Country office, Chad/);
  await officer.context.close();
  const ingrid = await visitor(platform);
  await accept(ingrid.page, representative);
  assert.match(ingrid.page.url(), /\/donor$/);
  // A link leads in once.
  await ingrid.page.goto(representative);
  assert.equal(await ingrid.page.locator("#password").count(), 0);
  await ingrid.context.close();
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with JavaScript" : "without JavaScript";
  const name = javaScriptEnabled ? "Noor Haddad" : "Bo Larsson";

  test(`an administrator gives roles in two offices, suspends and restores, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "ana@example.org");
    await page.goto("/en/console/people/new");
    // A further row keeps what was typed; without a role nobody is invited.
    await page.fill("#name", name);
    await page.fill("#email", address(name));
    await page.click("[name=more]");
    assert.equal(await page.inputValue("#name"), name);
    await page.click("main form.form .row > button:not([name])");
    await page.waitForSelector(".error-summary a[href='#roles']");
    // axe runs in the page.
    if (javaScriptEnabled) assert.deepEqual(await axe(page), []);
    await page.selectOption("#roles-0-office_id", { label: "Liaison office, Geneva" });
    await page.selectOption("#roles-0-role", "liaison_officer");
    await page.selectOption("#roles-1-office_id", { label: "Country office, Chad" });
    await page.selectOption("#roles-1-role", "auditor");
    await page.click("main form.form .row > button:not([name])");
    await page.waitForSelector(".notice.good #link");
    const invited = await page.inputValue("#link");
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      if (!javaScriptEnabled) continue;
      assert.equal(await tooWide(page), 0, `the invitation is wider than ${width} px`);
      assert.deepEqual(await axe(page), []);
    }
    await page.click(`main a:has-text("${name}")`);
    assert.match(await page.locator("main").innerText(), /Invited[^]*Liaison officer Liaison office, Geneva[^]*Auditor Country office, Chad|Invited[^]*Auditor Country office, Chad[^]*Liaison officer Liaison office, Geneva/);

    /// A step of the page, confirmed in its dialog.
    const take = async (step) => {
      await page.click(`button[popovertarget=ask-${step}]`);
      await page.click(`#ask-${step} form button:not([type=button])`);
      await page.waitForURL((url) => url.pathname.endsWith(`/${step}`) || url.searchParams.get("done") === step);
      await page.waitForSelector(".notice.good");
    };
    // Another link takes the place of the first.
    await take("invite");
    const anew = await page.inputValue("#link");
    assert.notEqual(anew, invited);
    const guest = await visitor(platform);
    await guest.page.goto(invited);
    assert.equal(await guest.page.locator("#password").count(), 0);
    await accept(guest.page, anew);

    await page.goto(page.url().split("/invite")[0]);
    await take("suspend");
    assert.match(await page.locator(".notice.good").innerText(), /suspended/);
    assert.equal(await page.locator("main .badge.account-suspended").count(), 1);
    // Who is suspended is out, and does not come in again.
    const answer = await guest.page.goto("/en/console");
    assert.ok(answer.status() === 401 || guest.page.url().includes("/sign-in"), `${answer.status()} ${guest.page.url()}`);
    await guest.page.goto("/en/sign-in");
    await guest.page.fill("[name=email]", address(name));
    await guest.page.fill("[name=password]", PASSWORD);
    await guest.page.click("main button");
    await guest.page.waitForSelector(".error-summary");
    await take("restore");
    await signIn(guest.page, address(name));
    await guest.context.close();

    // Moved to another office, with one role less.
    await page.click("main a[href$='/edit']");
    await page.selectOption("#office_id", { label: "Country office, Chad" });
    await page.selectOption("#roles-0-role", "");
    await page.click("main form.form .row > button:not([name])");
    await page.waitForURL(/done=saved/);
    assert.equal(await page.locator("main section ul li").count(), 1);
    assert.deepEqual(complaints, []);
    await context.close();
  });
}
