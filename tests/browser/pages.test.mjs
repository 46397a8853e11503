// Every page in a real browser: three languages, three widths, with and without JavaScript, light and dark, by keyboard,
// on a slow line.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
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
    const country = await href(page, "main th a[href*='/countries/']");
    const fixed = ["", "/plans", "/plans?q=sudan", "/archive", "/data", "/search?q=a", "/sign-in"].map(at);
    return [...fixed, plan, country, at("/nothing-here"), at("/invitation?token=x")];
  }
  if (who === "donor") {
    await signIn(page, "donor@demo.example", language);
    await page.goto(at("/donor/contributions"));
    return [at("/donor"), at("/donor/contributions"), await href(page, "main th a")];
  }
  await signIn(page, "officer@demo.example", language);
  await page.goto(at("/console/donors"));
  const donor = await href(page, "main th a");
  await page.goto(at("/console/imports"));
  return [at("/console"), at("/console/search?q=sudan"), at("/console/style-guide"), at("/console/donors"), donor, at("/console/imports"), await href(page, "main th a")];
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
  for (const who of ["public", "donor", "officer"]) {
    test(`${who}, ${language}: pages fit every width and axe finds nothing`, async () => {
      const { context, page, complaints } = await visitor(platform);
      for (const path of await pagesOf(page, who, language)) {
        await checked(page, path, language, complaints);
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          assert.equal(await tooWide(page), 0, `${path} is wider than ${width} px`);
          assert.deepEqual(await axe(page), [], `${path} at ${width} px`);
        }
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

  test(`an officer imports a file and reads the verdicts, ${how}`, async () => {
    const { context, page, complaints } = await visitor(platform, { javaScriptEnabled });
    await signIn(page, "officer@demo.example");
    await page.goto("/en/console/imports");
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
    await page.click("main form button:not(.quiet-button)");
    await page.waitForURL(/\/console\/imports\/[0-9a-f-]{36}/);
    for (let tries = 0; tries < 50 && !(await page.locator(".badge.done").count()); tries++) {
      await page.waitForTimeout(200);
      await page.reload();
    }
    assert.match(await page.locator("main").innerText(), /flows\.json/);
    assert.equal(await page.locator(".badge.done").count(), 1);
    await page.setViewportSize({ width: 360, height: 900 });
    await page.goto(`/en/console/donors?q=${encodeURIComponent(name.split(" ")[0])}`);
    assert.equal(await page.locator("tbody th a").innerText(), name);
    if (javaScriptEnabled) assert.equal(await tooWide(page), 0);
    assert.equal(await page.locator("main img").count(), 0);
    await page.setViewportSize({ width: 1280, height: 900 });
    // A file that is none is refused, says where, and is brought to attention.
    await page.goto("/en/console/imports");
    await page.setInputFiles("#files", { name: "a.json", mimeType: "application/json", buffer: Buffer.from("not json") });
    await page.click("main form button:not(.quiet-button)");
    await page.waitForSelector(".error-summary");
    assert.match(await page.locator(".error-summary").innerText(), /not JSON/);
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
    await page.click("footer a[hreflang=es]");
    await page.waitForURL(/\/es\/donor\/contributions\?.*status=paid/);
    assert.equal(await page.locator("html").getAttribute("lang"), "es");
    await page.click("header button");
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

test("a form that is sent twice is done once", async () => {
  const { context, page } = await visitor(platform);
  await signIn(page, "officer@demo.example");
  await page.goto("/en/console/imports");
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
