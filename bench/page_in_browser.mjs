// What a person waits for, in headless Chromium. Prints one JSON object.
//   page_in_browser.mjs follow URL N    opens the page; when each of N incidents is in the API, and when the page shows it
//   page_in_browser.mjs load URL TURNS  how long a new browser takes until the figures are shown, and what it loads
import {createRequire} from "node:module";
import path from "node:path";

const require = createRequire(path.join(process.env.NODE_PATH, "x.js"));
const {chromium} = require("playwright-core");
const [what, url, number] = process.argv.slice(2);
const browser = await chromium.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"]});

async function open() {
  const page = await (await browser.newContext({viewport: {width: 1920, height: 1080}, reducedMotion: "reduce"})).newPage();
  // When the first open incident is in the document, by the page's own clock: from the navigation's start.
  await page.addInitScript(() => {
    const look = () => {
      if (window.shownAt === undefined && document.querySelector("a[href^='#/incident/']")) window.shownAt = performance.now();
    };
    new MutationObserver(look).observe(document, {childList: true, subtree: true});
  });
  let bytes = 0;
  page.on("response", async (response) => {
    if (!response.url().includes("/events")) bytes += (await response.body().catch(() => "")).length;
  });
  await page.goto(url + "/", {waitUntil: "commit"});
  return {page, bytes: () => bytes};
}

async function incidents() {
  return (await (await fetch(url + "/api/v1/incidents?state=open")).json()).incidents;
}

async function follow(wanted) {
  const {page} = await open();
  await page.getByRole("heading", {name: "Now"}).waitFor({timeout: 30000});
  const inApi = new Map();
  const onPage = new Map();
  const deadline = Date.now() + 60000;
  let row = "";
  while (onPage.size < wanted && Date.now() < deadline) {
    for (const one of await incidents()) if (!inApi.has(one.id)) inApi.set(one.id, {at: Date.now(), one});
    const links = await page.evaluate(() => [...document.querySelectorAll("a[href^='#/incident/']")].map((a) => a.hash));
    for (const link of links) {
      const id = decodeURIComponent(link.slice("#/incident/".length));
      if (!onPage.has(id)) onPage.set(id, Date.now());
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  // The figures of a flood's row are those of the API at the same moment.
  const flood = [...inApi.values()].find(({one}) => one.kind === "flood");
  if (flood) {
    row = await page.getByRole("region", {name: "Open incidents"}).getByRole("row").filter({hasText: flood.one.target.split("/")[0]})
      .first().innerText();
  }
  const shown = [...inApi].map(([id, {at, one}]) => ({
    kind: one.kind, target: one.target, service: one.service || null,
    milliseconds: onPage.has(id) ? Math.max(0, onPage.get(id) - at) : null
  }));
  const peak = flood ? (await incidents()).find((one) => one.id === flood.one.id)?.peak_pps : null;
  return {shown, row: row.replace(/\s+/g, " "), peak_pps: peak};
}

async function load(turns) {
  const times = [];
  let bytes = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    const opened = await open();
    await opened.page.getByRole("region", {name: "Open incidents"}).getByRole("row").nth(1).waitFor({timeout: 30000});
    const shown = await opened.page.evaluate(() => Math.round(window.shownAt));
    const painted = await opened.page.evaluate(() => performance.getEntriesByType("paint").map((one) => Math.round(one.startTime)));
    await opened.page.waitForTimeout(500);
    bytes = opened.bytes();
    times.push({until_figures: shown, first_paint: painted[0] ?? null});
    await opened.page.context().close();
  }
  return {times, bytes};
}

console.log(JSON.stringify(what === "follow" ? await follow(Number(number)) : await load(Number(number))));
await browser.close();
