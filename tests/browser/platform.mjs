// A platform of its own with the demo data, and a browser.

import { chromium } from "playwright-core";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
export const PASSWORD = "bridges-not-walls";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/// Where a platform of its own will be.
async function place() {
  const data = mkdtempSync(join(tmpdir(), "passerelle-browser-"));
  return { data, url: `http://localhost:${await freePort()}` };
}

/// The platform with the demo data.
export async function start() {
  const { data, url } = await place();
  return run(data, url, [], async (json) => {
    const countries = await json("/v1/public/countries?limit=200");
    const plans = await json("/v1/public/plans");
    // The demo is complete: its file says so when everything it made has reached the read models.
    const made = JSON.parse(readFileSync(join(data, "demo.json"), "utf8")).done;
    return made && plans.items.length > 0 && countries.items.length > 0;
  });
}

/// A platform with an organisation that has nothing but its headquarters, the link by which its first administrator accepts
/// the operator's invitation, and what founding it gave: ids, and a client that holds every scope.
export async function startEmpty() {
  const { data, url } = await place();
  const init = ["init", "--data", data, "--organisation", "Aid Bridge", "--code", "HQ", "--json"];
  const invited = ["--administrator", "ana@example.org", "--administrator-name", "Ana Duarte", "--public-url", url];
  const founded = JSON.parse(execFileSync(process.env.PASSERELLE_BINARY, [...init, ...invited], { encoding: "utf8" }));
  // Services know the organisation by its event.
  const platform = await run(data, url, ["--empty"], async (json) => Array.isArray((await json("/v1/public/plans")).items));
  return { ...platform, founded, invitation: founded.administrator.invitation_url };
}

async function run(data, url, more, isReady) {
  const process_ = spawn(process.env.PASSERELLE_BINARY, ["up", "--data", data, "--port", new URL(url).port, ...more], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const json = async (path) => (await fetch(url + path)).json();
  for (let tries = 0; ; tries++) {
    try {
      if (await isReady(json)) break;
    } catch {}
    if (tries > 120) throw new Error("the platform does not start");
    await pause(1000);
  }
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const stop = async () => {
    await browser.close();
    const ended = new Promise((resolve) => process_.on("exit", resolve));
    process_.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  return { url, browser, data, stop };
}

/// A visitor: a page whose console errors and refused scripts are kept.
export async function visitor(platform, options = {}) {
  const context = await platform.browser.newContext({ baseURL: platform.url, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    // A page that answers 404 says so in the console as well.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return { context, page, complaints };
}

export async function signIn(page, email, language = "en") {
  await page.goto(`/${language}/sign-in`);
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", PASSWORD);
  await page.click("main button");
  await page.waitForURL((url) => !url.pathname.endsWith("/sign-in"));
}

/// What axe finds, in a line each.
export async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => axe.run(document, { runOnly: rules }), RULES);
  return violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target).join(" ")}`);
}

/// How far a page is wider than its window.
export const tooWide = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
