// Looks at the page in headless Chromium, as a person would: page.mjs URL OUTPUT-FOLDER [ONE-FILE-PAGE]
// Prints what is wrong, a line each; exits 1 when anything is.
import {createRequire} from "node:module";
import fs from "node:fs";
import path from "node:path";
import {pathToFileURL} from "node:url";

// Found by NODE_PATH, which ES modules do not look at.
const require = createRequire(path.join(process.env.NODE_PATH || ".", "x.js"));
const {chromium} = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const [url, folder, file] = process.argv.slice(2);
const wrong = [];
const check = (holds, what) => holds || wrong.push(what);

async function accessibility(page, where) {
  // The policy of the page forbids scripts of others; a debugger's evaluation is none of the page's.
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {resultTypes: ["violations"]}));
  for (const violation of result.violations) {
    wrong.push(`${where}: axe: ${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
  }
}

async function fits(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(over <= 0, `${where}: ${over} px wider than the window`);
}

async function api(at) {
  return (await fetch(url + at)).json();
}

const browser = await chromium.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"]});
for (const [scheme, width, height] of [["light", 1920, 1080], ["dark", 360, 740], ["dark", 1920, 1080], ["light", 360, 740]]) {
  const where = `${scheme} ${width}`;
  const context = await browser.newContext({viewport: {width, height}, colorScheme: scheme, reducedMotion: "reduce"});
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && wrong.push(`${where}: console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`${where}: ${error.message}`));
  page.on("request", (request) => check(request.url().startsWith(url), `${where}: asks ${request.url()}`));
  let bytes = 0;
  page.on("response", async (response) => {
    if (!response.url().includes("events")) bytes += (await response.body().catch(() => "")).length;
  });
  const began = Date.now();
  await page.goto(url + "/");
  await page.getByRole("heading", {name: "Now"}).waitFor({timeout: 30000});
  check(Date.now() - began < 30000, `${where}: the page took ${Date.now() - began} ms`);
  // What is open is shown within two seconds, with the API's figures.
  const link = page.getByRole("region", {name: "Open incidents"}).getByRole("link").first();
  await link.waitFor({timeout: 20000}).catch(() => wrong.push(`${where}: the open incident is not shown`));
  const open = (await api("/api/v1/incidents?state=open")).incidents;
  check(open.length > 0, "nothing is open in the API");
  const row = await page.getByRole("region", {name: "Open incidents"}).getByRole("row").nth(1).innerText().catch(() => "");
  if (open.length) check(row.includes(open[0].target.replace(/\/32$/, "")), `${where}: the row ${row} has another target`);
  await page.waitForTimeout(1500);
  await fits(page, where);
  await accessibility(page, where);
  await page.screenshot({path: path.join(folder, `now-${scheme}-${width}.png`), fullPage: true});
  // By keyboard alone: to the incident, and back.
  let reached = false;
  for (let i = 0; i < 60 && !reached; i += 1) {
    await page.keyboard.press("Tab");
    reached = await page.evaluate(() => (document.activeElement.getAttribute("href") || "").startsWith("#/incident/"));
  }
  check(reached, `${where}: no incident can be reached by Tab`);
  await page.keyboard.press("Enter");
  await page.getByRole("region", {name: "Facts"}).waitFor({timeout: 20000})
    .catch(() => wrong.push(`${where}: the incident's page does not come`));
  await page.waitForTimeout(500);
  await fits(page, where + " incident");
  await accessibility(page, where + " incident");
  const text = await page.locator("main").innerText();
  const id = decodeURIComponent(page.url().split("/incident/")[1] || "");
  const incident = await api("/api/v1/incidents/" + id);
  check(text.includes(id), `${where}: the incident's page has no id`);
  check(text.includes(incident.prefix), `${where}: the incident's page has no prefix`);
  await page.screenshot({path: path.join(folder, `incident-${scheme}-${width}.png`), fullPage: true});
  for (const name of ["Incidents", "Traffic"]) {
    await page.getByRole("navigation").getByRole("link", {name}).click();
    await page.getByRole("heading", {name, level: 2}).waitFor({timeout: 20000});
    await page.waitForTimeout(500);
    await fits(page, `${where} ${name}`);
    await accessibility(page, `${where} ${name}`);
    await page.screenshot({path: path.join(folder, `${name.toLowerCase()}-${scheme}-${width}.png`), fullPage: true});
  }
  check(bytes < 1e6, `${where}: ${bytes} bytes were loaded`);
  await context.close();
}
if (file) {
  const context = await browser.newContext({viewport: {width: 1280, height: 900}, offline: true});
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && wrong.push(`file: console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`file: ${error.message}`));
  const own = pathToFileURL(path.resolve(file)).href;
  page.on("request", (request) => check(request.url().startsWith(own), `file: asks ${request.url()}`));
  await page.goto(own);
  const link = page.getByRole("region", {name: "Incidents"}).getByRole("link").first();
  await link.waitFor({timeout: 20000}).catch(() => wrong.push("file: no incident is shown"));
  await page.waitForTimeout(500);
  await accessibility(page, "file");
  await page.screenshot({path: path.join(folder, "file.png"), fullPage: true});
  await link.click();
  await page.getByRole("region", {name: "Facts"}).waitFor({timeout: 20000}).catch(() => wrong.push("file: no incident's page"));
  await page.waitForTimeout(300);
  await page.screenshot({path: path.join(folder, "file-incident.png"), fullPage: true});
  await context.close();
}
await browser.close();
for (const line of new Set(wrong)) console.log(line);
process.exit(wrong.length ? 1 : 0);
